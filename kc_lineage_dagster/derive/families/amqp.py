"""Aiven's source for AMQP copies one queue (``amqp.address``) into one topic (``topic``).

Source: https://aiven-open.github.io/amqp-connector-for-apache-kafka/source/configuration.html
"""

from __future__ import annotations

from kc_lineage_dagster.derive.family import SourceFamily
from kc_lineage_dagster.derive.readers.places import place
from kc_lineage_dagster.derive.readers.topic_sources import into_topic

_ADDRESS = "amqp.address"

FAMILY = SourceFamily(
    name="amqp_source",
    classes=("io.aiven.kafka.connect.amqp.source.AmqpSourceConnector",),
    platform="amqp",
    reads=into_topic(place("amqp", _ADDRESS), "topic"),
    rule="https://aiven-open.github.io/amqp-connector-for-apache-kafka/source/configuration.html",
    naming=("topic", _ADDRESS),
    spelled="the queue (DataHub has no platform and no ingestion of it)",
)
