"""Make the data inside ``lineage.html``: one cluster's lineage and states as compact JSON. Pure functions.

Configurations are left out, so no secret can be among the data. The shape, as ``model.js`` reads it:

    {"cluster", "source", "version", "generated", "platforms": [name], "evidence": [text], "keys": [text],
     "unread": [[connector, why]], "datasets": [[platform, name]],
     "connectors": [{"name", "kind", "class", "family", "state", "tasks": {state: count}, "failures": [[where, line]],
                     "notes": [text], "unresolved": [[what, why, topic?]], "decided": [key],
                     "edges": [[from or -1, to, evidence, [[[field], field or null, how]], fields left]]}]}

A number in the place of a platform, a dataset, an evidence or a key is its position in the list of that name. The keys
are those of its configuration that decided a connector's lineage, without their values. ``how`` names the transform
that changes a field's content and is absent for a copy. ``fields left`` is the number of field pairs of the edge that
are not listed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from kc_lineage_dagster.connect.snapshot import Connector, Snapshot
from kc_lineage_dagster.lineage import ConnectorLineage, Dataset, Edge

GONE = "UNREAD"  # the state of a connector whose lineage is kept although it could not be read

_FIELDS = 100_000  # pairs of fields that a page holds at most, shared out among the edges
_FIELDS_OF_EDGE = (5, 200)  # pairs of fields that one edge lists: the least share, and the largest
_LINE = 300  # characters that are kept of a trace's first line and of a reason


class _Positions:
    """Give each value (a text, a dataset) its position in a list, in the order of first use."""

    def __init__(self) -> None:
        self.known: dict[Any, int] = {}

    def of(self, value: Any) -> int:
        """Return the position of a value; a new one goes to the end of the list."""
        return self.known.setdefault(value, len(self.known))


Row = tuple[ConnectorLineage, Connector | None]


def parts(
    cluster: str, head: Snapshot, rows: Iterable[Row], generated_at: float, field_edges: int
) -> Iterator[tuple[str, Any]]:
    """Yield the data of a page as the members of one JSON object: name and value.

    The values of ``connectors`` and ``datasets`` are iterators. Exhaust each before asking for the next member: the
    lists that follow are filled while ``connectors`` is read.

    Args:
        cluster: The cluster's slug.
        head: The snapshot without its connectors.
        rows: Lineage and state of each connector, sorted by name; the state is None for a connector that could not be
            read. Iterated once, so that a large cluster need not be held in memory.
        generated_at: Seconds since the epoch.
        field_edges: Number of edges whose fields are known; decides how many pairs of fields each of them lists.
    """
    datasets, evidence, platforms, keys = _Positions(), _Positions(), _Positions(), _Positions()
    least, at_most = _FIELDS_OF_EDGE
    most = max(least, min(at_most, _FIELDS // max(1, field_edges)))
    yield "cluster", cluster
    yield "source", head.source
    yield "version", head.version
    yield "generated", datetime.fromtimestamp(generated_at, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
    yield "unread", [[name, reason[:_LINE]] for name, reason in sorted(head.not_read.items())]
    yield (
        "connectors",
        (
            {
                **_about(lineage, connector),
                "edges": [_edge(edge, datasets, evidence, most) for edge in lineage.edges],
                "unresolved": [[item.what, item.reason, *filter(None, [item.topic])] for item in lineage.unresolved],
                "decided": [keys.of(key) for key in lineage.decided_by],
            }
            for lineage, connector in rows
        ),
    )
    yield "datasets", ([platforms.of(one.platform), _name(one)] for one in datasets.known)
    yield "platforms", list(platforms.known)
    yield "evidence", list(evidence.known)
    yield "keys", list(keys.known)


def _about(lineage: ConnectorLineage, connector: Connector | None) -> dict[str, Any]:
    about = {"name": lineage.connector, "kind": lineage.kind, "class": lineage.connector_class}
    about["family"] = lineage.family
    return {
        **about,
        **(_running(connector) if connector else {"state": GONE, "tasks": {}, "failures": [], "notes": []}),
    }


def _running(connector: Connector) -> Mapping[str, Any]:
    """Return the states of a connector and its tasks. A connector with a failed task is shown as failed, whatever its
    own state is.
    """
    failures = [["connector", _first_line(connector.trace)]] if connector.state == "FAILED" else []
    failures += [[f"task {task.id}", _first_line(task.trace)] for task in connector.tasks if task.state == "FAILED"]
    return {
        "state": "FAILED" if failures else connector.state,
        "tasks": dict(sorted(Counter(task.state for task in connector.tasks).items())),
        "failures": failures,
        "notes": list(map(str, connector.notes)),
    }


def _edge(edge: Edge, datasets: _Positions, evidence: _Positions, most: int) -> list[Any]:
    ends = [-1 if edge.upstream is None else datasets.of(edge.upstream), datasets.of(edge.downstream)]
    fields = [
        [list(pair.upstream), pair.downstream, *([pair.transform] if pair.transform else [])]
        for pair in edge.fields[:most]
    ]
    return [*ends, evidence.of(edge.evidence), fields, len(edge.fields) - len(fields)]


def _name(dataset: Dataset) -> str:
    return f"{dataset.instance}.{dataset.name}" if dataset.instance else dataset.name


def _first_line(trace: str | None) -> str:
    lines = (trace or "").strip().splitlines()
    return lines[0][:_LINE] if lines else "no trace"
