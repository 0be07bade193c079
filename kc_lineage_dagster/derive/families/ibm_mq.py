"""IBM's own connectors for IBM MQ copy one queue (``mq.queue``) into one topic (``topic``), and topics into one queue.

Confluent's connectors for IBM MQ, whose keys differ, are in ``jms``.

Source: https://github.com/ibm-messaging/kafka-connect-mq-source, https://github.com/ibm-messaging/kafka-connect-mq-sink
"""

from __future__ import annotations

from kc_lineage_dagster.derive.family import SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.places import always, place
from kc_lineage_dagster.derive.readers.topic_sources import into_topic

_PLATFORM = "ibm-mq"
_QUEUE = "mq.queue"
_SPELLED = "the queue or topic (DataHub has no platform and no ingestion of it)"

FAMILIES = (
    SourceFamily(
        name="ibm_mq_source",
        classes=("com.ibm.eventstreams.connect.mqsource.MQSourceConnector",),
        platform=_PLATFORM,
        reads=into_topic(place(_PLATFORM, _QUEUE), "topic"),
        rule="https://github.com/ibm-messaging/kafka-connect-mq-source",
        naming=("topic", _QUEUE),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="ibm_mq_sink",
        classes=("com.ibm.eventstreams.connect.mqsink.MQSinkConnector",),
        platform=_PLATFORM,
        writes=always(place(_PLATFORM, _QUEUE)),
        rule="https://github.com/ibm-messaging/kafka-connect-mq-sink",
        naming=(_QUEUE,),
        spelled=_SPELLED,
    ),
)
