"""What changed in one connector's lineage, as lines of a diff for people."""

from __future__ import annotations

from kc_lineage_dagster.lineage import ConnectorLineage


def difference(before: ConnectorLineage | None, now: ConnectorLineage | None) -> list[str]:
    """Return the lines of one connector; none when nothing changed.

    ``before``: None for a new connector. ``now``: None for one that is gone, of which only edges are told.
    """
    if now is None:
        assert before is not None
        return [f"{before.kind} {before.connector} (gone)", *(f"  - {edge}" for edge in sorted(_edges(before)))]
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
