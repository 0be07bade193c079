"""Write a cluster's lineage as text for people, as JSON for programs, and as a Mermaid chart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import click

from kc_lineage_dagster.connect.snapshot import Snapshot
from kc_lineage_dagster.emit.urns import Naming, dataset_instance
from kc_lineage_dagster.lineage import ConnectorLineage, Dataset, Edge
from kc_lineage_dagster.wording import counted, printable

_WIDE = 90  # characters of an edge after which its evidence is no longer aligned with the others
MERMAID_EDGES, MERMAID_CHARACTERS = 500, 50_000  # Mermaid's own limits, maxEdges and maxTextSize, where it is embedded


@dataclass(frozen=True, slots=True)
class ClusterLineage:
    """The lineage of one cluster that was named on the command line, or why there is none.

    Args:
        argument: The argument as it was typed.
        slug: The cluster's short name; empty when the argument stands for no recipe.
        lineages: Sorted by connector; datasets carry the platform instance that the recipe gives them.
        unread: Connectors of the cluster that could not be read -> the reason.
        error: Why the cluster has no lineage, in one line; None when it was read.
        snapshot: The cluster as it was read; None when it was not.
        naming: The recipe's platform instances.
    """

    argument: str
    slug: str
    lineages: tuple[ConnectorLineage, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)
    error: str | None = None

    @property
    def problem(self) -> str | None:
        """The error as a line that names the argument, None when the cluster was read."""
        named = self.error is None or self.error.startswith(self.argument)
        return self.error if named else f"{self.argument}: {self.error}"

    snapshot: Snapshot | None = None
    naming: Naming = field(default_factory=Naming)


def with_instances(lineage: ConnectorLineage, naming: Naming) -> ConnectorLineage:
    """Return the lineage with the recipe's platform instance set on each of its datasets."""

    def placed(dataset: Dataset) -> Dataset:
        instance = dataset_instance(naming, lineage.connector, dataset)
        return dataset if instance == dataset.instance else replace(dataset, instance=instance)

    edges = (
        replace(edge, upstream=edge.upstream and placed(edge.upstream), downstream=placed(edge.downstream))
        for edge in lineage.edges
    )
    return replace(lineage, edges=tuple(edges)) if naming != Naming(env=naming.env) else lineage


def json_document(found: ClusterLineage, *, why: bool = False) -> dict[str, Any]:
    """Return one cluster as an element of ``--format json``. Programs rely on the keys: do not rename or remove one.

    ``why``: whether each connector gets ``decided_by``, which it has not otherwise.
    """
    head = {"recipe": found.argument, "cluster": found.slug}
    if found.error is not None:
        return {**head, "error": found.error}
    return {**head, "connectors": [_connector(one, why) for one in found.lineages], "unread": dict(found.unread)}


def _connector(lineage: ConnectorLineage, why: bool) -> dict[str, Any]:
    return {
        "connector": lineage.connector,
        "type": lineage.kind,
        "class": lineage.connector_class,
        "family": lineage.family,
        "edges": [_edge(edge) for edge in lineage.edges],
        "unresolved": [{"what": item.what, "reason": item.reason, "topic": item.topic} for item in lineage.unresolved],
        **({"decided_by": list(lineage.decided_by)} if why else {}),
    }


def _edge(edge: Edge) -> dict[str, Any]:
    return {
        "upstream": edge.upstream and _end(edge.upstream),
        "downstream": _end(edge.downstream),
        "evidence": edge.evidence,
        "fields": [{"upstream": list(pair.upstream), "downstream": pair.downstream} for pair in edge.fields],
    }


def _end(dataset: Dataset) -> dict[str, Any]:
    """Return one end of an edge; ``name`` is the name in the dataset's URN, which begins with the platform instance."""
    name = f"{dataset.instance}.{dataset.name}" if dataset.instance else dataset.name
    return {"platform": dataset.platform, "name": name, "instance": dataset.instance}


def text(found: ClusterLineage, *, why: bool = False) -> Iterator[str]:
    """Yield the lines of ``--format text``: cluster, connectors, edges with their evidence, unresolved items.

    ``why``: whether to name the keys that decided a connector's lineage.
    """
    if found.problem is not None:
        yield click.style(found.problem, fg="red")
        return
    edges = sum(len(one.edges) for one in found.lineages)
    unresolved = sum(len(one.unresolved) for one in found.lineages)
    counts = [counted(len(found.lineages), "connector"), counted(edges, "edge"), f"{unresolved} unresolved"]
    counts += [f"{len(found.unread)} not read"] if found.unread else []
    yield click.style(f"{found.slug}: {', '.join(counts)}", bold=True)
    for lineage in found.lineages:
        yield from _lines(lineage, why)
    unread = (printable(f"  not read: {name}: {why}") for name, why in sorted(found.unread.items()))
    yield from (click.style(line, fg="red") for line in unread)
    others = found.snapshot.passed_over.items() if found.snapshot else ()
    yield from (click.style(printable(f"  no connector in {file}: {what}"), dim=True) for file, what in sorted(others))


def _lines(lineage: ConnectorLineage, why: bool) -> Iterator[str]:
    known = lineage.family or lineage.connector_class or "no class"
    yield f"  {lineage.kind} {click.style(printable(lineage.connector), bold=True)} ({printable(known)})"
    if why and lineage.decided_by:
        yield click.style(printable(f"    decided by {', '.join(lineage.decided_by)}"), dim=True)
    width = min(_WIDE, max((len(str(edge)) for edge in lineage.edges), default=0))
    for edge in lineage.edges:
        yield f"    {printable(str(edge)):{width}}  {click.style(printable(f'[{edge.evidence}]'), dim=True)}"
    items = dict.fromkeys(map(str, lineage.unresolved))
    yield from (click.style(printable(f"    ? {item}"), fg="yellow") for item in items)


def mermaid(every: Iterable[ClusterLineage]) -> Iterator[str]:
    """Yield a Mermaid flowchart, which GitHub and GitLab draw in a comment: datasets as boxes, connectors rounded."""
    yield "flowchart LR"
    nodes: dict[tuple[str, str], str] = {}
    for found in every:
        for lineage in found.lineages:
            own = f"c{len(nodes)}"
            nodes[found.slug, lineage.connector] = own
            yield f'  {own}(["{_label(lineage.connector)}"])'
            for end, arrow in dict.fromkeys(_arrows(lineage)):
                if ("", end) not in nodes:
                    nodes["", end] = f"d{len(nodes)}"
                    yield f'  {nodes["", end]}["{_label(end)}"]'
                yield f"  {arrow.format(own=own, end=nodes['', end])}"
            if lineage.unresolved:
                yield f'  {own} -.- u{len(nodes)}["{counted(len(lineage.unresolved), "unresolved item")}"]'


def _arrows(lineage: ConnectorLineage) -> Iterator[tuple[str, str]]:
    for edge in lineage.edges:
        if edge.upstream:
            yield str(edge.upstream), "{end} --> {own}"
        yield str(edge.downstream), "{own} --> {end}"


def _label(text: str) -> str:
    """Return a text for a quoted Mermaid label, with entities for characters that Mermaid reads as syntax or markup."""
    return "".join(
        character if character.isalnum() or character in " .:_-/" else f"#{ord(character)};" for character in text
    )
