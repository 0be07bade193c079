"""Sources for syslog copy whatever programs send to the connector's listener into one topic.

The topic is ``topic`` (Confluent's, ``syslog`` unless set) or ``kafka.topic`` (Jeremy Custenborder's). The senders are
no datasets, so the topic has nothing upstream.

Source: https://docs.confluent.io/kafka-connectors/syslog/current/configuration_options.html,
https://github.com/jcustenborder/kafka-connect-syslog
"""

from __future__ import annotations

from kc_lineage_dagster.derive.family import SourceFamily
from kc_lineage_dagster.derive.readers.places import nowhere
from kc_lineage_dagster.derive.readers.topic_sources import into_topic

FAMILIES = (
    SourceFamily(
        name="syslog_source",
        classes=("io.confluent.connect.syslog.SyslogSourceConnector",),
        platform="(nothing upstream)",
        reads=into_topic(nowhere, "topic", "topic.prefix", default="syslog"),
        rule="https://docs.confluent.io/kafka-connectors/syslog/current/configuration_options.html",
        naming=("topic", "topic.prefix"),
        never_known="the senders",
    ),
    SourceFamily(
        name="syslog_source_jcustenborder",
        classes=(
            "com.github.jcustenborder.kafka.connect.syslog.UDPSyslogSourceConnector",
            "com.github.jcustenborder.kafka.connect.syslog.TCPSyslogSourceConnector",
            "com.github.jcustenborder.kafka.connect.syslog.SSLTCPSyslogSourceConnector",
        ),
        platform="(nothing upstream)",
        reads=into_topic(nowhere, "kafka.topic"),
        rule="https://github.com/jcustenborder/kafka-connect-syslog",
        naming=("kafka.topic",),
        never_known="the senders",
    ),
)
