"""Connectors for Pivotal Gemfire and Apache Geode copy topics into regions of a cache, and regions into topics.

Gemfire's sink writes one region (``gemfire.region``). Geode's connectors name pairs in brackets: ``topic-to-regions``
and ``region-to-topics``, ``[topic:region,region][topic:region]``.

Source: https://docs.confluent.io/kafka-connectors/pivotal-gemfire/current/overview.html,
``org.apache.geode.kafka.GeodeConnectorConfig``
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SinkFamily, SourceFamily, topic_of
from kc_lineage_dagster.derive.readers.places import always, place
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PLATFORM = "gemfire"
_TO_REGIONS, _TO_TOPICS = "topic-to-regions", "region-to-topics"
# [topic:region,region][topic:region]
_BRACKETS = re.compile(r"\[([^\[\]:]+):([^\[\]]*)\]")


def _bindings(config: Config, key: str) -> dict[str, tuple[str, ...]]:
    """Return the entries of ``[left:right,right][left:right]`` (``org.apache.geode.kafka.GeodeConnectorConfig``)."""
    return {left.strip(): items(right) for left, right in _BRACKETS.findall(config.get(key, ""))}


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    regions = _bindings(config, _TO_REGIONS).get(topic_of(record), ())
    yield from (Dataset(_PLATFORM, region) for region in regions)
    if not regions:
        yield Unresolved(topic_of(record), f"has no region in {_TO_REGIONS}")


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    found = _bindings(config, _TO_TOPICS)
    yield from (Record(Dataset(_PLATFORM, region), topic) for region, topics in found.items() for topic in topics)
    if not found:
        yield Unresolved(_TO_TOPICS, "is not set")


_SPELLED = "the region (DataHub has no platform and no ingestion of it)"
_GEODE = "https://github.com/apache/geode-kafka-connector"

FAMILIES = (
    SinkFamily(
        name="gemfire_sink",
        classes=("io.confluent.connect.pivotal.gemfire.PivotalGemfireSinkConnector",),
        platform=_PLATFORM,
        writes=always(place(_PLATFORM, "gemfire.region")),
        rule="https://docs.confluent.io/kafka-connectors/pivotal-gemfire/current/overview.html",
        naming=("gemfire.region",),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="geode_sink",
        classes=("org.apache.geode.kafka.sink.GeodeKafkaSink",),
        platform=_PLATFORM,
        writes=_writes,
        rule=_GEODE,
        naming=(_TO_REGIONS,),
        spelled=_SPELLED,
    ),
    SourceFamily(
        name="geode_source",
        classes=("org.apache.geode.kafka.source.GeodeKafkaSource",),
        platform=_PLATFORM,
        reads=_reads,
        rule=_GEODE,
        naming=(_TO_TOPICS,),
        spelled=_SPELLED,
    ),
)
