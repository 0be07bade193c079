"""Confluent's connectors for InfluxDB copy each topic into a measurement, and measurements into topics; names are
``<database>.<measurement>``.

The database is called a bucket from version 2 on. A sink's measurement is ``measurement.name.format`` (``${topic}``). A
source writes all measurements to ``<topic.prefix><database>``, or with ``topic.mapper=measurement`` each to a topic of
its own.

Source: https://docs.confluent.io/kafka-connectors/influxdb/current/influx-db-sink-connector/,
https://docs.confluent.io/kafka-connectors/influxdb/current/influx-db-source-connector/
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, Selection, SinkFamily, SourceFamily, topic_of
from kc_lineage_dagster.derive.readers.places import TOPIC, by_topic
from kc_lineage_dagster.derive.readers.topic_sources import flows
from kc_lineage_dagster.derive.records import ACTIVE_TOPICS, Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PLATFORM = "influxdb"
_DATABASE = ("influxdb.db", "influxdb.bucket", "influxdb.database")
_FORMAT = "measurement.name.format"


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    """Yield the topics: ``<prefix><database>`` or, with ``topic.mapper=measurement``, ``<prefix><measurement>``.

    With a query ``topic.prefix`` is the topic itself. Source: ``topic.mapper`` (default ``db``, ``bucket`` from version
    2 on) and ``topic.prefix`` of the configuration reference.
    """
    database, prefix = first(config, *_DATABASE), first(config, "topic.prefix") or ""
    if database is None:
        yield Unresolved(_DATABASE[0], "is not set")
        return
    query = first(config, "query")
    if query or (first(config, "topic.mapper") or "db").lower() != "measurement":
        topic = prefix if query else prefix + database
        what = "its query reads" if query else "all measurements of the database go to one topic"
        yield from flows((Unresolved(f"measurements of {database}", what),), (topic,), "topic.prefix", evidence)
        return

    def origin(topic: str) -> Record | None:
        measurement = topic.removeprefix(prefix)
        if not topic.startswith(prefix) or not measurement:
            return None
        return Record(Dataset(_PLATFORM, f"{database}.{measurement}"), topic, evidence=(ACTIVE_TOPICS,))

    yield Selection(f"measurements of {database}", origin)


def _writes_by_topic(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    """Yield the measurement of a topic in version 1. Without ``influxdb.db`` its database has the name of the topic."""
    topic = topic_of(record)
    measurement = (first(config, _FORMAT) or TOPIC).replace(TOPIC, topic)
    yield Dataset(_PLATFORM, f"{first(config, *_DATABASE) or topic}.{measurement}")


_RULE = "https://docs.confluent.io/kafka-connectors/influxdb/current/influx-db-sink-connector/"
_SPELLED = "database.measurement (DataHub has no platform and no ingestion of it)"

FAMILIES = (
    SinkFamily(
        name="influxdb_1_sink",
        classes=("io.confluent.influxdb.InfluxDBSinkConnector",),
        platform=_PLATFORM,
        writes=_writes_by_topic,
        rule=_RULE,
        naming=(*_DATABASE, _FORMAT),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="influxdb_sink",
        classes=(
            "io.confluent.influxdb.v2.sink.InfluxDB2SinkConnector",
            "InfluxDB2Sink",
            "InfluxDB3Sink",
        ),
        platform=_PLATFORM,
        writes=by_topic(_PLATFORM, _FORMAT, inside=_DATABASE),
        rule=_RULE,
        naming=(*_DATABASE, _FORMAT),
        spelled=_SPELLED,
    ),
    SourceFamily(
        name="influxdb_source",
        classes=(
            "io.confluent.influxdb.source.InfluxdbSourceConnector",
            "io.confluent.influxdb.v2.source.InfluxDB2SourceConnector",
            "InfluxDB2Source",
        ),
        platform=_PLATFORM,
        reads=_reads,
        rule="https://docs.confluent.io/kafka-connectors/influxdb/current/influx-db-source-connector/",
        naming=(*_DATABASE, "topic.prefix", "topic.mapper"),
        never_known="measurements behind a query, or behind a topic that takes a whole database",
        spelled=_SPELLED,
    ),
)
