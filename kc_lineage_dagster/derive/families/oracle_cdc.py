"""Confluent's Oracle CDC source (LogMiner) copies each table that its expressions choose into a topic that a template
names.

``table.topic.name.template`` is the template, by default ``<database>.<schema>.<table>``; ``table.inclusion.regex`` and
``table.exclusion.regex`` choose. The topic of the redo log is book-keeping.

Source: https://docs.confluent.io/kafka-connectors/oracle-cdc/current/configuration-properties.html
(``table.topic.name.template``, ``table.inclusion.regex``) and .../overview.html (template variables)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SourceFamily
from kc_lineage_dagster.derive.readers.debezium_naming import sanitised
from kc_lineage_dagster.derive.readers.name_lists import name_list
from kc_lineage_dagster.derive.readers.table_reading import reads
from kc_lineage_dagster.derive.readers.table_topics import ListPair, PartValues, Table, TableSource, Ways
from kc_lineage_dagster.derive.readers.templates import Template, Variable, filled, parse_template, readings
from kc_lineage_dagster.derive.records import ALL_COLUMNS, Leaf, Node
from kc_lineage_dagster.derive.transforms.fields import put
from kc_lineage_dagster.lineage import Unresolved

_TEMPLATE = "table.topic.name.template"
_DATABASE_KEYS = ("oracle.pdb.name", "oracle.sid", "oracle.service.name")

_USER = ("oracle.username",)

_VARIABLE = re.compile(r"\$\{[^}]*\}")
_DATABASE, _SCHEMA, _TABLE = (Variable(part) for part in ("database", "schema", "table"))


@dataclass(frozen=True, slots=True)
class _Naming:
    """How the connector names topics after tables. Characters that no topic can hold become underscores (``C##USER`` is
    ``C__USER``).

    ``pieces``: the template of the topic's name.
    """

    pieces: Template

    def spelled(self, part: str) -> str:
        """Return a part of a name as it is spelled in a topic."""
        return sanitised(part)

    def topic(self, table: Table) -> str | None:
        """Return the topic of a table; None when the template needs a part that is not known."""
        name = filled(self.pieces, table)
        return None if name is None else sanitised(name)

    def ways(self, topic: str, heads: Iterable[str]) -> Ways | Unresolved:
        """Return the tables that a topic may be named after."""
        found = readings(self.pieces, topic)
        return (found,) if found else ()

    def heads(self, options: PartValues) -> frozenset[str]:
        """Return the texts before the table's name in topics, as far as the variables in them are known."""
        heads = [""]
        for piece in self.pieces:
            values = options.get(piece.name, ()) if isinstance(piece, Variable) else (piece,)
            if not values:
                break
            heads = [head + sanitised(value) for head, value in product(heads, values)]
        return frozenset(heads)


def _naming(config: Config) -> _Naming | Unresolved:
    text = config.get(_TEMPLATE, "${fullyQualifiedTableName}").strip()
    variables: dict[str, Template] = {
        "${databaseName}": (_DATABASE,),
        "${schemaName}": (_SCHEMA,),
        "${tableName}": (_TABLE,),
        "${fullyQualifiedTableName}": (_DATABASE, ".", _SCHEMA, ".", _TABLE),
        "${connectorName}": (config.get("name", ""),),
        "${emptyString}": (),
    }
    pieces = parse_template(text, _VARIABLE, variables)
    if isinstance(pieces, str):
        return Unresolved(f"{_TEMPLATE} = {text}", f"{pieces} is not a part of a table's name")
    return _Naming(tuple(piece if isinstance(piece, Variable) else sanitised(piece) for piece in pieces))


# option output.<key>.field -> name of the field that a record has beside the row
_ADDED = {
    "table.name": "table",
    "scn": "scn",
    "op.type": "op_type",
    "op.ts": "op_ts",
    "current.ts": "current_ts",
    "row.id": "row_id",
    "username": "username",
    "redo": "",
    "undo": "",
}


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    if config.get(_TEMPLATE, "on").strip() == "":
        return
    naming = _naming(config)
    if isinstance(naming, Unresolved):
        yield naming
        return
    include, exclude = (
        name_list([text] if (text := first(config, key)) else [], 2, ignore_case=False)
        for key in ("table.inclusion.regex", "table.exclusion.regex")
    )
    spelling = (("database", "schema", "table"),)
    # unlike Debezium's lists, both lists count together, so each is a rule of its own
    lists = (
        ListPair("table.exclusion.regex", spelling, exclude=exclude),
        ListPair("table.inclusion.regex", spelling, include=include),
    )
    name = first(config, *_DATABASE_KEYS)
    databases = lists[-1].options("database") or ((name,) if name else ())
    source = TableSource(
        platform="oracle",
        dataset=("schema", "table"),
        naming=naming,
        lists=lists,
        fixed={"database": databases} if databases else {},
        value=_values(config),
        internal=lambda topic: _internal(config, topic),
        witnesses=tuple(user for key in _USER if (user := config.get(key))),
    )
    yield from reads(source, evidence)


def _values(config: Config) -> Callable[[Table], Node]:
    """Return the fields of records: the row, and what the connector adds under the names of ``output.*.field``."""
    names = (config.get(f"output.{key}.field", name) for key, name in _ADDED.items())
    value = put(ALL_COLUMNS, {name: Leaf() for name in names if name})
    before = first(config, "output.before.state.field")
    value = put(value, {before: ALL_COLUMNS}) if before else value
    return lambda table: value


def _internal(config: Config, topic: str) -> bool:
    """Tell whether a topic holds the connector's redo log, which it reads again, corrupted records or heartbeats."""
    database = first(config, *_DATABASE_KEYS) or ""
    named = {
        "redo.log.topic.name": "${connectorName}-${databaseName}-redo-log",
        "redo.log.corruption.topic": "",
        "heartbeat.topic.name": "${connectorName}-${databaseName}-heartbeat-topic",
    }
    texts = (config.get(key, default) for key, default in named.items())
    names = (text.replace("${connectorName}", config.get("name", "")) for text in texts)
    return topic in {sanitised(name.replace("${databaseName}", database)) for name in names}


FAMILY = SourceFamily(
    name="oracle_cdc",
    classes=("io.confluent.connect.oracle.cdc.OracleCdcSourceConnector", "OracleCdcSource"),
    platform="oracle",
    reads=_reads,
    rule="https://docs.confluent.io/kafka-connectors/oracle-cdc/current/configuration-properties.html",
    naming=(_TEMPLATE, *_DATABASE_KEYS),
    selecting=("table.inclusion.regex", "table.exclusion.regex"),
    internal=_internal,
    never_known="the columns behind topics of lob.topic.name.template",
    spelled="schema.table, each as SQLAlchemy reflects it",
    columns=True,
)
