"""oracdc (A2 Solutions) copies Oracle's redo into topics, and topics into the tables they are named after.

A source names a topic ``[prefix _] [pdb _] [schema _] table``, parts by ``a2.topic.name.style``, joined by
``a2.topic.name.delimiter``; ``a2.include`` lists ``schema.table``, ``schema.*`` or bare tables. A sink's table is the
topic without ``a2.topic.prefix``, in the database of ``a2.jdbc.url``.

Source: ``solutions.a2.cdc.oracle.runtime.config.KafkaDefaultTopicNameMapper``,
``solutions.a2.kafka.sink.DefaultTableNameMapper``
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, Selection, SinkFamily, SourceFamily, consumed, topic_of
from kc_lineage_dagster.derive.readers.jdbc_targets import session_user, target
from kc_lineage_dagster.derive.readers.jdbc_url import JdbcUrl, parse_jdbc_url
from kc_lineage_dagster.derive.readers.sql_names import TableName, dataset_of
from kc_lineage_dagster.derive.readers.topic_sources import flows, named_after
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_CONFIG = "solutions.a2.cdc.oracle.runtime.config"
_MAPPER, _DEFAULT, _SINGLE = "a2.topic.mapper", "KafkaDefaultTopicNameMapper", "KafkaSingleTopicNameMapper"
_INCLUDE, _PREFIX, _ONE_TOPIC = "a2.include", "a2.topic.prefix", "a2.kafka.topic"
_STYLE, _DELIMITER, _TYPE = "a2.topic.name.style", "a2.topic.name.delimiter", "a2.schema.type"
_URL, _USER, _TABLE_MAPPER = "a2.jdbc.url", "a2.jdbc.username", "a2.table.mapper"
_ORACLE = JdbcUrl("oracle")


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    mapper = (first(config, _MAPPER) or _DEFAULT).rpartition(".")[2]
    listed = [entry.rpartition(".")[::2] for entry in items(config.get(_INCLUDE))]
    tables = [
        dataset_of(_ORACLE, TableName(table, (schema,))) for schema, table in listed if schema and table not in "*%"
    ]
    if mapper == _SINGLE:
        origins = tables if len(tables) == len(listed) else (*tables, Unresolved(_INCLUDE, "leaves tables open"))
        yield from flows(tuple(origins), (first(config, _ONE_TOPIC) or "oracdc-topic",), _ONE_TOPIC, evidence)
    elif mapper != _DEFAULT:
        yield Unresolved(f"{_MAPPER} = {mapper}", "names topics by code that is not known")
    else:
        yield from _by_table(config, listed)


def _by_table(config: Config, listed: list[tuple[str, str]]) -> Iterator[Found]:
    delimiter = first(config, _DELIMITER) or "_"
    style = (first(config, _STYLE) or "TABLE").upper()
    start = f"{prefix}{delimiter}" if (prefix := first(config, _PREFIX)) else ""
    if style == "PDB_SCHEMA_TABLE" or not listed:
        what = _STYLE if listed else _INCLUDE
        yield Unresolved(
            what, "the pluggable database is not in the configuration" if listed else "is not set: all tables"
        )
        return
    for schema, table in listed:
        head = f"{start}{schema}{delimiter}" if style == "SCHEMA_TABLE" else start
        if not schema:
            yield Unresolved(f"{_INCLUDE} = {table}", "names no schema, so tables of several may be meant")
        elif table in ("*", "%"):
            yield _of_schema(schema, head)
        else:
            dataset = dataset_of(_ORACLE, TableName(table, (schema,)))
            yield dataset if isinstance(dataset, Unresolved) else Record(dataset, head + table)


def _of_schema(schema: str, head: str) -> Selection:
    return named_after(f"{_INCLUDE} = {schema}.*", head, lambda table: dataset_of(_ORACLE, TableName(table, (schema,))))


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    place = parse_jdbc_url(first(config, _URL) or "")
    if isinstance(place, Unresolved):
        yield Unresolved(_URL, place.reason)
        return
    mapper = first(config, _TABLE_MAPPER)
    if (mapper and not mapper.endswith(".DefaultTableNameMapper")) or first(config, _TYPE) == "debezium":
        yield Unresolved(
            consumed(record), f"the schema or the source of each record names its table ({_TYPE}, {_TABLE_MAPPER})"
        )
        return
    topic, prefix = topic_of(record), config.get(_PREFIX, "")
    ends = [config.get(f"a2.table.name.{end}", "").strip() for end in ("prefix", "suffix")]
    name = topic if not prefix or not topic.startswith(prefix) else f"{ends[0]}{topic[len(prefix) :]}{ends[1]}"
    yield target(place, TableName(name), session_user(config, _USER), quoted=False)


FAMILIES = (
    SourceFamily(
        name="oracdc_source",
        classes=(
            "solutions.a2.cdc.oracle.OraCdcLogMinerConnector",
            "solutions.a2.cdc.oracle.OraCdcRedoMinerConnector",
            "eu.solutions.a2.cdc.oracle.OraCdcLogMinerConnector",
        ),
        platform="oracle",
        reads=_reads,
        rule=f"{_CONFIG}.KafkaDefaultTopicNameMapper, https://github.com/averemee-si/oracdc",
        naming=(_PREFIX, _ONE_TOPIC, _STYLE, _DELIMITER, _MAPPER),
        never_known="pluggable databases in topics; tables of no schema",
        spelled="schema.table",
    ),
    SinkFamily(
        name="oracdc_sink",
        classes=(
            "solutions.a2.kafka.sink.JdbcSinkConnector",
            "solutions.a2.cdc.oracle.OraCdcJdbcSinkConnector",
            "eu.solutions.a2.cdc.oracle.OraCdcJdbcSinkConnector",
        ),
        platform="as the JDBC URL says",
        writes=_writes,
        rule="solutions.a2.kafka.sink.DefaultTableNameMapper, https://github.com/averemee-si/oracdc",
        naming=(_URL, _PREFIX, _TYPE, _TABLE_MAPPER, "a2.table.name.prefix", "a2.table.name.suffix"),
        never_known="tables that schemas or sources of records name",
        spelled="as the platform's",
    ),
)
