"""ActiveMQ: one queue or topic of the broker."""

from __future__ import annotations

from kc_lineage_dagster.derive.family import SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.places import always, place
from kc_lineage_dagster.derive.readers.topic_sources import into_topic

_DESTINATION = ("jms.destination.name",)
_SPELLED = "the queue or topic (DataHub has no platform and no ingestion of it)"

FAMILIES = (
    SourceFamily(
        name="activemq_source",
        classes=("io.confluent.connect.activemq.ActiveMQSourceConnector", "ActiveMQSource"),
        platform="activemq",
        reads=into_topic(place("activemq", *_DESTINATION)),
        rule="https://docs.confluent.io/kafka-connectors/activemq-source/current/",
        naming=("kafka.topic", *_DESTINATION),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="activemq_sink",
        classes=("io.confluent.connect.jms.ActiveMqSinkConnector",),
        platform="activemq",
        writes=always(place("activemq", *_DESTINATION)),
        rule="https://docs.confluent.io/kafka-connectors/activemq-sink/current/",
        naming=_DESTINATION,
        spelled=_SPELLED,
    ),
)
