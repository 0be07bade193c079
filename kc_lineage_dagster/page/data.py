"""What ``lineage.html`` knows of a cluster, as compact JSON; pure. No configuration is in it, so no secret.

    {"cluster", "source", "version", "generated", "platforms": [name], "evidence": [text], "unread": [[connector, why]],
     "datasets": [[platform, name]],
     "connectors": [{"name", "kind", "class", "family", "state", "tasks": {state: count}, "failures": [[where, line]],
                     "notes": [text], "unresolved": [[what, why]],
                     "edges": [[from or -1, to, evidence, [[[field], field or null, how]], fields left]]}]}

Numbers of platforms, datasets and evidence are positions in their lists; ``how`` is what changes a field's content, and
is not there for a copy; ``fields left`` counts those left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from kc_lineage_dagster.connect.snapshot import Connector, Snapshot
from kc_lineage_dagster.lineage import ConnectorLineage, Dataset, Edge

GONE = "UNREAD"  # the state of a connector whose lineage is kept although it could not be read

_FIELDS = 100_000  # pairs of fields in a page, shared out among the edges
_FIELDS_OF_EDGE = (5, 200)  # at least, at most
_LINE = 300  # characters of a trace's first line, of a reason


class _Positions:
    """Gives each text (or other value) its position in a list, in the order of first use."""

    def __init__(self) -> None:
        self.known: dict[Any, int] = {}

    def of(self, value: Any) -> int:
        return self.known.setdefault(value, len(self.known))


Row = tuple[ConnectorLineage, Connector | None]


def parts(
    cluster: str, head: Snapshot, rows: Iterable[Row], generated_at: float, field_edges: int
) -> Iterator[tuple[str, Any]]:
    """The data of a page: the members of one JSON object; those of ``connectors`` and ``datasets`` as iterators, to be
    exhausted before the next member is asked for.

    ``cluster``: its slug. ``head``: the snapshot without its connectors. ``rows``: the connectors by name, each with
    its state if it could be read; looked at once, one after the other, so that a large cluster need not be held.
    ``generated_at``: seconds since the epoch. ``field_edges``: how many edges there are of which fields are known.
    """
    datasets, evidence, platforms = _Positions(), _Positions(), _Positions()
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
                "unresolved": [[item.what, item.reason] for item in lineage.unresolved],
            }
            for lineage, connector in rows
        ),
    )
    yield "datasets", ([platforms.of(one.platform), _name(one)] for one in datasets.known)
    yield "platforms", list(platforms.known)
    yield "evidence", list(evidence.known)


def _about(lineage: ConnectorLineage, connector: Connector | None) -> dict[str, Any]:
    about = {"name": lineage.connector, "kind": lineage.kind, "class": lineage.connector_class}
    about["family"] = lineage.family
    return {
        **about,
        **(_running(connector) if connector else {"state": GONE, "tasks": {}, "failures": [], "notes": []}),
    }


def _running(connector: Connector) -> Mapping[str, Any]:
    """States; a connector with a failed task is shown as failed, whatever it says of itself."""
    failures = [["connector", _first_line(connector.trace)]] if connector.state == "FAILED" else []
    failures += [[f"task {task.id}", _first_line(task.trace)] for task in connector.tasks if task.state == "FAILED"]
    return {
        "state": "FAILED" if failures else connector.state,
        "tasks": dict(sorted(Counter(task.state for task in connector.tasks).items())),
        "failures": failures,
        "notes": list(connector.notes),
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
