"""Sinks to ClickHouse copy each topic into a table, named ``<database>.<table>``.

ClickHouse's own: the database is ``database`` (``default``), or the first half of a topic ``database<char>table`` with
``enableDbTopicSplit``; the table comes from ``topic2TableMap`` (``topic=table``), else it has the topic's name.

Altinity's: the table comes from ``clickhouse.topic2table.map``, else it is the last part of a topic of three parts or
more; the database is the field ``source.db`` of each record, passed through ``clickhouse.database.override.map``, in
older versions ``clickhouse.server.database``.

Source: ``com.clickhouse.kafka.connect.sink.ClickHouseSinkConfig``, ``data.convert.RecordConvertor``;
``com.altinity.clickhouse.sink.connector.executor.ClickHouseBatchRunnable``
"""

from __future__ import annotations

from collections.abc import Iterable

from kc_lineage_dagster.derive.config import Config, first, flag, pairs
from kc_lineage_dagster.derive.family import SinkFamily, topic_of
from kc_lineage_dagster.derive.readers.table_names import qualified
from kc_lineage_dagster.derive.readers.topic_maps import topic_map
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.derive.transforms.fields import constant_at, state
from kc_lineage_dagster.lineage import Dataset, Unresolved


def _writes(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    """Return the table that ClickHouse's own connector writes; the map names topics without a database split off."""
    database, topic = first(config, "database") or "default", topic_of(record)
    char = first(config, "dbTopicSplitChar")
    if flag(config, "enableDbTopicSplit") and char:
        parts = topic.split(char)
        while parts and not parts[-1]:
            parts.pop()
        if len(parts) == 2:
            database, topic = parts
    table = pairs(first(config, "topic2TableMap"), "=").get(topic, topic)
    return (qualified("clickhouse", database, table),)


def _writes_altinity(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    """Return the table that Altinity's connector writes, if configuration and records agree on its database."""
    topic = topic_of(record)
    tables = topic_map(config, "clickhouse.topic2table.map")
    renamed = topic_map(config, "clickhouse.database.override.map")
    if isinstance(tables, Unresolved) or isinstance(renamed, Unresolved):
        return tuple(problem for problem in (tables, renamed) if isinstance(problem, Unresolved))
    parts = topic.split(".")
    table = tables.exact.get(topic) or (parts[-1] if len(parts) >= 3 else None)
    if table is None:
        return (Unresolved(topic, "has no three parts and no entry in clickhouse.topic2table.map"),)
    named = constant_at(record.value, ("source", "db"))
    if named is not None:
        return (qualified("clickhouse", renamed.exact.get(named, named), table),)
    database = renamed.exact.get(parts[1], parts[1]) if len(parts) == 3 else None
    if database is None or database != first(config, "clickhouse.server.database"):
        return (Unresolved(f"{topic} to table {table}", "the field source.db of each record names the database"),)
    return (qualified("clickhouse", database, table),)


FAMILIES = (
    SinkFamily(
        name="clickhouse_sink",
        classes=("com.clickhouse.kafka.connect.ClickHouseSinkConnector", "ClickHouseSink"),
        platform="clickhouse",
        writes=_writes,
        naming=("database", "topic2TableMap", "enableDbTopicSplit", "dbTopicSplitChar"),
        spelled="database.table, case kept",
        rule="com.clickhouse.kafka.connect.sink.ClickHouseSinkConfig, data.convert.RecordConvertor",
    ),
    SinkFamily(
        name="clickhouse_altinity_sink",
        classes=("com.altinity.clickhouse.sink.connector.ClickHouseSinkConnector",),
        platform="clickhouse",
        writes=_writes_altinity,
        by_content=True,
        columns=lambda config, record, target: state(record.value),
        makes_columns=lambda config: flag(config, "auto.create.tables"),
        naming=("clickhouse.topic2table.map", "clickhouse.database.override.map", "clickhouse.server.database"),
        never_known="the database, unless clickhouse.server.database and the topic server.database.table agree on it",
        spelled="database.table, case kept",
        rule="com.altinity.clickhouse.sink.connector.executor.ClickHouseBatchRunnable",
    ),
)
