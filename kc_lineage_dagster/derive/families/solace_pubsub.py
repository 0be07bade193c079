"""Solace's own connectors copy topics (``sol.topics``) and a queue (``sol.queue``) of its broker into one Kafka topic
(``kafka.topic``), and Kafka topics into them.

Confluent's connectors for the same broker go by JMS and are in ``jms``.

Source: ``com.solace.connector.kafka.connect.source.SolaceSourceConnectorConfig``,
``com.solace.connector.kafka.connect.sink.SolaceSinkConnectorConfig``
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kc_lineage_dagster.derive.config import Config, first, flag, items
from kc_lineage_dagster.derive.family import SinkFamily, SourceFamily, consumed
from kc_lineage_dagster.derive.readers.topic_sources import into_topic
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PLATFORM = "solace"
_TOPICS, _QUEUE = "sol.topics", "sol.queue"
_SPELLED = "the queue or topic (DataHub has no platform and no ingestion of it)"


def _destinations(config: Config) -> Iterator[Dataset | Unresolved]:
    queue = first(config, _QUEUE)
    names = (*items(first(config, _TOPICS)), *([queue] if queue else []))
    for name in names:
        if set("*>") & set(name) and name != queue:
            yield Unresolved(name, "is a pattern of Solace topics, and nothing lists those it matches")
        else:
            yield Dataset(_PLATFORM, name)
    if not names:
        yield Unresolved(f"{_TOPICS}, {_QUEUE}", "are not set")


def _writes(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    if flag(config, "sol.dynamic_destination"):
        reason = "sol.dynamic_destination: its record processor chooses the destination of each record"
        return (Unresolved(consumed(record), reason),)
    return _destinations(config)


FAMILIES = (
    SourceFamily(
        name="solace_pubsub_source",
        classes=(
            "com.solace.connector.kafka.connect.source.SolaceSourceConnector",
            "com.solace.source.connector.SolaceSourceConnector",
        ),
        platform=_PLATFORM,
        reads=into_topic(_destinations, "kafka.topic", default="default"),
        rule="com.solace.connector.kafka.connect.source.SolaceSourceConnectorConfig",
        naming=("kafka.topic", _TOPICS, _QUEUE),
        never_known="the Solace topics behind * and >",
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="solace_pubsub_sink",
        classes=(
            "com.solace.connector.kafka.connect.sink.SolaceSinkConnector",
            "com.solace.sink.connector.SolaceSinkConnector",
        ),
        platform=_PLATFORM,
        writes=_writes,
        rule="com.solace.connector.kafka.connect.sink.SolaceSinkConnectorConfig",
        naming=(_TOPICS, _QUEUE),
        never_known="destinations that a record processor chooses",
        spelled=_SPELLED,
    ),
)
