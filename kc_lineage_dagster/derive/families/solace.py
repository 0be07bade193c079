"""Solace: one queue or topic of the broker."""

from __future__ import annotations

from kc_lineage_dagster.derive.family import SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.places import always, place
from kc_lineage_dagster.derive.readers.topic_sources import into_topic

_DESTINATION = ("jms.destination.name",)
_SPELLED = "the queue or topic (DataHub has no platform and no ingestion of it)"

FAMILIES = (
    SourceFamily(
        name="solace_source",
        classes=("io.confluent.connect.solace.SolaceSourceConnector", "SolaceSource"),
        platform="solace",
        reads=into_topic(place("solace", *_DESTINATION)),
        rule="https://docs.confluent.io/kafka-connectors/solace-source/current/",
        naming=("kafka.topic", *_DESTINATION),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="solace_sink",
        classes=("io.confluent.connect.jms.SolaceSinkConnector", "SolaceSink"),
        platform="solace",
        writes=always(place("solace", *_DESTINATION)),
        rule="https://docs.confluent.io/kafka-connectors/solace-sink/current/",
        naming=_DESTINATION,
        spelled=_SPELLED,
    ),
)
