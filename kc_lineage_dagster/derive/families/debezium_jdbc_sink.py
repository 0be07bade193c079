"""Debezium's JDBC sink copies each topic into a table of a SQL database.

``collection.name.format`` names the table: ``${topic}`` is the topic with underscores for its dots,
``${source.<field>}`` a field of a change event's ``source``. The text is read as an identifier, whose dots part
catalog, schema and table; ``connection.url`` says the platform and the rest.

Source: ``io.debezium.sink.naming.DefaultCollectionNamingStrategy``,
``io.debezium.connector.jdbc.dialect.GeneralDatabaseDialect.getCollectionId``
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from kc_lineage_dagster.derive.config import Config, first, flag, items, major_version
from kc_lineage_dagster.derive.family import SinkFamily, topic_of
from kc_lineage_dagster.derive.readers.jdbc_connection import in_own_database
from kc_lineage_dagster.derive.readers.jdbc_targets import session_user, target, unreadable
from kc_lineage_dagster.derive.readers.jdbc_url import URL_KEY, JdbcUrl, parse_jdbc_url
from kc_lineage_dagster.derive.readers.key_modes import folded_columns, row
from kc_lineage_dagster.derive.readers.sql_names import TableName, table_name
from kc_lineage_dagster.derive.readers.sql_platforms import PLATFORMS, SCHEMA
from kc_lineage_dagster.derive.records import Node, Opaque, Record
from kc_lineage_dagster.derive.transforms.fields import constant_at, only, state, without
from kc_lineage_dagster.lineage import Dataset, Unresolved

# the newer key goes first (io.debezium.sink.SinkConnectorConfig: the older ones are its deprecated aliases)
_FORMAT = ("collection.name.format", "table.name.format")
_COLUMN_NAMES = "io.debezium.connector.jdbc.naming.DefaultColumnNamingStrategy"
_STRATEGY = ("collection.naming.strategy", "table.naming.strategy")
_RENAMED = 3  # the major version that brought the newer keys, with debezium-sink; before it they are ignored

_FROM_SOURCE = re.compile(r"\$\{source\.([^{}]*)\}")


def _underscores(topic: str) -> str:
    return topic.replace(".", "_")


_STRATEGIES: Mapping[str, Callable[[str], str]] = {
    "io.debezium.sink.naming.DefaultCollectionNamingStrategy": _underscores,
    "io.debezium.connector.jdbc.naming.DefaultTableNamingStrategy": _underscores,
    "io.debezium.sink.naming.PassthroughCollectionNamingStrategy": str,
}


def _writes(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    url = first(config, URL_KEY)
    place = parse_jdbc_url(url) if url else Unresolved(URL_KEY, "is not set")
    place = in_own_database(place, config, "connection.username")
    if isinstance(place, Unresolved):
        return (place,)
    text = _text(config, record)
    if isinstance(text, Unresolved):
        return (text,)
    name = table_name(text)
    if name is None or len(name.qualifiers) > 2:
        return (unreadable(text),)
    short = _inside(place, name)
    if short is None:
        return (Unresolved(text, "names another database, which the connector looks at and does not write to"),)
    user = session_user(config, "connection.username")
    return (target(place, short, user, quoted=flag(config, "quote.identifiers")),)


def _text(config: Config, record: Record) -> str | Unresolved:
    """Return the format with the topic filled in, and with what is known of the records' ``source`` block."""
    topic = topic_of(record)
    strategy = first(config, *_known(config, _STRATEGY))
    rename = _STRATEGIES.get(strategy) if strategy else _underscores
    if rename is None:
        return Unresolved(topic, f"its table is named by {strategy}, which nobody knows")
    text = (first(config, *_known(config, _FORMAT)) or "${topic}").replace("${topic}", rename(topic))
    for found in _FROM_SOURCE.finditer(text):
        known = constant_at(record.value, ("source", found[1]))
        text = text if known is None else text.replace(found[0], known)
    if _FROM_SOURCE.search(text):
        return Unresolved(topic, f"its table depends on the content of each record: {text}")
    return text


def _known(config: Config, keys: tuple[str, str]) -> tuple[str, ...]:
    """Return those of a newer key and an older one that the connector's version knows; both where it is not known."""
    version = major_version(config)
    return keys if version is None or version >= _RENAMED else keys[1:]


def _columns(config: Config, record: Record, target: Dataset) -> Node:
    """Return the columns: the row of a change event or the value itself, after ``primary.key.mode``,
    ``primary.key.fields`` and the lists of fields (``topic:field`` or ``field``). Unquoted names are folded.

    Source: https://debezium.io/documentation/reference/stable/connectors/jdbc.html
    """
    if first(config, "column.naming.strategy") not in (None, _COLUMN_NAMES):
        return Opaque()
    value = state(record.value)
    include, exclude = (_fields(config, key, topic_of(record)) for key in ("field.include.list", "field.exclude.list"))
    value = only(value, include) if include else without(value, exclude) if exclude else value
    mode, keys = first(config, "primary.key.mode") or "none", items(first(config, "primary.key.fields"))
    if mode.lower() == "record_header":
        return value
    columns = row(record.key, value, mode, keys)
    return columns if flag(config, "quote.identifiers") else folded_columns(columns, PLATFORMS[target.platform].folds)


def _fields(config: Config, key: str, topic: str) -> list[str]:
    """Return the fields that a list names for a topic."""
    entries = (entry.rpartition(":") for entry in items(first(config, key)))
    return [name for head, _, name in entries if head in ("", topic)]


def _makes_columns(config: Config) -> bool:
    return (first(config, "schema.evolution") or "none").lower() == "basic"


def _inside(place: JdbcUrl, name: TableName) -> TableName | None:
    """Return a name without its database when the connector is connected to that database; None for another one.

    ``GeneralDatabaseDialect.getCollectionId`` reads the database, ``getQualifiedTableName`` leaves it out.
    """
    levels = 1 if SCHEMA in PLATFORMS[place.platform].levels else 0
    if len(name.qualifiers) <= levels:
        return name
    same = place.database is not None and name.qualifiers[0].lower() == place.database.lower()
    return TableName(name.table, name.qualifiers[1:]) if same and len(name.qualifiers) == levels + 1 else None


FAMILY = SinkFamily(
    name="debezium_jdbc_sink",
    classes=("io.debezium.connector.jdbc.JdbcSinkConnector",),
    platform="as the JDBC URL says",
    writes=_writes,
    by_content=True,
    columns=_columns,
    makes_columns=_makes_columns,
    naming=(*_FORMAT, *_STRATEGY),
    never_known="tables named by ${source.<field>} or by a naming strategy of the user's own",
    spelled="as DataHub's ingestion of each SQL platform: database.schema.table, database.table or schema.table",
    rule="io.debezium.sink.naming.DefaultCollectionNamingStrategy, "
    "io.debezium.connector.jdbc.dialect.GeneralDatabaseDialect.getCollectionId",
)
