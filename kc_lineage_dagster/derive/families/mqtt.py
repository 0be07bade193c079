"""Confluent's connectors for MQTT copy topics of a broker (``mqtt.topics``) into one Kafka topic (``kafka.topic``), and
Kafka topics to the broker under their own names.

Source: https://docs.confluent.io/kafka-connectors/mqtt/current/mqtt-source-connector/,
https://docs.confluent.io/kafka-connectors/mqtt/current/mqtt-sink-connector/
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, items
from kc_lineage_dagster.derive.family import SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.places import by_topic
from kc_lineage_dagster.derive.readers.topic_sources import into_topic
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PLATFORM = "mqtt"


def _topics(config: Config) -> Iterator[Dataset | Unresolved]:
    names = items(config.get("mqtt.topics"))
    for name in names:
        if set("+#") & set(name):
            yield Unresolved(name, "is a pattern of MQTT topics, and nothing lists those it matches")
        else:
            yield Dataset(_PLATFORM, name)
    if not names:
        yield Unresolved("mqtt.topics", "is not set")


FAMILIES = (
    SourceFamily(
        name="mqtt_source",
        classes=("io.confluent.connect.mqtt.MqttSourceConnector", "MqttSource"),
        platform=_PLATFORM,
        reads=into_topic(_topics, "kafka.topic", default="mqtt"),
        rule="https://docs.confluent.io/kafka-connectors/mqtt/current/mqtt-source-connector/mqtt_source_connector_config.html",
        naming=("kafka.topic", "mqtt.topics"),
        never_known="the MQTT topics behind + and #",
        spelled="the MQTT topic (DataHub has no platform and no ingestion of it)",
    ),
    SinkFamily(
        name="mqtt_sink",
        classes=("io.confluent.connect.mqtt.MqttSinkConnector", "MqttSink"),
        platform=_PLATFORM,
        writes=by_topic(_PLATFORM),
        rule="https://docs.confluent.io/kafka-connectors/mqtt/current/mqtt-sink-connector/",
        spelled="the MQTT topic (DataHub has no platform and no ingestion of it)",
    ),
)
