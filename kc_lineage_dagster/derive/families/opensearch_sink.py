"""Sinks to OpenSearch copy each topic into an index, or into a data stream.

Aiven's names the index after the topic, in lower case; since version 3.2 a map may name an existing one. Confluent
Cloud's lists topics and indices by number: ``index<n>.topic`` and ``index<n>.name``.

Source: ``io.aiven.kafka.connect.opensearch.OpenSearchSinkConnectorConfig.topicToIndexNameConverter``,
``OpenSearchTaskHandler.put``, https://docs.confluent.io/cloud/current/connectors/cc-opensearch-sink.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, entries, first, flag, items, pairs
from kc_lineage_dagster.derive.family import SinkFamily, makes_all, topic_of
from kc_lineage_dagster.derive.readers.search_index import index_of
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PLATFORM = "opensearch"
_EXISTING, _MAP = "existing.resource.type", "topic.to.existing.resource.mapping"
_NUMBERED_TOPIC = re.compile(r"index\d+\.topic")


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    """Yield the index of a topic. Since version 3.2 a map may name an existing one (``OpenSearchTaskHandler.put``)."""
    existing = (first(config, _EXISTING) or "none").lower()
    if existing != "none":
        yield _mapped(topic_of(record), pairs(config.get(_MAP)).get(topic_of(record)), existing)
        return
    index = index_of(topic_of(record), not_first="-_+")
    prefix = first(config, "data.stream.prefix") if flag(config, "data.stream.enabled") else None
    yield Dataset(_PLATFORM, f"{prefix}-{index}" if prefix else index)


def _mapped(topic: str, target: str | None, kind: str) -> Dataset | Unresolved:
    if target is None:
        return Unresolved(topic, f"is not in {_MAP}, so its records fail")
    if "alias" in kind:
        return Unresolved(topic, f"is written to the alias {target}; only OpenSearch knows the index behind it")
    return Dataset(_PLATFORM, target)


def _writes_numbered(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    topic = topic_of(record)
    numbered = entries(config, lambda key, _: _NUMBERED_TOPIC.fullmatch(key))
    mine = [key.removesuffix(".topic") for key, value in numbered.items() if topic in items(value)]
    names = [index for name in mine if (index := first(config, f"{name}.name"))]
    yield from (Dataset(_PLATFORM, index) for index in names)
    if not names:
        yield Unresolved(topic, "no index<n>.topic names it")


FAMILIES = (
    SinkFamily(
        name="opensearch_sink",
        classes=(
            "io.aiven.kafka.connect.opensearch.OpenSearchSinkConnector",
            "io.aiven.kafka.connect.opensearch.OpensearchSinkConnector",
            "io.aiven.connect.opensearch.OpensearchSinkConnector",
        ),
        platform=_PLATFORM,
        writes=_writes,
        makes_columns=makes_all,
        rule="io.aiven.kafka.connect.opensearch.OpenSearchSinkConnectorConfig.topicToIndexNameConverter",
        naming=("data.stream.enabled", "data.stream.prefix", _EXISTING, _MAP),
        never_known="the index behind an alias",
        spelled="the index or data stream",
    ),
    SinkFamily(
        name="opensearch_sink_cloud",
        classes=("OpenSearchSink",),
        platform=_PLATFORM,
        writes=_writes_numbered,
        makes_columns=makes_all,
        rule="https://docs.confluent.io/cloud/current/connectors/cc-opensearch-sink.html",
        spelled="the index",
    ),
)
