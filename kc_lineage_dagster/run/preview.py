"""A dry run: what a sync would create, change and remove, as a diff people can read. Sends nothing, writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kc_lineage_dagster.lineage import ConnectorLineage
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.removal import planned
from kc_lineage_dagster.run.report import ConnectorResult
from kc_lineage_dagster.run.stale import StalePlan
from kc_lineage_dagster.run.sync import Connect, Describer
from kc_lineage_dagster.state.receipts import Receipts
from kc_lineage_dagster.wording import counted


@dataclass(frozen=True, slots=True)
class Preview:
    """``lines``: the diff, ``+`` and ``-`` for edges, ``?`` for unresolved items. ``created``, ``changed``: numbers
    of connectors. ``gone``: how much goes, in words.
    """

    lines: tuple[str, ...]
    created: int
    changed: int
    gone: str

    @property
    def summary(self) -> str:
        """In one line."""
        return f"{counted(self.created, 'connector')} new, {self.changed} changed, {self.gone}"


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
    lines += [f"not read: {name}: {reason}" for name, reason in sorted(snapshot.not_read.items())]
    lines += [f"catalogue: {note}" for note in describer.notes]
    return Preview((*lines, *_removals(plan)), len(created), len(changed), _would_go(len(plan.remove)))


def compared(before: Iterable[ConnectorLineage], now: Iterable[ConnectorLineage], unread: Mapping[str, str]) -> Preview:
    """Compare the lineage of two clusters, or of one at two times, connector by connector.

    unread: connectors that one of the two could not read, with the reason; they are neither new nor gone.
    """
    was, found = ({one.connector: one for one in lineages} for lineages in (before, now))
    known = {name: (was.get(name), found.get(name)) for name in sorted({**was, **found}) if name not in unread}
    lines = {name: _changed(old, new) for name, (old, new) in known.items()}
    created = sum(old is None for old, _ in known.values())
    gone = sum(new is None for _, new in known.values())
    changed = sum(bool(lines[name]) for name, (old, new) in known.items() if old and new)
    told = [line for some in lines.values() for line in some]
    told += [f"not read: {name}: {reason}" for name, reason in sorted(unread.items())]
    return Preview(tuple(told), created, changed, f"{gone} gone")


def _changed(before: ConnectorLineage | None, now: ConnectorLineage | None) -> list[str]:
    if now is not None:
        return difference(before, now)
    assert before is not None
    return [f"{before.kind} {before.connector} (gone)", *(f"  - {edge}" for edge in sorted(_edges(before)))]


def _would_go(entities: int) -> str:
    return f"{counted(entities, 'entity', 'entities')} would be removed"


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
