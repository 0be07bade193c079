"""One Connect cluster at one moment, as frozen records without secrets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

# What a note is about: an answer of the worker by the end of its path, or what stands in a connector without one.
TOPICS, OFFSETS, TASKS, STATUS = "topics", "offsets", "tasks", "status"
EVIDENCE, PROPERTIES, REMEMBERED = "evidence", "properties", "remembered"


@dataclass(frozen=True, slots=True)
class Note:
    """Something that could not be read about a connector, or that is not what the worker says now.

    Args:
        about: ``topics``, ``offsets``, ``tasks`` or ``status``, an answer of the worker; ``evidence`` for all of them;
            ``properties`` for values that are not shown, on which no lineage hangs; ``remembered`` for evidence of an
            earlier reading.
        text: What is so, and why, in one line.
        failed: Whether an answer is missing this time that the worker otherwise gives. False where it never gives one,
            and where lineage does not need it.
    """

    about: str
    text: str
    failed: bool = True

    def __str__(self) -> str:
        return f"{self.about}: {self.text}"


@dataclass(frozen=True, slots=True)
class TaskState:
    """One task of a connector.

    Args:
        id: Its number.
        state: RUNNING, FAILED ..., as of ``Connector.state``.
        trace: The stack of its failure without secrets, None where it has not failed.
    """

    id: int
    state: str
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class Offset:
    """A committed offset: where (a table, a topic's partition, a file) and how far; None after a reset."""

    partition: Mapping[str, Any]
    offset: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Connector:
    """One connector of a cluster, as it was read.

    Args:
        name: As Connect knows it; any text.
        kind: ``source``, ``sink`` or ``unknown``.
        config: Its configuration, with ``provided_configs`` put in and without secrets.
        state: RUNNING, PAUSED, STOPPED, FAILED, RESTARTING, UNASSIGNED or UNKNOWN.
        trace: The stack of its failure without secrets, None where it has not failed.
        tasks: By number.
        topics: Its active topics, sorted; None when they are not known.
        offsets: Those it has committed; empty when there are none, or they were not asked for.
        task_configs: By task number; empty when they were not asked for.
        notes: What could not be read about it.
    """

    name: str
    kind: str
    config: Mapping[str, str]
    state: str = "UNKNOWN"
    trace: str | None = None
    tasks: tuple[TaskState, ...] = ()
    topics: tuple[str, ...] | None = None
    offsets: tuple[Offset, ...] = ()
    task_configs: tuple[Mapping[str, str], ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def connector_class(self) -> str | None:
        """``connector.class``, None when it is missing or blank."""
        return self.config.get("connector.class", "").strip() or None

    @property
    def unanswered(self) -> tuple[Note, ...]:
        """Notes on evidence that failed this time: what it says elsewhere (jobs that vanished) is not to be trusted."""
        return tuple(note for note in self.notes if note.failed)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A Connect cluster at one moment.

    Args:
        source: The worker's address without credentials, or the path of a saved cluster.
        version: Of the worker, None when it is not known.
        kafka_cluster_id: Of the Kafka cluster that the worker belongs to, None when it is not known.
        connectors: Sorted by name.
        unread: Connectors that exist and could not be read, name -> reason in one line. They are not gone.
        plugin_classes: Installed classes; empty when they are not known.
        password_keys: Class -> keys that its definitions declare as PASSWORD, for the next reading.
        unread_files: Files of a saved cluster that may hold connectors and could not be read -> reason.
        passed_over: Files of a saved cluster that hold something else -> what.
        plugin_versions: Installed class -> version, where only one is installed.
    """

    source: str
    version: str | None = None
    kafka_cluster_id: str | None = None
    connectors: tuple[Connector, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)
    plugin_classes: frozenset[str] = frozenset()
    password_keys: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unread_files: Mapping[str, str] = field(default_factory=dict)
    passed_over: Mapping[str, str] = field(default_factory=dict)
    plugin_versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def not_read(self) -> dict[str, str]:
        """Connectors and files that could not be read, each with the reason: what people have to look at."""
        return {**self.unread, **{f"file {file}": reason for file, reason in self.unread_files.items()}}

    def gone(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return those of ``names`` that the cluster does not have: none while a file may hold any of them."""
        known = {one.name for one in self.connectors} | self.unread.keys()
        return () if self.unread_files else tuple(name for name in names if name not in known)


def sorted_by_name(connectors: Iterable[Connector]) -> tuple[Connector, ...]:
    """Sort connectors by name, by code points: the same everywhere."""
    return tuple(sorted(connectors, key=lambda connector: connector.name))
