"""Definitions from recipes: one group of assets, one job, one sensor and two schedules per cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dagster import AssetSelection, Definitions, ResourceDefinition, define_asset_job, in_process_executor

from kc_lineage_dagster.defs.assets import cluster_assets
from kc_lineage_dagster.defs.jobs import preview_job
from kc_lineage_dagster.defs.names import Names
from kc_lineage_dagster.defs.resources import DataHubResource, KafkaConnectResource
from kc_lineage_dagster.defs.schedules import cluster_schedules
from kc_lineage_dagster.defs.sensors import cluster_sensor
from kc_lineage_dagster.recipe_files import RecipeFile, read_recipe, recipe_of


def build_definitions(recipe: Mapping[str, Any] | str | Path, *, name: str = "recipe") -> Definitions:
    """Definitions of one cluster, to merge into a project of your own (``Definitions.merge``).

    ``recipe``: a DataHub recipe as a mapping (``${VAR}`` is looked up in the run), or the path of its file.
    ``name``: names the cluster when the mapping has no ``cluster_name``.
    """
    if isinstance(recipe, (str, Path)):
        return build_cluster(read_recipe(Path(recipe)))
    return build_cluster(recipe_of(dict(recipe), Path.cwd() / f"{name}.yml"))


def build_all(files: Iterable[RecipeFile]) -> Definitions:
    """Definitions of several clusters in one code location."""
    return Definitions.merge(*map(build_cluster, files), Definitions(executor=in_process_executor))


def build_cluster(file: RecipeFile) -> Definitions:
    """Definitions of one recipe. One that cannot be used loads all the same: its job fails and says why."""
    names = Names(file.slug)
    assets = cluster_assets(file)
    job = define_asset_job(
        names.job,
        selection=AssetSelection.assets(names.raw, names.lineage, names.emissions, names.stale),
        description=file.problem or f"Reads the cluster of {file.path.name}, derives its lineage, keeps it in DataHub.",
        executor_def=in_process_executor,
    )
    return Definitions(
        assets=assets,
        jobs=[job, preview_job(file)],
        schedules=cluster_schedules(file, job),
        sensors=[cluster_sensor(file, job)],
        resources={
            # handed over as they are: their values are not shown, and variables are looked up in the run
            names.connect: ResourceDefinition.hardcoded_resource(KafkaConnectResource.from_recipe(file)),
            names.datahub: ResourceDefinition.hardcoded_resource(DataHubResource.from_recipe(file)),
        },
    )
