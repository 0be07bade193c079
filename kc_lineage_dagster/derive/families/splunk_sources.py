"""Confluent's listeners for Splunk's protocols copy events that are sent to them into one topic (``kafka.topic``), or
into one for each index.

The senders are no datasets, so the topics have nothing upstream.

Source: https://docs.confluent.io/kafka-connectors/splunk-source/current/config.html,
https://docs.confluent.io/kafka-connectors/splunk-s2s/current/configuration_options.html
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first, flag
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, Selection, SourceFamily
from kc_lineage_dagster.derive.readers.places import nowhere
from kc_lineage_dagster.derive.readers.topic_sources import into_topic
from kc_lineage_dagster.derive.records import ACTIVE_TOPICS, Record

_HEC = into_topic(nowhere, "kafka.topic", default="splunk-hec")


def _reads_hec(config: Config, evidence: Evidence) -> Iterator[Found]:
    """Yield the topic; with ``topic.per.index`` it is a prefix, followed by the index that each event names."""
    if not flag(config, "topic.per.index"):
        yield from _HEC(config, evidence)
        return
    prefix = first(config, "kafka.topic") or "splunk-hec"

    def origin(topic: str) -> Record | None:
        return Record(None, topic, evidence=(ACTIVE_TOPICS,)) if topic.startswith(prefix) else None

    yield Selection("topic.per.index", origin, frozenset({prefix}))


FAMILIES = (
    SourceFamily(
        name="splunk_hec_source",
        classes=("io.confluent.connect.SplunkHttpSourceConnector",),
        platform="(nothing upstream)",
        reads=_reads_hec,
        rule="https://docs.confluent.io/kafka-connectors/splunk-source/current/config.html",
        naming=("kafka.topic", "topic.per.index"),
        never_known="the senders; topics of indexes, before any is written",
    ),
    SourceFamily(
        name="splunk_s2s_source",
        classes=("io.confluent.connect.splunk.s2s.SplunkS2SSourceConnector",),
        platform="(nothing upstream)",
        reads=into_topic(nowhere, "kafka.topic", default="splunk-s2s-events"),
        rule="https://docs.confluent.io/kafka-connectors/splunk-s2s/current/configuration_options.html",
        naming=("kafka.topic",),
        never_known="the forwarders",
    ),
)
