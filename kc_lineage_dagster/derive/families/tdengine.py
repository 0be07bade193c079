"""TDengine's connectors copy super tables into topics of their own, and topics into a database whose tables the records
name.

A source's topics are ``<topic.prefix>-<database>-<table>``, without the database by ``topic.ignore.db``, or one for all
tables (``topic.per.stable=false``). Names are ``<connection.database>.<table>``.

Source: ``com.taosdata.kafka.connect.source.TDengineSourceTask``, ``com.taosdata.kafka.connect.sink.TDengineSinkTask``
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first, flag
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SinkFamily, SourceFamily, consumed, topic_of
from kc_lineage_dagster.derive.readers.topic_sources import flows, named_after
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PLATFORM, _DATABASE, _PREFIX, _DELIMITER = "tdengine", "connection.database", "topic.prefix", "topic.delimiter"


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    """Yield the topics: ``<prefix>-<database>-<table>``, ``<prefix>-<table>`` by ``topic.ignore.db``, or only one."""
    prefix, database = first(config, _PREFIX), first(config, _DATABASE)
    if prefix is None or database is None:
        yield Unresolved(_PREFIX if prefix is None else _DATABASE, "is not set")
        return
    delimiter = first(config, _DELIMITER) or "-"
    if not flag(config, "topic.per.stable", default=True):
        whole = Unresolved(f"tables of {database}", "all of them go to one topic")
        yield from flows((whole,), (f"{prefix}{delimiter}{database}",), _PREFIX, evidence)
        return
    start = f"{prefix}{delimiter}" if flag(config, "topic.ignore.db") else f"{prefix}{delimiter}{database}{delimiter}"
    yield named_after(f"super tables of {database}", start, lambda table: Dataset(_PLATFORM, f"{database}.{table}"))


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    made = (first(config, "connection.database.prefix") or "") + topic_of(record)
    yield Unresolved(consumed(record), f"each record names its table of database {first(config, _DATABASE) or made}")


_RULE = "com.taosdata.kafka.connect.source.TDengineSourceTask, com.taosdata.kafka.connect.sink.TDengineSinkTask"

FAMILIES = (
    SourceFamily(
        name="tdengine_source",
        classes=("com.taosdata.kafka.connect.source.TDengineSourceConnector",),
        platform=_PLATFORM,
        reads=_reads,
        rule=_RULE,
        naming=(_DATABASE, _PREFIX, _DELIMITER, "topic.per.stable", "topic.ignore.db"),
        spelled="database.table (DataHub has no platform and no ingestion of it)",
    ),
    SinkFamily(
        name="tdengine_sink",
        classes=("com.taosdata.kafka.connect.sink.TDengineSinkConnector",),
        platform=_PLATFORM,
        writes=_writes,
        rule=_RULE,
        never_known="the tables, which each record names",
    ),
)
