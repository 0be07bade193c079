"""InfluxDB: measurements of a database (a bucket, from version 2 on). Names are ``database.measurement``."""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, Selection, SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.places import by_topic
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PLATFORM = "influxdb"
_DATABASE = ("influxdb.db", "influxdb.bucket", "influxdb.database")
_FORMAT = "measurement.name.format"


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    """Topics are ``<prefix><measurement>`` or, by another ``topic.mapper``, ``<prefix><database>``."""
    database, prefix = first(config, *_DATABASE), first(config, "topic.prefix") or ""
    mapper = (first(config, "topic.mapper") or "").lower()
    if mapper != "measurement" or first(config, "query") or database is None:
        reason = "measurements can be told only with topic.mapper=measurement, one database and no query"
        yield Unresolved(f"topics of {database or 'influxdb.db'}", reason)
        return

    def origin(topic: str) -> Record | None:
        measurement = topic.removeprefix(prefix)
        if not topic.startswith(prefix) or not measurement:
            return None
        return Record(Dataset(_PLATFORM, f"{database}.{measurement}"), topic, evidence="active topics")

    yield Selection(f"measurements of {database}", origin)


_SPELLED = "database.measurement (DataHub has no platform and no ingestion of it)"

FAMILIES = (
    SinkFamily(
        name="influxdb_sink",
        classes=(
            "io.confluent.influxdb.InfluxDBSinkConnector",
            "io.confluent.influxdb.v2.sink.InfluxDB2SinkConnector",
            "InfluxDB2Sink",
            "InfluxDB3Sink",
        ),
        platform=_PLATFORM,
        writes=by_topic(_PLATFORM, _FORMAT, inside=_DATABASE),
        rule="https://docs.confluent.io/kafka-connectors/influxdb/current/influx-db-sink-connector/",
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
