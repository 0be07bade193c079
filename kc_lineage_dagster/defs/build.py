"""Definitions from recipes: one group of assets, one job, one sensor and two schedules per cluster."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from dagster import AssetSelection, Definitions, ResourceDefinition, define_asset_job, in_process_executor

from kc_lineage_dagster.defs.assets import cluster_assets
from kc_lineage_dagster.defs.datasets import Translator
from kc_lineage_dagster.defs.external import external_specs
from kc_lineage_dagster.defs.jobs import doctor_job, preview_job
from kc_lineage_dagster.defs.names import Names
from kc_lineage_dagster.defs.resources import DataHubResource, KafkaConnectResource
from kc_lineage_dagster.defs.schedules import cluster_schedules
from kc_lineage_dagster.defs.sensors import cluster_sensor
from kc_lineage_dagster.recipe.files import RECIPES_VARIABLE, RecipeFile, find_recipes, read_recipe, recipe_of
from kc_lineage_dagster.state.other_recipes import alike

# The button *Materialize all* wants partitions, of which there are none before the first run.
_ABOUT = (
    "Reads the cluster of {}, derives its lineage, keeps it in DataHub: all in one run without a partition."
    " Here: the arrow beside *Materialize all*, *Open launchpad*, *Materialize*, *Confirm*."
)
_log = logging.getLogger(__name__)


def build_definitions(
    recipe: Mapping[str, Any] | str | Path, *, name: str = "recipe", translator: Translator | None = None
) -> Definitions:
    """Definitions of one cluster, or of all in a folder, to merge into a project of your own (``Definitions.merge``).

    ``recipe``: a DataHub recipe as a mapping (``${VAR}`` is looked up in the run), the path of its file, or a folder of
    recipes. ``name``: names the cluster when the mapping has no ``cluster_name``. ``translator``: asset keys of the
    datasets and topics that become external assets (``options.external_assets``); None as a key leaves one out.
    """
    if not isinstance(recipe, (str, Path)):
        return build_clusters([recipe_of(dict(recipe), Path.cwd() / f"{name}.yml")], translator)
    if Path(recipe).is_dir():
        return build_clusters(find_recipes({RECIPES_VARIABLE: str(recipe)}), translator)
    return build_clusters([read_recipe(Path(recipe))], translator)


def build_all(files: Iterable[RecipeFile]) -> Definitions:
    """Definitions of a code location of its own."""
    return Definitions.merge(build_clusters(files), Definitions(executor=in_process_executor))


def build_clusters(files: Iterable[RecipeFile], translator: Translator | None = None) -> Definitions:
    """Definitions of several clusters; the datasets they share are one external asset."""
    files = list(files)
    warnings = alike(files)
    for warning in warnings.values():
        _log.warning(warning)
    told = [replace(one, warnings=(*one.warnings, *filter(None, [warnings.get(one.slug)]))) for one in files]
    external = Definitions(assets=external_specs(files, translator))
    return Definitions.merge(*(build_cluster(file, translator) for file in told), external)


def build_cluster(file: RecipeFile, translator: Translator | None = None) -> Definitions:
    """Definitions of one recipe. One that cannot be used loads all the same: its job fails and says why."""
    names = Names(file.slug)
    assets = cluster_assets(file, translator)
    job = define_asset_job(
        names.job,
        selection=AssetSelection.assets(names.raw, names.lineage, names.emissions, names.stale),
        description=file.problem or _ABOUT.format(file.path.name),
        executor_def=in_process_executor,
    )
    return Definitions(
        assets=assets,
        jobs=[job, preview_job(file), doctor_job(file)],
        schedules=cluster_schedules(file, job),
        sensors=[cluster_sensor(file, job)],
        resources={
            # handed over as they are: their values are not shown, and variables are looked up in the run
            names.connect: ResourceDefinition.hardcoded_resource(KafkaConnectResource.from_recipe(file)),
            names.datahub: ResourceDefinition.hardcoded_resource(DataHubResource.from_recipe(file)),
        },
    )
