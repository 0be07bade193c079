"""MirrorMaker 2 copies topics of another Kafka cluster: to ``<source.cluster.alias>.<topic>``, or to the same name
where the replication policy says so.

``topics`` and ``topics.exclude`` choose the topics. ``options.cluster_aliases`` of the recipe says which platform
instance an alias is. Heartbeats, checkpoints and offset syncs are not data.

Source: ``org.apache.kafka.connect.mirror``: ``MirrorSourceConnector.shouldReplicateTopic``, ``DefaultTopicFilter``,
``DefaultReplicationPolicy``, ``IdentityReplicationPolicy``
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SourceFamily
from kc_lineage_dagster.derive.readers.mirrors import Mirror, mirrored, mirrored_topics
from kc_lineage_dagster.derive.readers.name_lists import NameList, name_list
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.java_regex import Refused
from kc_lineage_dagster.lineage import Unresolved

_SOURCE, _TARGET, _POLICY = "source.cluster.alias", "target.cluster.alias", "replication.policy.class"

_PACKAGE = "org.apache.kafka.connect.mirror"
_PREFIXING = (f"{_PACKAGE}.DefaultReplicationPolicy", f"{_PACKAGE}.LegacyReplicationPolicy")
# the same for data; Strimzi's came first and was dropped for Kafka's own
_IDENTITY = (f"{_PACKAGE}.IdentityReplicationPolicy", "io.strimzi.kafka.connect.mirror.IdentityReplicationPolicy")
# Since Kafka 4.0 (KIP-1074). Earlier versions left out all topics that end with "internal".
_EXCLUDED = ("mm2.*\\.internal", ".*\\.replica", "__.*")


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    policy = first(config, _POLICY) or _PREFIXING[0]
    source = config.get(_SOURCE, "source").strip()  # may be empty: MirrorConnectorConfig has no validator
    heartbeat = _heartbeat(config)
    before: str | None = ""
    if policy in _PREFIXING:
        before = source + _separator(config)
    elif policy not in _IDENTITY:
        before = _observed(mirrored_topics(source, evidence), evidence)
    if before is None:
        yield Unresolved(f"{_POLICY} = {policy}", "names copies by code that is not known")
        return

    def backwards(copy: str) -> str | None:
        start = source + _separator(config) if policy == _IDENTITY[0] and heartbeat(copy) else before
        return copy[len(start) :] if copy.startswith(start) and copy != start else None

    include, _ = _lists(config)
    mirror = Mirror(
        key=_SOURCE,
        source=source,
        target=first(config, _TARGET) or "target",
        what="topics",
        named=include.names if include else (),
        selected=_selected(config, policy),
        forwards=lambda topic: before + topic,
        backwards=backwards,
        internal=partial(_book_keeping, heartbeat),
        head=before,
    )
    yield from mirrored(mirror, evidence)


def _separator(config: Config) -> str:
    """Return the separator; an empty one counts (``DefaultReplicationPolicy.configure``)."""
    return config.get("replication.policy.separator", ".")


def _observed(committed: tuple[str, ...], evidence: Evidence) -> str | None:
    """Return the one prefix that turns topics with committed offsets into the active topics, else None."""
    active = evidence.topics or frozenset()
    if not committed or len(active) != len(committed):
        return None
    found = {copy.removesuffix(committed[0]) for copy in active if copy.endswith(committed[0])}
    fitting = [before for before in found if all(before + topic in active for topic in committed)]
    return fitting[0] if len(fitting) == 1 else None


def _lists(config: Config) -> tuple[NameList | None, NameList | None]:
    """Return ``topics`` and ``topics.exclude`` as the default filter reads them; None, None for another filter."""
    filters = first(config, "topic.filter.class") or f"{_PACKAGE}.DefaultTopicFilter"
    if filters != f"{_PACKAGE}.DefaultTopicFilter":
        return None, None
    include = items(first(config, "topics")) or (".*",)
    exclude = items(first(config, "topics.exclude", "topics.blacklist")) or _EXCLUDED
    return name_list(include, ignore_case=False), name_list(exclude, ignore_case=False)


def _selected(config: Config, policy: str) -> Callable[[str], bool | Refused]:
    include, exclude = _lists(config)
    target, separator = first(config, _TARGET) or "target", _separator(config)

    def selected(topic: str) -> bool | Refused:
        if policy in _PREFIXING and target in (topic.split(separator) if separator else list(topic))[:-1]:
            return False  # a topic that came from the target is not copied back
        wanted = include is None or include.selects(topic)
        unwanted = exclude is not None and exclude.selects(topic)
        if isinstance(wanted, Refused) or isinstance(unwanted, Refused):
            return wanted if isinstance(wanted, Refused) else unwanted
        return wanted and not unwanted

    return selected


def _heartbeat(config: Config) -> Callable[[str], bool]:
    name = first(config, "heartbeats.topic.name") or "heartbeats"
    ending = f"{_separator(config)}{name}"
    return lambda topic: topic == name or topic.endswith(ending)


def _book_keeping(heartbeat: Callable[[str], bool], topic: str) -> bool:
    """Tell whether a topic holds heartbeats (which are always copied), checkpoints or offset syncs."""
    return heartbeat(topic) or topic.endswith("checkpoints.internal") or topic.startswith("mm2-offset-syncs")


def _nothing(config: Config, evidence: Evidence) -> tuple[Record, ...]:
    return ()


FAMILIES = (
    SourceFamily(
        name="mirror_maker",
        classes=(f"{_PACKAGE}.MirrorSourceConnector",),
        platform="kafka",
        reads=_reads,
        rule="https://kafka.apache.org/documentation/#georeplication",
        naming=(_SOURCE, _TARGET, _POLICY, "replication.policy.separator"),
        selecting=("topics", "topics.exclude", "topics.blacklist"),
        internal=lambda config, topic: _book_keeping(_heartbeat(config), topic),
        never_known="the source cluster, unless options.cluster_aliases names it; names by other replication policies",
        spelled="topic",
        columns=True,
    ),
    SourceFamily(
        name="mirror_maker_book_keeping",
        classes=(f"{_PACKAGE}.MirrorCheckpointConnector", f"{_PACKAGE}.MirrorHeartbeatConnector"),
        platform="kafka",
        reads=_nothing,
        rule="https://kafka.apache.org/documentation/#georeplication",
        internal=lambda config, topic: True,
        never_known="nothing: they move no data",
    ),
)
