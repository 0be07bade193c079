"""Confluent's source for SNMP traps copies whatever devices send to the connector's listener into one topic
(``kafka.topic``).

The senders are no datasets, so the topic has nothing upstream.

Source: https://docs.confluent.io/kafka-connectors/snmp-trap/current/snmp_trap_source_connector_config.html
"""

from __future__ import annotations

from kc_lineage_dagster.derive.family import SourceFamily
from kc_lineage_dagster.derive.readers.places import nowhere
from kc_lineage_dagster.derive.readers.topic_sources import into_topic

FAMILY = SourceFamily(
    name="snmp_source",
    classes=("io.confluent.connect.snmp.SnmpTrapSourceConnector",),
    platform="(nothing upstream)",
    reads=into_topic(nowhere),
    rule="https://docs.confluent.io/kafka-connectors/snmp-trap/current/snmp_trap_source_connector_config.html",
    naming=("kafka.topic",),
    never_known="the senders",
)
