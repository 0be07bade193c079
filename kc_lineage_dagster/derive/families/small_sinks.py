"""Sinks of one small project each copy topics into the place that a key names, or into one called like the topic.

Some have one place for all topics (a stream of Timeplus, a table of Celonis); others, such as Vespa, name it after each
topic unless a key names one.

Source: the README of each connector, whose address is its ``rule``
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.family import SinkFamily, Writes, consumed, topic_of
from kc_lineage_dagster.derive.readers.places import always, by_topic, place, place_within
from kc_lineage_dagster.derive.readers.table_names import qualified, required
from kc_lineage_dagster.derive.readers.topic_maps import topic_map
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_MODE, _TYPE = "vespa.operational.mode", "vespa.document.type"
_BY_TYPE = by_topic("vespa", _TYPE)


def _writes_vespa(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    """Return the document type: the topic where none is set (``VespaUpsertFeeder.documentType``); in mode ``raw`` each
    record holds an operation that names its own.
    """
    if (first(config, _MODE) or "").lower() == "raw":
        return (Unresolved(consumed(record), f"each record names the type of its document: {_MODE} is raw"),)
    return _BY_TYPE(config, record)


def _writes_selectdb(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    """Return the table that ``selectdb.topic2table.map`` names for the topic, else the one of its name."""
    topic, tables = topic_of(record), topic_map(config, "selectdb.topic2table.map")
    table = tables if isinstance(tables, Unresolved) else tables.exact.get(topic, topic)
    return (qualified("selectdb", required(config, "selectdb.database"), table),)


@dataclass(frozen=True, slots=True)
class _Sink:
    """One system and the connector that writes to it.

    Args:
        platform: DataHub's id.
        classes: The connector's classes.
        writes: Finds the place (see ``SinkFamily``).
        naming: Keys that name the place.
        spelled: What the names are.
        rule: Documentation of the keys.
        suffix: Tells the family apart from another one of the same system; "" where there is none.
        never_known: What stays unresolved; "" for nothing.
    """

    platform: str
    classes: tuple[str, ...]
    writes: Writes
    naming: tuple[str, ...]
    spelled: str
    rule: str
    suffix: str = ""
    never_known: str = ""


_NOT_DATAHUB = "(DataHub has no platform and no ingestion of it)"
_GITHUB = "https://github.com"
_SINKS = (
    _Sink(
        "celonis",
        ("com.celonis.kafka.connect.ems.sink.EmsSinkConnector",),
        always(place("celonis", "connect.ems.target.table")),
        ("connect.ems.target.table",),
        f"table {_NOT_DATAHUB}",
        f"{_GITHUB}/celonis/kafka-ems-connector",
    ),
    _Sink(
        "rockset",
        ("rockset.RocksetSinkConnector",),
        always(place("rockset", "rockset.collection")),
        ("rockset.collection",),
        f"collection {_NOT_DATAHUB}",
        f"{_GITHUB}/rockset/kafka-connect-rockset",
        never_known="the collection where an integration key stands for it",
    ),
    _Sink(
        "timeplus",
        ("com.timeplus.kafkaconnect.TimeplusSinkConnector",),
        always(place("timeplus", "timeplus.sink.stream")),
        ("timeplus.sink.stream",),
        f"stream {_NOT_DATAHUB}",
        f"{_GITHUB}/timeplus-io/kafka-connect-timeplus",
    ),
    _Sink(
        "elasticsearch",
        ("com.skynyrd.kafka.ElasticSinkConnector",),
        always(place("elasticsearch", "index.name")),
        ("index.name",),
        "index",
        f"{_GITHUB}/skynyrd/kafka-connect-elastic-sink",
        suffix="_skynyrd",
    ),
    _Sink(
        "yugabytedb",
        ("com.yb.connect.sink.YBSinkConnector",),
        always(place_within("yugabytedb", ("yugabyte.cql.keyspace",), ("yugabyte.cql.tablename",))),
        ("yugabyte.cql.keyspace", "yugabyte.cql.tablename"),
        "keyspace.table",
        f"{_GITHUB}/yugabyte/yb-kafka-connector",
        suffix="_cql",
    ),
    _Sink(
        "vespa",
        ("com.vinted.kafka.connect.vespa.VespaSinkConnector",),
        _writes_vespa,
        (_TYPE, _MODE),
        f"document type {_NOT_DATAHUB}",
        f"{_GITHUB}/vinted/kafka-connect-vespa",
        never_known="types that the records name themselves",
    ),
    _Sink(
        "selectdb",
        ("com.selectdb.kafka.connector.SelectdbSinkConnector",),
        _writes_selectdb,
        ("selectdb.database", "selectdb.topic2table.map"),
        f"database.table {_NOT_DATAHUB}",
        "com.selectdb.kafka.connector.SelectdbSinkConnector",
    ),
    _Sink(
        "hbase",
        ("io.svectors.hbase.sink.HBaseSinkConnector",),
        by_topic("hbase", "hbase.table.name"),
        ("hbase.table.name",),
        "table",
        "io.svectors.hbase.sink.HBaseSinkTask",
        suffix="_svectors",
    ),
)

FAMILIES = tuple(
    SinkFamily(
        name=f"{sink.platform}_sink{sink.suffix}",
        classes=sink.classes,
        platform=sink.platform,
        writes=sink.writes,
        rule=sink.rule,
        naming=sink.naming,
        spelled=sink.spelled,
        never_known=sink.never_known,
    )
    for sink in _SINKS
)
