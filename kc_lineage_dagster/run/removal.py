"""The stale step of a run: plan, note, soft-delete, forget; and DataHub's own checkpoint where there is a pipeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from kc_lineage_dagster.connect.snapshot import Snapshot
from kc_lineage_dagster.emit.aspects import Proposal
from kc_lineage_dagster.emit.checkpoint import checkpoint_proposals, read_checkpoint
from kc_lineage_dagster.emit.sinks import RestSink, Sink
from kc_lineage_dagster.emit.urns import by_connector
from kc_lineage_dagster.errors import SinkError
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.report import ConnectorResult, Report, Request
from kc_lineage_dagster.run.stale import StalePlan, plan, removal_proposals
from kc_lineage_dagster.state.other_recipes import others
from kc_lineage_dagster.state.receipts import Receipts

IDLE = ("PAUSED", "STOPPED")


Holdings = Mapping[str, frozenset[str]]


def remove_stale(
    cluster: Cluster,
    request: Request,
    snapshot: Snapshot,
    results: Iterable[ConnectorResult],
    report: Report,
    receipts: Receipts,
    sink: Sink,
    previous: Holdings,
) -> Report:
    """Soft-deletes what vanished. A removal is noted before it is sent: one without acknowledgement stays pending.

    ``previous``: what DataHub held of this cluster before this run, the whole that the fail-safe measures against.
    """
    try:
        left = _checkpoint(cluster, sink)
    except SinkError as error:
        return replace(report, problems=(*report.problems, str(error)))
    whole = _adopted(cluster, previous, left or frozenset())
    decided = planned(cluster, snapshot, results, receipts, whole, request.allow_removal)
    receipts.set_baseline(decided.baseline)
    receipts.drop(decided.dropped)
    receipts.begin_removal(decided.remove)
    removed: list[str] = []

    def acknowledged(done: Sequence[Proposal]) -> None:
        receipts.acknowledge({}, done)
        removed.extend(proposal.urn for proposal in done if not is_checkpoint(proposal))

    due = [*removal_proposals(decided.remove), *_next_checkpoint(cluster, request, receipts, decided, left)]
    sent = sink.send(due, acknowledged)
    if sent.failed or decided.refused:
        decided = replace(decided, gone_connectors=())
    return replace(report, stale=decided, removed=tuple(removed), causes={**report.causes, **sent.causes})


def _checkpoint(cluster: Cluster, sink: Sink) -> frozenset[str] | None:
    """What DataHub's own stateful ingestion remembers of this pipeline; None when it is not asked or has nothing."""
    name, stateful = cluster.recipe.pipeline_name, cluster.stateful
    if not name or not isinstance(sink, RestSink) or not stateful.enabled or stateful.ignore_old_state:
        return None
    return read_checkpoint(sink.emitter, name)


def _adopted(cluster: Cluster, previous: Holdings, left: frozenset[str]) -> Holdings:
    """Entities that ``datahub ingest`` made join those of the connectors their URNs name."""
    held = frozenset(urn for urns in previous.values() for urn in urns)
    joined = {name: frozenset(urns) for name, urns in by_connector(cluster.naming(), left - held).items()}
    return {name: previous.get(name, frozenset()) | joined.get(name, frozenset()) for name in {**previous, **joined}}


def _next_checkpoint(
    cluster: Cluster, request: Request, receipts: Receipts, decided: StalePlan, left: frozenset[str] | None
) -> Sequence[Proposal]:
    """The checkpoint to leave, where it differs from the one there is: a user can go back to ``datahub ingest``."""
    name = cluster.recipe.pipeline_name
    if not name or not (receipts.identity or "").startswith("datahub-rest "):
        return ()
    if not cluster.stateful.enabled or cluster.stateful.ignore_new_state:
        return ()
    urns = receipts.alive() | (frozenset(decided.candidates) - frozenset(decided.remove))
    return checkpoint_proposals(name, request.run_id, urns) if urns != left else ()


def is_checkpoint(proposal: Proposal) -> bool:
    """Whether a proposal belongs to the checkpoint, not to a connector."""
    return proposal.urn.startswith("urn:li:dataJob:(urn:li:dataFlow:(datahub,")


def planned(
    cluster: Cluster,
    snapshot: Snapshot,
    results: Iterable[ConnectorResult],
    receipts: Receipts,
    previous: Holdings,
    allow_removal: bool = False,
) -> StalePlan:
    """What would go. Other recipes' receipts are read only when anything would."""
    stateful = cluster.stateful
    current = current_urns(snapshot, results, receipts)
    if all(urns <= current.get(name, frozenset()) for name, urns in previous.items()):
        return StalePlan(baseline=receipts.baseline)
    return plan(
        previous,
        current,
        complete=True,  # a listing that fails ends the run before this step
        unread=frozenset(previous) - frozenset(snapshot.gone(previous)) - current.keys(),
        partly_read={
            one.name: f"its connector is {one.state.lower()}" if one.state in IDLE else "; ".join(one.unanswered)
            for one in snapshot.connectors
            if one.state in IDLE or one.unanswered
        },
        fail_safe_threshold=stateful.fail_safe_threshold,
        enabled=stateful.enabled and stateful.remove_stale_metadata,
        allow_removal=allow_removal,
        held_by_others=frozenset(held_by_others(cluster, receipts.identity)),
        pending=receipts.pending(),
        baseline=receipts.baseline,
    )


def current_urns(
    snapshot: Snapshot, results: Iterable[ConnectorResult], receipts: Receipts
) -> Mapping[str, frozenset[str]]:
    """Connector -> URNs its lineage gives now; those not processed in this run keep what they had."""
    processed = {result.connector.name: result.urns for result in results}
    listed = (one.name for one in snapshot.connectors)
    return {name: processed[name] if name in processed else receipts.urns(name) for name in listed}


def held_by_others(cluster: Cluster, identity: str | None) -> Iterator[str]:
    """URNs in the receipts of the other recipes that share this state folder and sink."""
    for _, urns in others(cluster.state, identity):
        yield from urns
