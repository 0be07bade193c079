"""Edges that a sync no longer finds: a check reports them until they are back, or until somebody has seen them.

The edges that were reported are kept in the metadata of the check's own evaluations, so they live where Dagster keeps
its history. Executing the check alone evaluates it without them, and so forgets them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timezone

from dagster import AssetCheckKey, DagsterInstance

from kc_lineage_dagster.lineage import ConnectorLineage
from kc_lineage_dagster.run.report import Result, Untouched

METADATA = "lost_edges"
_KEPT = 1000  # the most edges that one evaluation carries
_HISTORY = 10  # evaluations to look back over: that of a run which died is only planned, and has no metadata


@dataclass(frozen=True, slots=True)
class LostEdge:
    """An edge that was there.

    Args:
        connector: The connector whose lineage had the edge.
        upstream: The dataset it led from, ``?`` where that was not known.
        downstream: The dataset it led to.
        since: When a sync first missed the edge, as text in UTC.
    """

    connector: str
    upstream: str
    downstream: str
    since: str

    @property
    def ends(self) -> tuple[str, str]:
        """Both datasets. The edge is back when any connector's lineage leads from the one to the other."""
        return self.upstream, self.downstream


def lost_by(result: Result) -> Iterator[LostEdge]:
    """Yield the edges of a connector's last lineage that its new lineage does not have."""
    if isinstance(result, Untouched):
        return
    if result.before and result.before is not result.lineage:
        kept = {(edge.upstream, edge.downstream) for edge in result.lineage.edges}
        gone = [edge for edge in result.before.edges if (edge.upstream, edge.downstream) not in kept]
        yield from (_lost(result.lineage.connector, edge.upstream, edge.downstream) for edge in gone)


def lost_with(lineage: ConnectorLineage) -> Iterator[LostEdge]:
    """Yield all edges of a connector that is gone."""
    yield from (_lost(lineage.connector, edge.upstream, edge.downstream) for edge in lineage.edges)


def reported_before(instance: DagsterInstance, check: AssetCheckKey) -> list[LostEdge]:
    """Return the edges that the last evaluation of the check reported."""
    for record in instance.event_log_storage.get_asset_check_execution_history(check, limit=_HISTORY):
        event = record.event.dagster_event if record.event else None
        evaluation = event.event_specific_data if event else None
        metadata = getattr(evaluation, "metadata", None)  # a planned evaluation has none
        if metadata is not None:
            data = metadata[METADATA].value if METADATA in metadata else []
            return [LostEdge(**one) for one in data]
    return []


def documents(edges: Iterable[LostEdge]) -> list[dict[str, str]]:
    """Return the edges as the metadata that ``reported_before`` reads; those beyond the first 1000 are left out."""
    return [asdict(one) for one in list(edges)[:_KEPT]]


def _lost(connector: str, upstream: object, downstream: object) -> LostEdge:
    now = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M")
    return LostEdge(connector, str(upstream or "?"), str(downstream), now)
