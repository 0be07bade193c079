"""Comcast's MirrorTool copies topics of another Kafka cluster, each to ``<destination.topics.prefix><topic>``.

A list or a pattern chooses the topics. A cluster has no alias here: in ``options.cluster_aliases`` its bootstrap
servers stand for it. The copies go to the worker's own cluster, whose servers the configuration does not tell.

Source: https://github.com/Comcast/MirrorTool-for-Kafka-Connect (``KafkaSourceConnectorConfig``)
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SourceFamily
from kc_lineage_dagster.derive.readers.mirrors import Mirror, mirrored
from kc_lineage_dagster.derive.readers.name_lists import name_list
from kc_lineage_dagster.java_regex import Refused
from kc_lineage_dagster.lineage import Unresolved

_SOURCES = ("consumer.bootstrap.servers", "source.bootstrap.servers")  # the second one in the first release
_PREFIX, _LIST = "destination.topics.prefix", "source.topics"
_PATTERNS = ("source.topics.regex", "source.topic.whitelist")


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    source, prefix = first(config, *_SOURCES), config.get(_PREFIX, "").strip()
    named, pattern = items(config.get(_LIST)), first(config, *_PATTERNS)
    if source is None:
        yield Unresolved(_SOURCES[0], "has no value, and the source cluster has no other name")
        return
    patterns = name_list((pattern,), ignore_case=False) if pattern else None

    def selected(topic: str) -> bool | Refused:
        return topic in named or (patterns is not None and patterns.selects(topic))

    def backwards(copy: str) -> str | None:
        return copy[len(prefix) :] if copy.startswith(prefix) and len(copy) > len(prefix) else None

    mirror = Mirror(
        key=_SOURCES[0],
        source=source,
        target=None,
        what=", ".join((_LIST, *_PATTERNS)),
        named=named,
        selected=selected,
        forwards=lambda topic: prefix + topic,
        backwards=backwards,
        head=prefix,
    )
    yield from mirrored(mirror, evidence)


FAMILY = SourceFamily(
    name="mirror_tool",
    classes=("com.comcast.kafka.connect.kafka.KafkaSourceConnector",),
    platform="kafka",
    reads=_reads,
    rule="https://github.com/Comcast/MirrorTool-for-Kafka-Connect",
    naming=(*_SOURCES, _PREFIX),
    selecting=(_LIST, *_PATTERNS),
    never_known="the source cluster, unless options.cluster_aliases has its bootstrap servers",
    spelled="topic",
)
