"""Asset checks that look beyond one cluster: what DataHub holds, and what other recipes write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from dagster import (
    AssetCheckEvaluation,
    AssetCheckKey,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
)

from kc_lineage_dagster.defs.checks import evaluation
from kc_lineage_dagster.defs.names import Names
from kc_lineage_dagster.defs.resources import DataHubResource
from kc_lineage_dagster.emit.default_sink import REST
from kc_lineage_dagster.emit.urns import dataset_urn
from kc_lineage_dagster.errors import KcLineageError
from kc_lineage_dagster.recipe.files import RecipeFile
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.report import Report
from kc_lineage_dagster.state.other_recipes import shared_flows

if TYPE_CHECKING:
    from kc_lineage_dagster.emit.existence import Existence

KNOWN = "datasets_known_to_datahub"
OWN = "flows_written_by_one_recipe"
_INGEST_THEM = (
    "Lineage leads to datasets that DataHub does not know. Ingest their platform into DataHub. If it is ingested, the"
    " names differ: compare one with DataHub's. A platform instance in front of the name is `platform_instance_map` (or"
    " `connect_to_platform_map`), another environment is `env`, other letters are `options.letter_case`."
)


def datahub_specs(file: RecipeFile, names: Names) -> list[AssetCheckSpec]:
    """Return the checks of ``datahub_emissions`` that look beyond the cluster.

    Whether DataHub knows the datasets is checked only where the sink is a GMS: no other sink can be asked.
    """
    asset = names.emissions
    known = AssetCheckSpec(KNOWN, asset=asset, description="DataHub knows the datasets that lineage leads from and to.")
    own = AssetCheckSpec(OWN, asset=asset, description="No other recipe writes the same DataFlow.")
    sink = file.data.get("sink") or {"type": REST}  # DataHub's own default
    return [known, own] if isinstance(sink, Mapping) and sink.get("type") == REST else [own]


def results(
    context: AssetExecutionContext,
    names: Names,
    cluster: Cluster,
    datahub: DataHubResource,
    report: Report,
    specs: Iterable[AssetCheckSpec],
) -> Iterator[AssetCheckEvaluation]:
    """Yield the evaluations of these checks. DataHub is asked only by a run over all connectors that succeeded.

    Args:
        context: Of the step: its log gets a warning when DataHub cannot be asked.
        names: The Dagster names of the cluster.
        cluster: The cluster.
        datahub: The DataHub to ask.
        report: What became of the run.
        specs: The checks of the step.
    """
    yield _own(names, cluster)
    if report.whole and not report.problem and KNOWN in {spec.name for spec in specs}:
        urns = dataset_urns(cluster)
        try:
            found = datahub.existence(urns)
        except KcLineageError as error:
            context.log.warning(f"{KNOWN}: {error}")
            return
        if found and found.problem:
            context.log.warning(f"{KNOWN}: DataHub could not be asked: {found.problem}")
        elif found:
            yield _known(names, found, len(urns))


def dataset_urns(cluster: Cluster) -> frozenset[str]:
    """Return the URNs of both ends of every edge that the last sync left."""
    naming = cluster.naming()
    return frozenset(
        dataset_urn(naming, one.connector, dataset)
        for one in cluster.state.lineages()
        for edge in one.edges
        for dataset in (edge.upstream, edge.downstream)
        if dataset
    )


def _known(names: Names, found: Existence, datasets: int) -> AssetCheckEvaluation:
    rows = [(urn,) for urn in found.unknown]
    return evaluation(
        AssetCheckKey(names.emissions, KNOWN),
        rows,
        ("dataset",),
        advice=_INGEST_THEM,
        metadata={"asked": found.asked, "datasets": datasets},
    )


def _own(names: Names, cluster: Cluster) -> AssetCheckEvaluation:
    """Return the evaluation; it is an error, not a warning, because each sync overwrites what the other recipe says."""
    shared = sorted(shared_flows(cluster.state).items())
    return evaluation(
        AssetCheckKey(names.emissions, OWN),
        shared,
        ("flow", "also written by"),
        advice="Give each recipe its own `platform_instance`: what one writes of these flows the other overwrites.",
        severity=AssetCheckSeverity.ERROR,
    )
