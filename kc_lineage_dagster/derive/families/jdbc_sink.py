"""JDBC sinks copy each topic into a table of a SQL database.

``table.name.format`` (``${topic}``), or Aiven's ``topics.to.tables.mapping``, names the table. The text is read as an
identifier, whose dots part catalog, schema and table; what it leaves out the connection tells: ``connection.url``, or
the keys of a managed connector.

Source: ``io.confluent.connect.jdbc.sink.JdbcDbWriter.destinationTable``,
``GenericDatabaseDialect.parseTableIdentifier``
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from kc_lineage_dagster.derive.config import Config, first, flag, pairs
from kc_lineage_dagster.derive.family import SinkFamily, topic_of
from kc_lineage_dagster.derive.placeholders import left_over, unfilled
from kc_lineage_dagster.derive.readers.jdbc_connection import MANAGED_SINKS, connection
from kc_lineage_dagster.derive.readers.jdbc_targets import session_user, target, unreadable
from kc_lineage_dagster.derive.readers.jdbc_url import JdbcUrl
from kc_lineage_dagster.derive.readers.key_modes import folded_columns, jdbc_row, makes_columns
from kc_lineage_dagster.derive.readers.sql_names import TableName, table_name
from kc_lineage_dagster.derive.readers.sql_platforms import PLATFORMS
from kc_lineage_dagster.derive.records import Node, Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_TOPIC = "${topic}"
_IBM = "com.ibm.eventstreams.connect.jdbcsink.JDBCSinkConnector"
_AIVEN = "io.aiven.connect.jdbc.JdbcSinkConnector"
_NOT_NORMAL = re.compile(r"[^a-zA-Z0-9_]")
# dialects whose useCatalog() is true: of two parts the first is the database
_CATALOG_FIRST = frozenset({"mssql", "sybase"})


def _writes(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    place = connection(config)
    if isinstance(place, Unresolved):
        return (place,)
    name = _literal(config) if config.get("connector.class") == _IBM else _named(config, place, topic_of(record))
    if isinstance(name, Unresolved):
        return (name,)
    quoted = config.get("connector.class") != _IBM and _quotes(config)
    return (target(place, name, session_user(config, "connection.user"), quoted=quoted),)


def _columns(config: Config, record: Record, target: Dataset) -> Node:
    """Return the columns by ``pk.mode``, ``pk.fields`` and ``fields.whitelist``. Unquoted names are folded."""
    columns = jdbc_row(config, record)
    return columns if _quotes(config) else folded_columns(columns, PLATFORMS[target.platform].folds)


def _quotes(config: Config) -> bool:
    """Tell whether names are quoted: ``quote.sql.identifiers`` (ALWAYS, NEVER) or Aiven's ``sql.quote.identifiers``."""
    return (first(config, "quote.sql.identifiers") or "").lower() != "never" and flag(
        config, "sql.quote.identifiers", default=True
    )


def _named(config: Config, place: JdbcUrl, topic: str) -> TableName | Unresolved:
    text = _text(config, topic)
    if isinstance(text, Unresolved):
        return text
    name = table_name(text, PLATFORMS[place.platform].quotes[0])
    if name is None:
        return unreadable(text)
    parts = (*name.qualifiers, name.table)
    if place.platform in _CATALOG_FIRST and any(part.startswith("[") and part.endswith("]") for part in parts):
        return Unresolved(text, "its brackets are taken for parts of the names: the driver's quote is the double quote")
    if len(parts) > 3:
        # GenericDatabaseDialect.parseTableIdentifier uses the first two parts only
        parts = parts[:2]
    if len(parts) == 2 and place.platform in _CATALOG_FIRST:
        if config.get("connector.class") == _AIVEN:
            return Unresolved(
                text, "Aiven's connector looks for its first part as a database and writes it as a schema"
            )
        parts = (parts[0], "", parts[1])
    return TableName(parts[-1], parts[:-1])


def _text(config: Config, topic: str) -> str | Unresolved:
    """Return the table's name as configured, before it is divided into parts.

    With Aiven's mapping a topic that is missing there fails (``io.aiven.connect.jdbc.sink.TableNameGenerator``).
    """
    mapping = pairs(first(config, "topics.to.tables.mapping"))
    if mapping:
        return mapping.get(topic) or Unresolved(topic, "is not in topics.to.tables.mapping, so its records fail")
    text = (first(config, "table.name.format") or _TOPIC).replace(_TOPIC, topic)
    if not flag(config, "table.name.normalize"):
        return text
    placeholder = left_over(text)  # checked first: $, { and } would become underscores
    return _NOT_NORMAL.sub("_", text) if placeholder is None else Unresolved("table.name.format", unfilled(placeholder))


def _literal(config: Config) -> TableName | Unresolved:
    """Return ``table.name.format`` unchanged, as IBM's connector puts it into statements (``JDBCSinkTask.put``)."""
    text = first(config, "table.name.format") or ""
    if _TOPIC in text:
        return Unresolved("table.name.format", "IBM's connector does not replace ${topic}")
    return table_name(text) or unreadable(text or "table.name.format")


FAMILY = SinkFamily(
    name="jdbc_sink",
    classes=(
        "io.confluent.connect.jdbc.JdbcSinkConnector",
        _AIVEN,
        "com.redpanda.kafka.connect.jdbc.JdbcSinkConnector",
        "com.yugabyte.jdbc.JdbcSinkConnector",
        _IBM,
        *MANAGED_SINKS,
    ),
    platform="as the JDBC URL or the managed connector says",
    writes=_writes,
    columns=_columns,
    makes_columns=makes_columns,
    naming=("table.name.format", "topics.to.tables.mapping"),
    never_known="the schema of a table without one where several are searched, or where a hidden user's name decides",
    spelled="as DataHub's ingestion of each SQL platform: database.schema.table, database.table or schema.table",
    rule="io.confluent.connect.jdbc.sink.JdbcDbWriter.destinationTable, GenericDatabaseDialect.parseTableIdentifier",
)
