"""The stale step of a run: plan, note, soft-delete, forget; and DataHub's own checkpoint where the recipe has a
pipeline.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from kc_lineage_dagster.cluster import Cluster
from kc_lineage_dagster.emit.aspects import Proposal
from kc_lineage_dagster.emit.receipts import Receipts
from kc_lineage_dagster.emit.sinks import Sink
from kc_lineage_dagster.emit.stale import StalePlan, plan, removal_proposals
from kc_lineage_dagster.recipe import StatefulIngestion

if TYPE_CHECKING:
    from kc_lineage_dagster.sync import Report, Request

IDLE = ("PAUSED", "STOPPED")


def remove_stale(cluster: Cluster, request: Request, report: Report, receipts: Receipts, sink: Sink) -> Report:
    """Soft-deletes what vanished; a removal is noted before it is sent, so one that was not acknowledged stays
    pending.
    """
    decided = planned(cluster, report, receipts, allow_removal=request.allow_removal)
    receipts.set_baseline(decided.baseline)
    receipts.drop(decided.dropped)
    receipts.begin_removal(decided.remove)
    removed: list[str] = []

    def acknowledged(done: Sequence[Proposal]) -> None:
        receipts.acknowledge({}, done)
        removed.extend(proposal.urn for proposal in done)

    sent = sink.send(removal_proposals(decided.remove), acknowledged)
    if sent.failed or decided.refused:
        decided = replace(decided, gone_connectors=())
    return replace(report, stale=decided, removed=tuple(removed), causes={**report.causes, **sent.causes})


def planned(cluster: Cluster, report: Report, receipts: Receipts, *, allow_removal: bool = False) -> StalePlan:
    """What would go. Other recipes' receipts are read only when anything would."""
    stateful = cluster.config.stateful_ingestion or StatefulIngestion()
    snapshot = report.snapshot
    current = current_urns(cluster, report, receipts)
    if all(urns <= current.get(name, frozenset()) for name, urns in receipts.holdings().items()):
        return StalePlan(baseline=receipts.baseline)
    return plan(
        receipts.holdings(),
        current,
        complete=True,  # a listing that fails ends the run before this step
        unread=snapshot.unread,
        partly_read={
            one.name: f"its connector is {one.state.lower()}" if one.state in IDLE else "; ".join(one.notes)
            for one in snapshot.connectors
            if one.state in IDLE or one.notes
        },
        fail_safe_threshold=stateful.fail_safe_threshold,
        enabled=stateful.enabled and stateful.remove_stale_metadata,
        allow_removal=allow_removal,
        held_by_others=frozenset(held_by_others(cluster, receipts.identity)),
        pending=receipts.pending(),
        baseline=receipts.baseline,
    )


def current_urns(cluster: Cluster, report: Report, receipts: Receipts) -> Mapping[str, frozenset[str]]:
    """Connector -> URNs its lineage gives now; those not processed in this run keep what they had."""
    processed = {result.connector.name: result.urns for result in report.results}
    listed = (one.name for one in report.snapshot.connectors)
    return {name: processed[name] if name in processed else receipts.urns(name) for name in listed}


def held_by_others(cluster: Cluster, identity: str | None) -> Iterator[str]:
    """URNs in the receipts of the other recipes that share this state folder and sink."""
    own = cluster.state.folder
    for folder in sorted(own.parent.glob("*/receipts")):
        others = Receipts.load(folder) if folder.parent != own else None
        if others is not None and others.identity == identity:
            yield from others.all_urns()
