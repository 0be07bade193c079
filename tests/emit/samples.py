"""Lineage to emit, and a loop that emits it as a run does."""

from __future__ import annotations

from pathlib import Path

from kc_lineage_dagster.emit.aspects import Proposal, proposals
from kc_lineage_dagster.emit.delivery import SendReport, Sink
from kc_lineage_dagster.emit.urns import Naming
from kc_lineage_dagster.lineage import ConnectorLineage, Dataset, Edge
from kc_lineage_dagster.state.cluster_state import ClusterState
from kc_lineage_dagster.state.emission import Emission
from kc_lineage_dagster.state.opening import state_of
from kc_lineage_dagster.state.receipts import ALIVE, Receipts

DEBEZIUM = "io.debezium.connector.postgresql.PostgresConnector"


def lineage(name: str, tables: int = 2) -> ConnectorLineage:
    """A source with so many tables, one topic each."""
    edges = tuple(
        Edge(Dataset("postgres", f"shop.public.{name}_{at}"), Dataset("kafka", f"srv.public.{name}_{at}"))
        for at in range(tables)
    )
    return ConnectorLineage(name, "source", DEBEZIUM, "debezium", edges)


def cluster(connectors: int, tables: int = 2, naming: Naming | None = None) -> dict[str, tuple[Proposal, ...]]:
    """Connector -> its proposals."""
    names = [f"c{at:04d}" for at in range(connectors)]
    properties = {"connector.class": DEBEZIUM, "tasks.max": "1"}
    return {name: proposals(lineage(name, tables), properties, naming or Naming()) for name in names}


def owners(wanted: dict[str, tuple[Proposal, ...]]) -> dict[str, str]:
    """URN -> connector."""
    return {proposal.urn: name for name, made in wanted.items() for proposal in made}


def flat(wanted: dict[str, tuple[Proposal, ...]]) -> tuple[Proposal, ...]:
    """All proposals of a cluster, in order."""
    return tuple(proposal for made in wanted.values() for proposal in made)


def state_in(folder: Path) -> ClusterState:
    """A state in a folder."""
    return state_of("test", folder, {"KC_LINEAGE_STATE": str(folder)})


def emit(
    sink: Sink, state: ClusterState, wanted: dict[str, tuple[Proposal, ...]], identity: str = "test"
) -> SendReport:
    """What a run does: look, send what differs, note what was acknowledged."""
    receipts = Receipts(state)
    receipts.reconcile(identity, sink.look(frozenset(receipts.urns(ALIVE))))
    emission = Emission.of(receipts, state, wanted.keys())
    todo = [proposal for name, made in wanted.items() for proposal in emission.due(name, made)]
    emission.expect(owners(wanted))
    report = sink.send(todo, emission.acknowledge)
    report += sink.close()
    with state.database.writing() as connection:
        emission.flush(connection)
    return report


def current(wanted: dict[str, tuple[Proposal, ...]]) -> dict[str, set[str]]:
    """Connector -> URNs."""
    return {name: {proposal.urn for proposal in made} for name, made in wanted.items()}
