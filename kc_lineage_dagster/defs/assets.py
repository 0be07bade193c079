"""The four assets of a cluster: one step reads, one step derives, emits and removes."""

# no `from __future__ import annotations`: Dagster reads run config from the annotations themselves

from collections.abc import Iterator
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetsDefinition,
    AssetSpec,
    BackfillPolicy,
    Config,
    DataVersion,
    Failure,
    MaterializeResult,
    asset,
    multi_asset,
)
from pydantic import Field

from kc_lineage_dagster.defs import checks, datahub_checks, events
from kc_lineage_dagster.defs.collector import seldom
from kc_lineage_dagster.defs.datasets import Translator, keys_of
from kc_lineage_dagster.defs.failures import clear_failure
from kc_lineage_dagster.defs.names import Names
from kc_lineage_dagster.defs.partitions import add_partitions, decode_partition, drop_partitions, partitions_of
from kc_lineage_dagster.defs.progress import progress_log
from kc_lineage_dagster.defs.provenance import SNAPSHOT
from kc_lineage_dagster.recipe.files import RecipeFile
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.report import Request
from kc_lineage_dagster.run.sync import Sync, read_cluster
from kc_lineage_dagster.version import code_version

_ABOUT_LINEAGE = (
    "Which dataset feeds which, a partition per connector: edges with evidence, and what is unresolved."
    " The job {} does all of them in one run; the page at *lineage_page* shows them in one picture."
)


class FetchConfig(Config):
    """Run config of ``raw_connector_configs``."""

    connectors: list[str] | None = Field(None, description="Ask for the evidence of these connectors only; null: all")


class SyncConfig(Config):
    """Run config of the step that derives, emits and removes."""

    connectors: list[str] | None = Field(None, description="Derive and emit these only; null: all, []: only removals")
    full_refresh: bool = Field(False, description="Send everything, also what DataHub has acknowledged")
    allow_removal: bool = Field(False, description="Release the fail-safe threshold of stale removal for this run")


def cluster_assets(file: RecipeFile, translator: Translator | None = None) -> list[AssetsDefinition]:
    """The assets of one recipe. ``translator``: asset keys of datasets, for column lineage."""
    return [_raw(file), _synced(file, translator)]


def _raw(file: RecipeFile) -> AssetsDefinition:
    names = Names(file.slug)

    @asset(
        key=names.raw,
        group_name=file.slug,
        kinds={"kafka"},
        code_version=code_version(),
        description="The connectors as Kafka Connect reports them, without secrets; each gets a partition below.",
        check_specs=checks.raw_specs(names),
        required_resource_keys={names.connect},
    )
    def raw_connector_configs(context: AssetExecutionContext, config: FetchConfig) -> Iterator[Any]:
        with clear_failure(), seldom():
            cluster = Cluster.of(file)
            connect = getattr(context.resources, names.connect)
            snapshot = read_cluster(cluster, connect, config.connectors, progress_log(context.log, "read"))
        new = add_partitions(context.instance, file.slug, [one.name for one in snapshot.connectors])
        context.log.info(f"{len(snapshot.connectors)} connectors read, {len(new)} of them new")
        for warning in file.warnings:
            context.log.warning(warning)
        yield MaterializeResult(
            metadata=events.snapshot_metadata(snapshot, new),
            data_version=DataVersion(SNAPSHOT),
            check_results=checks.raw_results(names, snapshot),
        )

    return raw_connector_configs


def _synced(file: RecipeFile, translator: Translator | None) -> AssetsDefinition:
    names, partitions = Names(file.slug), partitions_of(file.slug)
    common: dict[str, Any] = {"skippable": True, "group_name": file.slug, "code_version": code_version()}

    @multi_asset(
        name=names.sync_op,
        specs=[
            AssetSpec(
                names.lineage,
                deps=[names.raw],
                partitions_def=partitions,
                kinds={"kafka"},
                description=_ABOUT_LINEAGE.format(names.job),
                metadata={"lineage_page": events.page_of(file)},
                **common,
            ),
            AssetSpec(
                names.emissions,
                deps=[names.lineage],
                partitions_def=partitions,
                kinds={"datahub"},
                description="What DataHub acknowledged, a partition per connector.",
                **common,
            ),
            AssetSpec(
                names.stale,
                deps=[names.emissions],
                kinds={"datahub"},
                description="Flows and jobs whose connector, table or topic vanished: soft-deleted in DataHub.",
                **common,
            ),
        ],
        check_specs=[*checks.sync_specs(names), *datahub_checks.specs(file)],
        can_subset=True,
        backfill_policy=BackfillPolicy.single_run(),
        required_resource_keys={names.datahub},
    )
    def synced(context: AssetExecutionContext, config: SyncConfig) -> Iterator[Any]:
        partial = context.has_partition_key or context.has_partition_key_range
        wanted = [decode_partition(key) for key in context.partition_keys] if partial else config.connectors
        request = Request(
            run_id=context.run.run_id,
            connectors=wanted,
            full_refresh=config.full_refresh,
            allow_removal=config.allow_removal,
            remove=not partial and names.stale in context.selected_asset_keys,
        )
        with clear_failure(), seldom():
            cluster = Cluster.of(file)
            datahub = getattr(context.resources, names.datahub)
            run = Sync(cluster, datahub, request, progress_log(context.log, "derive and emit"))
            key_of = keys_of(cluster.naming(), translator)
            yield from events.events_of(context, names, cluster, run, wanted if partial else None, key_of)
        report = run.report
        context.log.info(events.summary(report))
        for warning in report.warnings:
            context.log.warning(warning)
        yield from datahub_checks.results(context, names, cluster, datahub, report)
        if report.stale is not None:
            drop_partitions(context.instance, file.slug, report.stale.gone_connectors)
        if report.problem:
            raise Failure(report.problem, allow_retries=False)

    return synced
