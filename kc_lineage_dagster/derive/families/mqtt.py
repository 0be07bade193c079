"""Connectors for MQTT copy topics of a broker (``mqtt.topics``) into one Kafka topic (``kafka.topic``), and topics of
Kafka to the broker: Confluent's under their own names, Jovacon's all to one.

Source: https://docs.confluent.io/kafka-connectors/mqtt/current/mqtt-source-connector/,
https://docs.confluent.io/kafka-connectors/mqtt/current/mqtt-sink-connector/,
https://github.com/johanvandevenne/kafka-connect-mqtt, https://github.com/tipok/kafka-connect-mqtt
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.family import SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.places import always, by_topic, place
from kc_lineage_dagster.derive.readers.subscriptions import subscribed
from kc_lineage_dagster.derive.readers.topic_sources import into_topic
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PLATFORM = "mqtt"
_SPELLED = "the MQTT topic (DataHub has no platform and no ingestion of it)"
_JOVACON = "https://github.com/johanvandevenne/kafka-connect-mqtt"


def _topics(config: Config) -> Iterator[Dataset | Unresolved]:
    names = items(config.get("mqtt.topics"))
    yield from (subscribed(_PLATFORM, name) for name in names)
    if not names:
        yield Unresolved("mqtt.topics", "is not set")


def _topic(config: Config) -> Iterator[Dataset | Unresolved]:
    name = first(config, "mqtt.topic")
    yield subscribed(_PLATFORM, name) if name else Unresolved("mqtt.topic", "is not set")


FAMILIES = (
    SourceFamily(
        name="mqtt_source",
        classes=(
            "io.confluent.connect.mqtt.MqttSourceConnector",
            "MqttSource",
            "pro.tipok.kafka.connect.mqtt.MqttSourceConnector",
        ),
        platform=_PLATFORM,
        reads=into_topic(_topics, "kafka.topic", default="mqtt"),
        rule="https://docs.confluent.io/kafka-connectors/mqtt/current/mqtt-source-connector/mqtt_source_connector_config.html",
        naming=("kafka.topic", "mqtt.topics"),
        never_known="the MQTT topics behind + and #",
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="mqtt_sink",
        classes=("io.confluent.connect.mqtt.MqttSinkConnector", "MqttSink"),
        platform=_PLATFORM,
        writes=by_topic(_PLATFORM),
        rule="https://docs.confluent.io/kafka-connectors/mqtt/current/mqtt-sink-connector/",
        spelled=_SPELLED,
    ),
    SourceFamily(
        name="mqtt_source_jovacon",
        classes=("be.jovacon.kafka.connect.MQTTSourceConnector",),
        platform=_PLATFORM,
        reads=into_topic(_topic),
        rule=_JOVACON,
        naming=("kafka.topic", "mqtt.topic"),
        never_known="the MQTT topics behind + and #",
        spelled=_SPELLED,
    ),
    SourceFamily(
        name="mqtt_source_evokly",
        classes=("com.evokly.kafka.connect.mqtt.MqttSourceConnector",),
        platform=_PLATFORM,
        reads=into_topic(_topic, "kafka.topic", default="mqtt"),
        rule="https://github.com/evokly/kafka-connect-mqtt",
        naming=("kafka.topic", "mqtt.topic"),
        never_known="the MQTT topics behind + and #",
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="mqtt_sink_jovacon",
        classes=("be.jovacon.kafka.connect.MQTTSinkConnector",),
        platform=_PLATFORM,
        writes=always(place(_PLATFORM, "mqtt.topic")),
        rule=_JOVACON,
        naming=("mqtt.topic",),
        spelled=_SPELLED,
    ),
)
