"""IBM MQ: Confluent's connectors (JMS keys, ``kafka.topic``) and IBM's own (``mq.queue``, ``topic``)."""

from __future__ import annotations

from kc_lineage_dagster.derive.config import first
from kc_lineage_dagster.derive.family import SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.places import always, place
from kc_lineage_dagster.derive.readers.topic_sources import into_topic

_PLATFORM = "ibm-mq"
_DESTINATION = ("jms.destination.name",)
_SPELLED = "the queue or topic (DataHub has no platform and no ingestion of it)"

FAMILIES = (
    SourceFamily(
        name="ibm_mq_source_confluent",
        classes=("io.confluent.connect.ibm.mq.IbmMQSourceConnector", "IbmMQSource"),
        platform=_PLATFORM,
        reads=into_topic(place(_PLATFORM, *_DESTINATION)),
        rule="https://docs.confluent.io/kafka-connectors/ibmmq-source/current/",
        naming=("kafka.topic", *_DESTINATION),
        internal=lambda config, topic: topic == first(config, "state.topic.name"),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="ibm_mq_sink_confluent",
        classes=("io.confluent.connect.jms.IbmMqSinkConnector", "IbmMqSink"),
        platform=_PLATFORM,
        writes=always(place(_PLATFORM, *_DESTINATION)),
        rule="https://docs.confluent.io/kafka-connectors/ibmmq-sink/current/",
        naming=_DESTINATION,
        spelled=_SPELLED,
    ),
    SourceFamily(
        name="ibm_mq_source",
        classes=("com.ibm.eventstreams.connect.mqsource.MQSourceConnector",),
        platform=_PLATFORM,
        reads=into_topic(place(_PLATFORM, "mq.queue"), "topic"),
        rule="https://github.com/ibm-messaging/kafka-connect-mq-source",
        naming=("topic", "mq.queue"),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="ibm_mq_sink",
        classes=("com.ibm.eventstreams.connect.mqsink.MQSinkConnector",),
        platform=_PLATFORM,
        writes=always(place(_PLATFORM, "mq.queue")),
        rule="https://github.com/ibm-messaging/kafka-connect-mq-sink",
        naming=("mq.queue",),
        spelled=_SPELLED,
    ),
)
