"""Sinks to ArangoDB copy topics into collections, named ``<database>.<collection>``.

ArangoDB's own sink writes all topics into ``connection.collection`` of ``connection.database`` (``_system`` where none
is set). Jared Petersen's writes each into the collection that the last part of the topic names, in
``arangodb.database.name``.

Source: ``com.arangodb.kafka.config.ArangoSinkConfig``, https://github.com/jaredpetersen/kafka-connect-arangodb
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.family import SinkFamily, topic_of
from kc_lineage_dagster.derive.readers.table_names import qualified, required
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PLATFORM = "arangodb"
_DATABASE, _COLLECTION, _OTHER_DATABASE = "connection.database", "connection.collection", "arangodb.database.name"


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    yield qualified(_PLATFORM, first(config, _DATABASE) or "_system", required(config, _COLLECTION))


def _writes_by_topic(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    yield qualified(_PLATFORM, required(config, _OTHER_DATABASE), topic_of(record).rpartition(".")[2])


_SPELLED = "database.collection (DataHub has no platform and no ingestion of it)"

FAMILIES = (
    SinkFamily(
        name="arangodb_sink",
        classes=("com.arangodb.kafka.ArangoSinkConnector",),
        platform=_PLATFORM,
        writes=_writes,
        rule="com.arangodb.kafka.config.ArangoSinkConfig",
        naming=(_DATABASE, _COLLECTION),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="arangodb_sink_jaredpetersen",
        classes=("io.github.jaredpetersen.kafkaconnectarangodb.sink.ArangoDbSinkConnector",),
        platform=_PLATFORM,
        writes=_writes_by_topic,
        rule="https://github.com/jaredpetersen/kafka-connect-arangodb",
        naming=(_OTHER_DATABASE,),
        spelled=_SPELLED,
    ),
)
