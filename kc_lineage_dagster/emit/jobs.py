"""Which DataJobs a connector has: one for each source dataset, or for each topic that a sink reads, with its ends.

What DataHub is told of them is up to ``aspects``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kc_lineage_dagster.emit import urns
from kc_lineage_dagster.emit.limits import fits
from kc_lineage_dagster.emit.urns import Naming
from kc_lineage_dagster.lineage import KAFKA, ConnectorLineage, Dataset, Edge

# Edges between fields in one job. They have some 320 bytes each: 3 MB of the 16 MB that DataHub takes in a request.
MOST_FIELDS = 10_000

# (URNs of the upstream fields, URN of the downstream field, the transform that changes the content or "")
FieldPair = tuple[tuple[str, ...], str, str]


@dataclass(frozen=True, slots=True)
class Job:
    """A DataJob before it is written as aspects.

    Args:
        id: See ``urns.job_id``.
        upstream: The dataset whose records the job moves, None where none is known.
        downstreams: The datasets in which they arrive.
        evidence: How the job's edges are known, each way once.
        inlets: The URN of ``upstream``, or nothing.
        outlets: The URNs of ``downstreams``, sorted.
        fields: Edges between fields, at most ``MOST_FIELDS``.
        fields_left_out: How many edges between fields there are beyond these.
    """

    id: str
    upstream: Dataset | None
    downstreams: frozenset[Dataset]
    evidence: frozenset[str]
    inlets: tuple[str, ...]
    outlets: tuple[str, ...]
    fields: tuple[FieldPair, ...]
    fields_left_out: int


def jobs(lineage: ConnectorLineage, naming: Naming) -> Iterator[Job]:
    """Yield the jobs: one per upstream dataset, per topic of unknown origin, and per topic of unknown target."""
    groups = _edges_by_job(lineage, naming)
    shared_ids = {name for name, count in Counter(name for name, _ in groups).items() if count > 1}
    unknown = {edge.downstream for edge in _topics_of_unknown_origin(lineage)}
    for (name, upstream), edges in groups.items():
        fields = sorted(set(_field_pairs(lineage.connector, naming, edges)))
        fitting = [field for field in fields if all(map(fits, (*field[0], field[1])))][:MOST_FIELDS]
        yield Job(
            id=_qualified(edges[0].upstream, name) if name in shared_ids else name,
            upstream=edges[0].upstream,
            downstreams=frozenset(edge.downstream for edge in edges),
            evidence=frozenset(edge.evidence for edge in edges if edge.upstream or edge.downstream not in unknown),
            inlets=(upstream,) if upstream else (),
            outlets=tuple(sorted({urns.dataset_urn(naming, lineage.connector, edge.downstream) for edge in edges})),
            fields=tuple(fitting),
            fields_left_out=len(fields) - len(fitting),
        )
    yield from _jobs_without_outlets(lineage, naming)


def _jobs_without_outlets(lineage: ConnectorLineage, naming: Naming) -> Iterator[Job]:
    """Yield, for a sink connector, a job for every topic that it reads and whose target is unresolved."""
    if lineage.kind != "sink":
        return
    known = {edge.upstream.name for edge in lineage.edges if edge.upstream}
    for topic in dict.fromkeys(item.topic for item in lineage.unresolved if item.topic):
        if topic not in known:
            read = Dataset(KAFKA, topic)
            name = urns.job_id(naming, lineage.connector, lineage.connector_class, lineage.kind, read, "")
            inlet = urns.dataset_urn(naming, lineage.connector, read)
            yield Job(name, read, frozenset(), frozenset(), (inlet,), (), (), 0)


def _edges_by_job(lineage: ConnectorLineage, naming: Naming) -> dict[tuple[str, str | None], list[Edge]]:
    """Return the edges by (plain id of their job, URN of their upstream dataset or None)."""
    groups: dict[tuple[str, str | None], list[Edge]] = {}
    for edge in (*lineage.edges, *_topics_of_unknown_origin(lineage)):
        upstream = edge.upstream
        urn = urns.dataset_urn(naming, lineage.connector, upstream) if upstream else None
        name = urns.job_id(
            naming, lineage.connector, lineage.connector_class, lineage.kind, upstream, edge.downstream.name
        )
        groups.setdefault((name, urn), []).append(edge)
    return groups


def _topics_of_unknown_origin(lineage: ConnectorLineage) -> Iterator[Edge]:
    """Yield an edge without upstream to every topic with real data whose origin is unresolved.

    A sink connector writes no topics, so there are none.
    """
    if lineage.kind == "sink":
        return
    known = {edge.downstream.name for edge in lineage.edges if edge.downstream.platform == KAFKA}
    for item in lineage.unresolved:
        if item.topic is not None and item.topic not in known:
            known.add(item.topic)
            yield Edge(None, Dataset(KAFKA, item.topic))


def _qualified(upstream: Dataset | None, name: str) -> str:
    """Return the id of a job whose plain id (``name``) another dataset of the same connector has too.

    One job for both datasets would claim that each of them feeds the outlets of the other.
    """
    if upstream is None:
        return name
    return ".".join(part for part in (upstream.platform, upstream.instance, name) if part)


def _field_pairs(connector: str, naming: Naming, edges: Iterable[Edge]) -> Iterator[FieldPair]:
    """Yield the edges between fields that DataHub can show: those with both ends."""
    for edge in edges:
        if edge.upstream is None:
            continue
        upstream = urns.dataset_urn(naming, connector, edge.upstream)
        downstream = urns.dataset_urn(naming, connector, edge.downstream)
        for pair in edge.fields:
            sources = tuple(urns.field_urn(upstream, name) for name in pair.upstream if name)
            if sources and pair.downstream:
                yield sources, urns.field_urn(downstream, pair.downstream), pair.transform
