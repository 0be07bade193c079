"""JMS, Confluent's own: one queue or topic of a broker that speaks it."""

from __future__ import annotations

from kc_lineage_dagster.derive.family import SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.places import always, place
from kc_lineage_dagster.derive.readers.topic_sources import into_topic

DESTINATION = ("jms.destination.name",)
_SPELLED = "the queue or topic (DataHub has no platform and no ingestion of it)"

FAMILIES = (
    SourceFamily(
        name="jms_source",
        classes=("io.confluent.connect.jms.JmsSourceConnector", "JMSSource"),
        platform="jms",
        reads=into_topic(place("jms", *DESTINATION)),
        rule="https://docs.confluent.io/kafka-connectors/jms-source/current/",
        naming=("kafka.topic", *DESTINATION),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="jms_sink",
        classes=("io.confluent.connect.jms.JmsSinkConnector",),
        platform="jms",
        writes=always(place("jms", *DESTINATION)),
        rule="https://docs.confluent.io/kafka-connectors/jms-sink/current/",
        naming=DESTINATION,
        spelled=_SPELLED,
    ),
)
