"""``kc-lineage lineage``: the lineage of clusters, live or saved, without Dagster and without DataHub."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import click

from kc_lineage_dagster.cli.arguments import recipe_named
from kc_lineage_dagster.derive.derive import deriver
from kc_lineage_dagster.emit.urns import Naming, dataset_instance
from kc_lineage_dagster.errors import KcLineageError
from kc_lineage_dagster.lineage import ConnectorLineage, Dataset
from kc_lineage_dagster.run.cluster import Cluster


@dataclass(frozen=True, slots=True)
class Found:
    """What one argument gave.

    ``argument``: as it was typed. ``slug``: the cluster's short name. ``lineages``: by connector name.
    ``unread``: connectors that are there and could not be read, with the reason. ``error``: why there is nothing else,
    in one line.
    """

    argument: str
    slug: str
    naming: Naming = field(default_factory=Naming)
    lineages: tuple[ConnectorLineage, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)
    error: str | None = None


def find(argument: str) -> Found:
    """Derive the lineage of one recipe or saved cluster; a failure becomes its ``error``."""
    try:
        file = recipe_named(argument)
    except KcLineageError as error:
        return Found(argument, "", error=str(error))
    try:
        cluster = Cluster.of(file)
        snapshot = cluster.fetch()
    except KcLineageError as error:
        return Found(argument, file.slug, error=str(error))
    derived = deriver(snapshot.connectors, cluster.derivation(snapshot))
    lineages = tuple(derived(connector) for connector in snapshot.connectors)
    return Found(argument, file.slug, cluster.naming(), lineages, snapshot.unread)


@click.command()
@click.argument("clusters", nargs=-1, required=True, metavar="RECIPE|SAVED...")
@click.option("--format", "form", type=click.Choice(["json"]), default="json", show_default=True)
def command(clusters: tuple[str, ...], form: str) -> None:
    """Show what each connector reads and writes."""
    found = [find(argument) for argument in clusters]
    click.echo(json.dumps([document(one) for one in found], ensure_ascii=False))
    if any(one.error for one in found):
        raise SystemExit(1)


def document(found: Found) -> dict[str, Any]:
    """Return one element of the JSON that others rely on: its keys and their meaning stay."""
    head = {"recipe": found.argument, "cluster": found.slug}
    if found.error is not None:
        return {**head, "error": found.error}
    connectors = [_connector(one, found.naming) for one in found.lineages]
    return {**head, "connectors": connectors, "unread": dict(found.unread)}


def _connector(lineage: ConnectorLineage, naming: Naming) -> dict[str, Any]:
    def end(dataset: Dataset | None) -> dict[str, Any] | None:
        if dataset is None:
            return None
        instance = dataset_instance(naming, lineage.connector, dataset)
        return {"platform": dataset.platform, "name": dataset.name, "instance": instance}

    edges = [
        {
            "upstream": end(edge.upstream),
            "downstream": end(edge.downstream),
            "evidence": edge.evidence,
            "fields": [{"upstream": list(one.upstream), "downstream": one.downstream} for one in edge.fields],
        }
        for edge in lineage.edges
    ]
    return {
        "connector": lineage.connector,
        "type": lineage.kind,
        "class": lineage.connector_class,
        "family": lineage.family,
        "edges": edges,
        "unresolved": [{"what": item.what, "reason": item.reason, "topic": item.topic} for item in lineage.unresolved],
    }
