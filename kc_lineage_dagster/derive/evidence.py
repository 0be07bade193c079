"""What is known of a connector beyond its configuration: from the cluster itself, and from a catalog."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from kc_lineage_dagster.derive.catalog import Catalog, NothingKnown
from kc_lineage_dagster.derive.records import Node
from kc_lineage_dagster.java_regex import Refused, compile_java, literal_prefix
from kc_lineage_dagster.lineage import Dataset, Unresolved

# what to do about an active topic that the configuration does not explain
EARLIER = (
    "if it is of an earlier configuration, PUT /connectors/<name>/topics/reset and then a full_refresh forget the topic"
)


class TaskView(Protocol):
    """A task as the REST API shows it."""

    @property
    def state(self) -> str: ...


class OffsetView(Protocol):
    """One committed offset: ``GET /connectors/{name}/offsets``."""

    @property
    def partition(self) -> Mapping[str, Any]: ...
    @property
    def offset(self) -> Mapping[str, Any] | None: ...


class NoteView(Protocol):
    """A note on what could not be read of a connector (``connect.snapshot.Note``)."""

    @property
    def about(self) -> str: ...


class ConnectorView(Protocol):
    """A connector as a snapshot holds it (``connect.snapshot.Connector``)."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def config(self) -> Mapping[str, str]: ...
    @property
    def state(self) -> str: ...
    @property
    def tasks(self) -> tuple[TaskView, ...]: ...
    @property
    def topics(self) -> tuple[str, ...] | None: ...
    @property
    def offsets(self) -> tuple[OffsetView, ...]: ...
    @property
    def task_configs(self) -> tuple[Mapping[str, str], ...]: ...
    @property
    def notes(self) -> Sequence[NoteView]: ...


@dataclass(frozen=True, slots=True)
class ClusterTopics:
    """The topics that a cluster's connectors write or read.

    ``topics``: those that carry data, sorted. ``internal``: active ones that are some connector's book-keeping.
    """

    topics: tuple[str, ...] = ()
    internal: frozenset[str] = frozenset()

    @classmethod
    def of(cls, topics: Iterable[str], internal: Iterable[str] = ()) -> ClusterTopics:
        """Build from topics in any order."""
        return cls(tuple(sorted(set(topics))), frozenset(internal))

    def matching(self, pattern: str) -> tuple[str, ...] | Unresolved:
        """Return topics that a Java regular expression matches as a whole, found in the sorted list by its literal
        beginning.
        """
        compiled = compile_java(pattern)
        if isinstance(compiled, Refused):
            return Unresolved(pattern, f"not a regular expression that can be read: {compiled.reason}")
        prefix = literal_prefix(pattern)
        start = bisect_left(self.topics, prefix)
        found: list[str] = []
        for topic in self.topics[start:]:
            if not topic.startswith(prefix):
                break
            matched = compiled.matches(topic)
            if isinstance(matched, Refused):
                return Unresolved(pattern, matched.reason)
            if matched:
                found.append(topic)
        return tuple(found)


@dataclass(frozen=True, slots=True)
class TopicFields:
    """The fields of a topic's records as a reader sees them; what is not known of them is Opaque or unnamed columns."""

    key: Node
    value: Node


# From a topic to its fields as connectors of the same cluster write them; None where nothing is known of any.
WrittenFields = Callable[[str], "TopicFields | None"]


def nothing_written(topic: str) -> TopicFields | None:
    """Return None for every topic: the cluster's sources are not looked at."""
    return None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one connector's derivation may use besides the configuration.

    Args:
        topics: Active topics: a source's after its transforms, a sink's before. None when they are not known.
        offsets: Committed offsets; () when there are none, or none were read.
        task_configs: The configurations of the tasks; () when none were read.
        never_wrote: Whether the connector has failed and there is no trace of a record.
        committed: Only for sinks with failed tasks: the topics with a committed offset. A failed task marks topics as
            active when it polls them, even if it never writes them. None: active topics can be trusted.
        cluster: Gives the topics of the cluster. For sinks only, and worked out when asked for, because that needs the
            other connectors. A source never asks: what it writes is a part of the answer.
        aliases: Alias of a mirrored cluster -> platform instance, None for the recipe's own Kafka
            (``options.cluster_aliases``).
        catalog: What is known beyond Connect.
        quiet: Tables that are known to send no records.
        columns: Whether edges get their fields.
        written: From a topic to its fields as the cluster's own sources write them.
    """

    topics: frozenset[str] | None = None
    offsets: tuple[OffsetView, ...] = ()
    task_configs: tuple[Mapping[str, str], ...] = ()
    never_wrote: bool = False
    committed: frozenset[str] | None = None
    cluster: Callable[[], ClusterTopics] = field(default=ClusterTopics)
    aliases: Mapping[str, str | None] = field(default_factory=dict)
    catalog: Catalog = field(default_factory=NothingKnown)
    quiet: frozenset[Dataset] = frozenset()
    columns: bool = True
    written: WrittenFields = nothing_written

    def saw(self, topic: str) -> bool | None:
        """Tell whether the topic is among the active ones; None when that says nothing (not known, or none yet)."""
        return topic in self.topics if self.topics else None


def evidence_of(
    connector: ConnectorView,
    cluster: Callable[[], ClusterTopics],
    aliases: Mapping[str, str | None],
    catalog: Catalog,
    written: WrittenFields = nothing_written,
) -> Evidence:
    """Return the evidence that a snapshot holds for one connector.

    Args:
        connector: As the snapshot holds it.
        cluster: See ``Evidence``.
        aliases: See ``Evidence``.
        catalog: See ``Evidence``.
        written: See ``Evidence``.
    """
    states = {connector.state, *(task.state for task in connector.tasks)}
    all_failed = connector.state == "FAILED" or (bool(connector.tasks) and states - {connector.state} == {"FAILED"})
    return Evidence(
        topics=None if connector.topics is None else frozenset(connector.topics),
        offsets=connector.offsets,
        task_configs=connector.task_configs,
        never_wrote=all_failed and connector.topics == () and not connector.offsets,
        committed=_committed(connector, "FAILED" in states, all_failed),
        cluster=cluster,
        aliases=aliases,
        catalog=catalog,
        written=written,
    )


def committed_topics(offsets: Iterable[OffsetView]) -> frozenset[str]:
    """Return the topics of which a sink has committed an offset beyond the first."""
    return frozenset(
        str(offset.partition["kafka_topic"])
        for offset in offsets
        if "kafka_topic" in offset.partition and (offset.offset or {}).get("kafka_offset")
    )


def _committed(connector: ConnectorView, failing: bool, all_failed: bool) -> frozenset[str] | None:
    """Return the topics of which a sink has committed an offset; None where that shows nothing.

    Having committed none shows something only where no task is left that may write, and where the worker was asked for
    offsets.
    """
    unknown = connector.topics is None or any(note.about == "offsets" for note in connector.notes)
    committed = committed_topics(connector.offsets)
    return committed if failing and not unknown and (committed or all_failed) else None
