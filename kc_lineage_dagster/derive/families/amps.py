"""Confluent's source for 60East's AMPS copies one topic of the server (``amps.topic``) into one Kafka topic
(``kafka.topic``).

Source: https://docs.confluent.io/kafka-connectors/amps/current/overview.html
"""

from __future__ import annotations

from kc_lineage_dagster.derive.family import SourceFamily
from kc_lineage_dagster.derive.readers.places import place
from kc_lineage_dagster.derive.readers.topic_sources import into_topic

FAMILY = SourceFamily(
    name="amps_source",
    classes=("io.confluent.connect.amps.AmpsSourceConnector",),
    platform="amps",
    reads=into_topic(place("amps", "amps.topic")),
    rule="https://docs.confluent.io/kafka-connectors/amps/current/overview.html",
    naming=("kafka.topic", "amps.topic"),
    spelled="the topic of AMPS (DataHub has no platform and no ingestion of it)",
)
