"""Confluent Replicator copies topics of another Kafka cluster, each to the name that ``topic.rename.format`` makes of
it.

``topic.whitelist``, ``topic.regex`` and ``topic.blacklist`` choose the topics. A cluster has no alias here: in
``options.cluster_aliases`` its bootstrap servers stand for it. Where both ends share a bootstrap server they are one
cluster, which needs no name.

Source: https://docs.confluent.io/platform/current/multi-dc-deployments/replicator/configuration_options.html
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SourceFamily
from kc_lineage_dagster.derive.readers.mirrors import Mirror, mirrored
from kc_lineage_dagster.java_regex import Refused, compile_java
from kc_lineage_dagster.lineage import Unresolved

_SOURCE, _TARGET, _FORMAT = "src.kafka.bootstrap.servers", "dest.kafka.bootstrap.servers", "topic.rename.format"
_TOPIC = "${topic}"
_NEVER = frozenset({"__consumer_offsets", "__transaction_state", "__consumer_timestamps"})


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    source, renamed = first(config, _SOURCE), first(config, _FORMAT) or _TOPIC
    if source is None:
        yield Unresolved(_SOURCE, "has no value, and the source cluster has no other name")
        return
    named, unwanted = items(config.get("topic.whitelist")), set(items(config.get("topic.blacklist"))) | _NEVER
    pattern = first(config, "topic.regex")
    regex = compile_java(pattern) if pattern else None
    start, found, end = renamed.partition(_TOPIC)

    def selected(topic: str) -> bool | Refused:
        if topic in unwanted:
            return False
        if topic in named or regex is None:
            return topic in named
        return regex if isinstance(regex, Refused) else regex.matches(topic)

    def backwards(copy: str) -> str | None:
        if not found:
            return named[0] if copy == renamed and len(named) == 1 and regex is None else None
        fits = copy.startswith(start) and copy.endswith(end) and len(copy) > len(start) + len(end)
        return copy[len(start) : len(copy) - len(end)] if fits else None

    mirror = Mirror(
        key=_SOURCE,
        source=source,
        target=first(config, _TARGET),
        what="topic.whitelist, topic.regex",
        named=tuple(topic for topic in named if topic not in unwanted),
        selected=selected,
        forwards=lambda topic: renamed.replace(_TOPIC, topic),
        backwards=backwards,
        internal=lambda topic: topic in _NEVER,
        head=start,
        same=bool(set(items(source)) & set(items(config.get(_TARGET)))),
    )
    yield from mirrored(mirror, evidence)


FAMILY = SourceFamily(
    name="replicator",
    classes=("io.confluent.connect.replicator.ReplicatorSourceConnector",),
    platform="kafka",
    reads=_reads,
    rule="https://docs.confluent.io/platform/current/multi-dc-deployments/replicator/configuration_options.html",
    naming=(_SOURCE, _TARGET, _FORMAT),
    selecting=("topic.whitelist", "topic.regex", "topic.blacklist"),
    internal=lambda config, topic: topic in _NEVER,
    never_known="the source cluster, unless options.cluster_aliases has its bootstrap servers",
    spelled="topic",
    columns=True,
)
