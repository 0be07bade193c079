"""The stale step of a run: plan what goes, note it, soft-delete it, forget it.

Where the recipe has a ``pipeline_name``, the checkpoint of DataHub's own stateful ingestion is read before and left
after, so that a user can move over from ``datahub ingest``, and back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from kc_lineage_dagster.connect.snapshot import Connector
from kc_lineage_dagster.emit.aspects import Proposal
from kc_lineage_dagster.emit.checkpoint import checkpoint_proposals, read_checkpoint
from kc_lineage_dagster.emit.sinks import RestSink, Sink
from kc_lineage_dagster.emit.urns import by_connector
from kc_lineage_dagster.errors import SinkError
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.confirm import another_cluster, doubted
from kc_lineage_dagster.run.context import RunContext
from kc_lineage_dagster.run.report import Report
from kc_lineage_dagster.run.stale import StalePlan, plan, removal_proposals
from kc_lineage_dagster.state.other_recipes import held_by_others
from kc_lineage_dagster.state.receipts import ALIVE, REMOVING, Held, Receipts

IDLE = ("PAUSED", "STOPPED")  # states of a connector that moves no data: its entities are not judged


@dataclass(slots=True)
class Vanished:
    """What a run has seen of entities that may have to go.

    Args:
        known: How many entities DataHub held before the run.
        read: The connectors of the cluster that could be read.
        held: The entities that DataHub held before the run, where the recipe has a ``pipeline_name``; ``datahub
            ingest`` may remember others.
        urns: Connector -> entities that its lineage does not name now.
        processed: The connectors that the run looked at.
        doubts: Connector -> why its entities are not judged.
        removed: URNs whose removal the sink has acknowledged; some sinks acknowledge only when they are closed.
    """

    known: int
    read: frozenset[str]
    held: frozenset[str] = frozenset()
    urns: dict[str | None, list[str]] = field(default_factory=dict)
    processed: set[str] = field(default_factory=set)
    doubts: dict[str | None, str] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)

    def add(self, connector: Connector, urns: Sequence[str], understood: bool = True) -> None:
        """Note one connector that was looked at.

        Args:
            connector: The connector as it was read.
            urns: Entities of the connector that its lineage no longer names.
            understood: Whether a family reads its class, unless none did before either (``Described.understood``).
        """
        self.processed.add(connector.name)
        if not urns:
            return
        self.urns[connector.name] = list(urns)
        if connector.state in IDLE:
            self.doubts[connector.name] = f"its connector is {connector.state.lower()}"
        elif connector.unanswered:
            self.doubts[connector.name] = "; ".join(map(str, connector.unanswered))
        elif connector.connector_class is None:
            self.doubts[connector.name] = "the worker gave no configuration of it this time"
        elif not understood:
            self.doubts[connector.name] = "its class was understood before, and is not now"


def remove_stale(context: RunContext, vanished: Vanished, report: Report) -> Report:
    """Soft-delete what vanished, and return the report with what was decided.

    A removal is noted before it is sent: one without acknowledgement stays pending.

    Args:
        context: What the run works with.
        vanished: What the run has seen of entities that may have to go; gets those that are gone.
        report: What became of the run so far.
    """
    cluster, receipts, request = context.cluster, context.receipts, context.request
    try:
        left = _checkpoint(cluster, context.sink)
    except SinkError as error:
        return replace(report, problems=(*report.problems, str(error)))
    unread = context.state.listed().difference(context.state.names())
    identifier = context.facts.head.kafka_cluster_id
    blocked = None if request.allow_removal else another_cluster(receipts.facts.kafka_cluster_id, identifier)
    decided = planned(cluster, vanished, receipts, unread, left or frozenset(), request.allow_removal, blocked)
    if not blocked:
        receipts.set_kafka_cluster(identifier)
    receipts.set_baseline(decided.baseline)
    receipts.drop(decided.dropped)
    receipts.begin_removal(decided.remove)

    def acknowledged(done: Sequence[Proposal]) -> None:
        gone = [proposal.urn for proposal in done if not is_checkpoint(proposal)]
        receipts.drop(gone)
        vanished.removed.extend(gone)

    checkpoint: Sequence[Proposal] = ()
    try:
        checkpoint = _next_checkpoint(context, decided, left)
    except SinkError as error:  # what vanished goes all the same: the receipts know of it
        report = replace(report, problems=(*report.problems, str(error)))
    sent = context.sink.send([*removal_proposals(decided.remove), *checkpoint], acknowledged)
    if sent.failed or decided.refused:
        decided = replace(decided, gone_connectors=())
    return replace(report, stale=decided, causes={**report.causes, **sent.causes})


def planned(
    cluster: Cluster,
    vanished: Vanished,
    receipts: Receipts,
    unread: frozenset[str],
    left: frozenset[str] = frozenset(),
    allow_removal: bool = False,
    blocked: str | None = None,
) -> StalePlan:
    """Return the plan of what would go; nothing is sent or noted.

    Args:
        cluster: The cluster.
        vanished: What the run has seen of entities that may have to go.
        receipts: What DataHub has acknowledged.
        unread: Connectors that are in the cluster, but could not be read.
        left: What ``datahub ingest`` remembers of this pipeline. Its entities join those of the connector that each URN
            belongs to.
        allow_removal: Whether the fail-safe is released.
        blocked: Why nothing may go at all, None when it may.
    """
    facts, stateful = receipts.facts, cluster.stateful
    urns: dict[str | None, list[str]] = dict(vanished.urns)
    for urn, held in receipts.without(vanished.read).items():
        urns.setdefault(held.connector, []).append(urn)
    strangers = left - receipts.of_urns(left).keys()
    for name, found in by_connector(cluster.naming(), strangers).items():
        if name in vanished.processed or name not in vanished.read:
            urns.setdefault(name or None, []).extend(found)
    urns = _still_theirs(urns, receipts)
    candidates = [urn for found in urns.values() for urn in found]
    owners = {name for name in urns if name is not None}
    gone = owners.union(cluster.state.derived_names()) - vanished.read - unread
    doubts = dict(vanished.doubts)
    doubts.update(doubted(cluster, gone, vanished.read))
    if blocked:
        doubts |= dict.fromkeys([*urns, *gone], blocked)
    pending = (urn for urn, held in receipts.of_urns(candidates).items() if held.state == REMOVING)
    return plan(
        urns,
        known=vanished.known + len(left - vanished.held),
        gone=gone,
        unread=unread,
        doubts=doubts,
        fail_safe_threshold=stateful.fail_safe_threshold,
        enabled=stateful.enabled and stateful.remove_stale_metadata,
        allow_removal=allow_removal,
        held_by_others=held_by_others(cluster.state, facts.identity, candidates),
        pending=frozenset(pending),
        baseline=facts.baseline,
    )


def _still_theirs(urns: Mapping[str | None, Sequence[str]], receipts: Receipts) -> dict[str | None, list[str]]:
    """Return the entities without those that another connector has emitted since."""
    held: dict[str, Held] = receipts.of_urns(urn for found in urns.values() for urn in found)
    return {
        owner: kept
        for owner, found in urns.items()
        if (kept := [urn for urn in found if urn not in held or held[urn].connector == owner])
    }


def _checkpoint(cluster: Cluster, sink: Sink) -> frozenset[str] | None:
    """Return what DataHub's own stateful ingestion remembers of this pipeline, None when it remembers nothing.

    It is not asked without a pipeline name, for a sink that is no GMS, or where the recipe switches it off or ignores
    the old state.
    """
    name, stateful = cluster.recipe.pipeline_name, cluster.stateful
    if not name or not isinstance(sink, RestSink) or not stateful.enabled or stateful.ignore_old_state:
        return None
    return read_checkpoint(sink.emitter, name)


def _next_checkpoint(context: RunContext, decided: StalePlan, left: frozenset[str] | None) -> Sequence[Proposal]:
    """Return the checkpoint to leave, where it differs from the one there is.

    With it a user can go back to ``datahub ingest``.
    """
    name, stateful, receipts = context.cluster.recipe.pipeline_name, context.cluster.stateful, context.receipts
    if not name or not (receipts.facts.identity or "").startswith("datahub-rest "):
        return ()
    if not stateful.enabled or stateful.ignore_new_state:
        return ()
    urns = frozenset(receipts.urns(ALIVE)) | (frozenset(decided.candidates) - frozenset(decided.remove))
    return checkpoint_proposals(name, context.request.run_id, urns) if urns != left else ()


def is_checkpoint(proposal: Proposal) -> bool:
    """Tell whether a proposal belongs to the checkpoint of stateful ingestion, not to a connector."""
    return proposal.urn.startswith("urn:li:dataJob:(urn:li:dataFlow:(datahub,")
