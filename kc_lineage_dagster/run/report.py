"""What a run is asked for, and what became of it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

from kc_lineage_dagster.connect.snapshot import Connector, Snapshot
from kc_lineage_dagster.emit.aspects import Proposal
from kc_lineage_dagster.lineage import ConnectorLineage
from kc_lineage_dagster.run.stale import StalePlan
from kc_lineage_dagster.state.cluster_state import Outline
from kc_lineage_dagster.wording import counted


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is asked for.

    Args:
        run_id: Stamped on what is sent.
        connectors: Names, None for all.
        full_refresh: Send what is acknowledged too, forget evidence of earlier readings, and ask catalogs for
            everything anew.
        resend: Send what is acknowledged too, whatever became of it in DataHub.
        remove: Whether to look for stale entities.
        allow_removal: Release the fail-safe this once.
        may_be_gone: Connectors known before. One of them that was asked for and is no longer in the cluster was deleted
            since, which is no mistake.
    """

    run_id: str
    connectors: Iterable[str] | None = None
    full_refresh: bool = False
    resend: bool = False
    remove: bool = True
    allow_removal: bool = False
    may_be_gone: Collection[str] = frozenset()


@dataclass(slots=True)
class ReadReport:
    """What became of reading a cluster.

    Args:
        head: The snapshot without its connectors.
        names: The connectors that were read.
        states: State -> number of connectors.
        failures: What has failed, as (connector, ``connector`` or the task, first line of the trace).
        notes: What could not be read, as (connector, what and why).
    """

    head: Snapshot
    names: list[str] = field(default_factory=list)
    states: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[str, str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    def add(self, connector: Connector) -> None:
        """Count one more connector."""
        name = connector.name
        self.names.append(name)
        self.states[connector.state] += 1
        self.notes += ((name, str(note)) for note in connector.notes)
        places = [("connector", connector.state, connector.trace)]
        places += ((f"task {task.id}", task.state, task.trace) for task in connector.tasks)
        self.failures += ((name, where, _first_line(trace)) for where, state, trace in places if state == "FAILED")


def _first_line(trace: str | None) -> str:
    lines = (trace or "").strip().splitlines()
    return lines[0] if lines else "no trace"


@dataclass(frozen=True, slots=True)
class ConnectorResult:
    """What became of one connector.

    Args:
        connector: The connector as it was read.
        lineage: Its lineage.
        before: Its lineage of the last run, None when there was none.
        version: Hash of the content of its proposals.
        changed: Whether ``version`` differs from the one last emitted, or another release of this package emitted it.
        urns: Its flow and jobs.
        sent: The number of proposals that were due and not refused.
        failed: The number of proposals that were refused.
    """

    connector: Connector
    lineage: ConnectorLineage
    before: ConnectorLineage | None
    version: str
    changed: bool
    urns: frozenset[str]
    sent: int = 0
    failed: int = 0

    @property
    def name(self) -> str:
        """The connector's name."""
        return self.connector.name

    @property
    def sizes(self) -> tuple[int, int]:
        """How many edges and unresolved items its lineage has."""
        return len(self.lineage.edges), len(self.lineage.unresolved)


@dataclass(frozen=True, slots=True)
class Untouched:
    """A connector whose lineage and proposals are those of the last run, all of it still held by DataHub.

    It shows what ``ConnectorResult`` shows. The connector and its lineage are read when they are first asked for, which
    few runs do.

    Args:
        name: The connector's name.
        outline: What is stored beside its lineage.
        urns: Its flow and jobs.
        look_up: From its name to the connector and its lineage (``Lineages.named``).
    """

    name: str
    outline: Outline
    urns: frozenset[str]
    look_up: Callable[[str], tuple[Connector, ConnectorLineage]] = field(repr=False, compare=False)
    changed: ClassVar[bool] = False
    sent: ClassVar[int] = 0
    failed: ClassVar[int] = 0

    @property
    def version(self) -> str:
        """Hash of the content of its proposals."""
        return self.outline.version

    @property
    def sizes(self) -> tuple[int, int]:
        """How many edges and unresolved items its lineage has."""
        return self.outline.edges, self.outline.unresolved

    @property
    def connector(self) -> Connector:
        """The connector as it was read."""
        return self.look_up(self.name)[0]

    @property
    def lineage(self) -> ConnectorLineage:
        """Its lineage."""
        return self.look_up(self.name)[1]

    @property
    def before(self) -> ConnectorLineage:
        """Its lineage of the last run, which is the same."""
        return self.lineage


Result: TypeAlias = "ConnectorResult | Untouched"


@dataclass(frozen=True, slots=True)
class Counts:
    """A run in numbers.

    Args:
        connectors: Connectors that were looked at.
        changed: Connectors whose proposals differ from those last emitted.
        derived: Connectors whose lineage was derived; that of the others was still what derivation would say.
        edges: Edges of their lineage.
        unresolved: Unresolved items of their lineage.
        sent: Proposals that DataHub acknowledged.
        failed: Proposals that DataHub did not acknowledge.
    """

    connectors: int = 0
    changed: int = 0
    derived: int = 0
    edges: int = 0
    unresolved: int = 0
    sent: int = 0
    failed: int = 0

    def plus(self, result: Result) -> Counts:
        """Return the counts with one more connector."""
        edges, unresolved = result.sizes
        return Counts(
            self.connectors + 1,
            self.changed + result.changed,
            self.derived,
            self.edges + edges,
            self.unresolved + unresolved,
            self.sent + result.sent,
            self.failed + result.failed,
        )


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a run, without what its single connectors became (``ConnectorResult``).

    Args:
        counts: The run in numbers.
        whole: Whether the run looked at every connector of the cluster.
        causes: Why proposals were not acknowledged -> how many.
        missing: Connectors that were asked for and are not in the snapshot -> why.
        full: Why everything was sent, None when only differences were.
        stale: What was decided about entities that vanished, None when the run did not look for them.
        removed: URNs of the entities that DataHub removed.
        problems: Lines beyond ``causes`` and ``missing`` that fail the run.
        warnings: Lines that fail nothing.
        entities: How many flows and jobs of this cluster DataHub holds after the run.
        gone: The last lineage of the connectors that are gone.
    """

    counts: Counts = Counts()
    whole: bool = True
    causes: Mapping[str, int] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    full: str | None = None
    stale: StalePlan | None = None
    removed: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    entities: int = 0
    gone: tuple[ConnectorLineage, ...] = ()

    @property
    def problem(self) -> str | None:
        """Why the run has failed, in lines; None when it has not."""
        lines = [f"{counted(count, 'proposal')} not acknowledged: {cause}" for cause, count in self.causes.items()]
        lines += [f"connector {name!r} could not be processed: {reason}" for name, reason in self.missing.items()]
        lines += self.problems
        return "\n".join(lines) or None


def version_of(found: Iterable[Proposal]) -> str:
    """Return a hash of the content of a connector's proposals; used to tell whether the connector has changed."""
    return hashlib.sha256(json.dumps([proposal.hash for proposal in found]).encode()).hexdigest()[:16]
