"""A dry run: what a sync would create, change and remove, as a diff people can read. Sends nothing, writes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kc_lineage_dagster.lineage import ConnectorLineage
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.removal import planned
from kc_lineage_dagster.run.report import ConnectorResult
from kc_lineage_dagster.run.stale import StalePlan
from kc_lineage_dagster.run.sync import Connect, Describer
from kc_lineage_dagster.state.receipts import Receipts


@dataclass(frozen=True, slots=True)
class Preview:
    """``lines``: the diff, ``+`` and ``-`` for edges, ``?`` for unresolved items. The rest are counts."""

    lines: tuple[str, ...]
    created: int
    changed: int
    removed: int

    @property
    def summary(self) -> str:
        """In one line."""
        return f"{self.created} connectors new, {self.changed} changed, {self.removed} entities would be removed"


def preview(cluster: Cluster, connect: Connect) -> Preview:
    """Reads the cluster and compares it with what the last sync left. ConnectError when it cannot be listed."""
    state, index = cluster.state, cluster.state.index()
    snapshot = connect.fetch(None, None, state.snapshot(index.snapshot))
    before, describer = state.lineages(), Describer.of(cluster, snapshot)
    results = tuple(
        ConnectorResult.of(one, describer.describe(one), before.get(one.name), index.connectors.get(one.name), 0)
        for one in snapshot.connectors
    )
    receipts = Receipts.load(state.receipts, read_only=True)
    plan = planned(cluster, snapshot, results, receipts, receipts.holdings())
    created = [one for one in results if one.before is None]
    changed = [one for one in results if one.before is not None and one.changed]
    lines = [line for one in results for line in difference(one.before, one.lineage)]
    lines += [f"not read: {name}: {reason}" for name, reason in sorted(snapshot.unread.items())]
    return Preview((*lines, *_removals(plan)), len(created), len(changed), len(plan.remove))


def difference(before: ConnectorLineage | None, now: ConnectorLineage) -> list[str]:
    """The lines of one connector; none when nothing changed."""
    edges = (_edges(before), _edges(now))
    items = (_items(before), _items(now))
    lines = [f"  - {edge}" for edge in sorted(edges[0] - edges[1])]
    lines += [f"  + {edge}" for edge in sorted(edges[1] - edges[0])]
    lines += [f"  ? {item}" for item in sorted(items[1] - items[0])]
    lines += [f"  no longer unresolved: {item}" for item in sorted(items[0] - items[1])]
    if before is None:
        return [f"{now.kind} {now.connector} (new)", *lines]
    return [f"{now.kind} {now.connector}", *lines] if lines else []


def _edges(lineage: ConnectorLineage | None) -> set[str]:
    return {str(edge) for edge in lineage.edges} if lineage else set()


def _items(lineage: ConnectorLineage | None) -> set[str]:
    return {str(item) for item in lineage.unresolved} if lineage else set()


def _removals(plan: StalePlan) -> Iterable[str]:
    yield from (f"remove {urn}" for urn in plan.remove)
    yield from (f"keep {urn}: {reason}" for urn, reason in sorted(plan.keep_reasons.items()))
