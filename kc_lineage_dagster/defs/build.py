"""Definitions from recipes: for each cluster a group of assets with checks, four jobs, a sensor and three schedules."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dagster import AssetSelection, AssetSpec, Definitions, ResourceDefinition, define_asset_job, in_process_executor

from kc_lineage_dagster.defs.accepted import accepted
from kc_lineage_dagster.defs.assets import ClusterAssets, cluster_assets
from kc_lineage_dagster.defs.external import external_specs
from kc_lineage_dagster.defs.jobs import doctor_job, preview_job
from kc_lineage_dagster.defs.prune import prune_job, prune_schedule
from kc_lineage_dagster.defs.resources import DataHubResource, KafkaConnectResource
from kc_lineage_dagster.defs.schedules import cluster_schedules
from kc_lineage_dagster.defs.sensors import cluster_sensor
from kc_lineage_dagster.defs.translator import KafkaConnectLineageTranslator, Translate
from kc_lineage_dagster.recipe.files import RECIPES_VARIABLE, RecipeFile, find_recipes, read_recipe, recipe_of
from kc_lineage_dagster.state.other_recipes import alike

_ABOUT = (
    "Reads the cluster of {file}, derives its lineage and keeps it in DataHub. One run materializes every partition of"
    " {slug}/connector_lineage, also those of connectors that are new: press *Materialize all* (before the first run"
    " Dagster asks whether that is meant, because there are no partitions yet: *Confirm*)."
)
_DEFAULT = KafkaConnectLineageTranslator()
_log = logging.getLogger(__name__)


def build_definitions(
    recipe: Mapping[str, Any] | str | Path,
    *,
    name: str = "recipe",
    translator: KafkaConnectLineageTranslator | None = None,
) -> Definitions:
    """Return definitions of one cluster, or of all in a folder, to merge into a project (``Definitions.merge``).

    Args:
        recipe: A DataHub recipe as a mapping (``${VAR}`` is looked up in the run), the path of its file, or a folder of
            recipes.
        name: Names the cluster when the mapping has no ``cluster_name``.
        translator: Decides keys, owners, tags, freshness and automation of the assets, and of the datasets and topics
            that become external assets (``options.external_assets``). None: as this project has them.
    """
    translate = (translator or _DEFAULT).get_asset_spec
    if not isinstance(recipe, (str, Path)):
        return build_clusters([recipe_of(dict(recipe), Path.cwd() / f"{name}.yml")], translate)
    if Path(recipe).is_dir():
        return build_clusters(find_recipes({RECIPES_VARIABLE: str(recipe)}), translate)
    return build_clusters([read_recipe(Path(recipe))], translate)


def build_all(files: Iterable[RecipeFile]) -> Definitions:
    """Return the definitions of a code location of its own; the steps of its runs share one process."""
    return Definitions.merge(build_clusters(files), Definitions(executor=in_process_executor))


def build_clusters(
    files: Iterable[RecipeFile],
    translate: Translate = _DEFAULT.get_asset_spec,
    external: Sequence[AssetSpec] | None = None,
) -> Definitions:
    """Return the definitions of several clusters; a dataset that clusters share is one external asset.

    Args:
        files: The recipes, one for each cluster.
        translate: Gives the spec of each asset.
        external: The external assets; None: those that follow from the last syncs.
    """
    files = [accepted(file) for file in files]
    warnings = alike(files)
    for warning in dict.fromkeys(warnings.values()):
        _log.warning(warning)
    told = [replace(one, warnings=(*one.warnings, *filter(None, [warnings.get(one.slug)]))) for one in files]
    datasets = Definitions(assets=external_specs(files, translate) if external is None else external)
    return Definitions.merge(*(build_cluster(file, translate) for file in told), datasets)


def build_cluster(file: RecipeFile, translate: Translate) -> Definitions:
    """Return the definitions of one recipe.

    A recipe that cannot be used loads all the same: its job fails and says why.
    """
    assets = ClusterAssets.of(file, translate)
    names, definitions = assets.names, cluster_assets(file, assets)
    # The job does not select the partitioned asset: the job's page would ask for partitions first, of which a new
    # cluster has none. The step materializes that asset all the same, partition by partition.
    unpartitioned = AssetSelection.assets(names.raw, names.emissions, names.stale)
    checks = AssetSelection.checks(*(key for one in definitions for key in one.check_keys))
    job = define_asset_job(
        names.job,
        selection=unpartitioned | checks,
        description=file.problem or _ABOUT.format(file=file.path.name, slug=file.slug),
        executor_def=in_process_executor,
    )
    pruning = prune_job(file, names)
    return Definitions(
        assets=definitions,
        jobs=[job, preview_job(file), doctor_job(file), pruning],
        schedules=[*cluster_schedules(file, names, job), prune_schedule(file, names, pruning)],
        sensors=[cluster_sensor(file, names, job)],
        resources={
            # hardcoded: Dagster shows no values of them, and the recipe's variables are looked up in the run
            names.connect: ResourceDefinition.hardcoded_resource(KafkaConnectResource.from_recipe(file)),
            names.datahub: ResourceDefinition.hardcoded_resource(DataHubResource.from_recipe(file)),
        },
    )
