"""Connectors for RabbitMQ copy queues (``rabbitmq.queue``) into one topic (``kafka.topic``), and topics into one
exchange (``rabbitmq.exchange``).

Source: https://docs.confluent.io/kafka-connectors/rabbitmq-source/current/,
https://docs.confluent.io/kafka-connectors/rabbitmq-sink/current/,
https://github.com/jcustenborder/kafka-connect-rabbitmq
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.places import always, place, places
from kc_lineage_dagster.derive.readers.topic_sources import flows, into_topic

_PLATFORM = "rabbitmq"
_QUEUES = places(_PLATFORM, "rabbitmq.queue")
_SPELLED = "the queue, or the exchange written to"


def _reads_jcustenborder(config: Config, evidence: Evidence) -> Iterator[Found]:
    """Yield the topic if ``kafka.topic`` is a plain name; a template is filled in from each message."""
    topic = first(config, "kafka.topic")
    plain = (topic,) if topic and "${" not in topic else ()
    yield from flows(tuple(_QUEUES(config)), plain, "kafka.topic", evidence)


FAMILIES = (
    SourceFamily(
        name="rabbitmq_source",
        classes=(
            "io.confluent.connect.rabbitmq.RabbitMQSourceConnector",
            "RabbitMQSource",
            "com.ibm.eventstreams.connect.rabbitmqsource.RabbitMQSourceConnector",
        ),
        platform=_PLATFORM,
        reads=into_topic(_QUEUES),
        rule="https://docs.confluent.io/kafka-connectors/rabbitmq-source/current/",
        naming=("kafka.topic", "rabbitmq.queue"),
        spelled=_SPELLED,
    ),
    SourceFamily(
        name="rabbitmq_source_jcustenborder",
        classes=("com.github.jcustenborder.kafka.connect.rabbitmq.RabbitMQSourceConnector",),
        platform=_PLATFORM,
        reads=_reads_jcustenborder,
        rule="https://github.com/jcustenborder/kafka-connect-rabbitmq",
        naming=("kafka.topic", "rabbitmq.queue"),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="rabbitmq_sink",
        classes=(
            "io.confluent.connect.rabbitmq.sink.RabbitMQSinkConnector",
            "com.github.jcustenborder.kafka.connect.rabbitmq.RabbitMQSinkConnector",
            "RabbitMQSink",
        ),
        platform=_PLATFORM,
        writes=always(place(_PLATFORM, "rabbitmq.exchange")),
        rule="https://docs.confluent.io/kafka-connectors/rabbitmq-sink/current/",
        naming=("rabbitmq.exchange",),
        spelled=_SPELLED,
    ),
)
