"""The four assets of a cluster, made by two steps: one reads the cluster, the other derives, emits and removes."""

# no `from __future__ import annotations`: Dagster reads run config from the annotations themselves

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dagster import (
    AssetCheckKey,
    AssetExecutionContext,
    AssetsDefinition,
    AssetSpec,
    BackfillPolicy,
    Config,
    DataVersion,
    Failure,
    MaterializeResult,
    multi_asset,
)
from pydantic import Field

from kc_lineage_dagster.defs import checks, datahub_checks, events
from kc_lineage_dagster.defs.event_storage import event_index_open
from kc_lineage_dagster.defs.failures import clear_failure
from kc_lineage_dagster.defs.lost_edges import LostEdge, lost_with, reported_before
from kc_lineage_dagster.defs.names import Names
from kc_lineage_dagster.defs.partitions import (
    add_partitions,
    decode_partition,
    drop_partitions,
    known_connectors,
    partitions_of,
)
from kc_lineage_dagster.defs.progress import progress_log
from kc_lineage_dagster.defs.provenance import SNAPSHOT
from kc_lineage_dagster.defs.translator import ASSETS, EMISSIONS, LINEAGE, RAW, STALE, ClusterAssetProps, Translate
from kc_lineage_dagster.recipe.files import RecipeFile
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.reading import read_cluster
from kc_lineage_dagster.run.report import ReadReport, Report, Request
from kc_lineage_dagster.version import code_version
from kc_lineage_dagster.wording import counted


class FetchConfig(Config):
    """Run config of ``raw_connector_configs``."""

    connectors: list[str] | None = Field(None, description="Ask for the evidence of these connectors only; null: all")


class SyncConfig(Config):
    """Run config of the step that derives, emits and removes."""

    connectors: list[str] | None = Field(None, description="Derive and emit these only; null: all, []: only removals")
    full_refresh: bool = Field(False, description="Send everything, also what DataHub has acknowledged")
    allow_removal: bool = Field(False, description="Release the fail-safe threshold of stale removal for this run")


@dataclass(frozen=True)
class ClusterAssets:
    """The assets of one cluster as a translator describes them, and the Dagster names that follow from the specs."""

    names: Names
    specs: dict[str, AssetSpec]

    @classmethod
    def of(cls, file: RecipeFile, translate: Translate) -> "ClusterAssets":
        """Ask the translator for the four assets.

        Raises:
            ValueError: When the translator leaves one of them out.
        """
        specs: dict[str, AssetSpec] = {}
        for asset in ASSETS:
            spec = translate(ClusterAssetProps(file.slug, asset, file.options))
            if spec is None:
                raise ValueError(f"the translator must give an AssetSpec for {asset} of {file.slug}, not None")
            specs[asset] = spec.replace_attributes(code_version=code_version())
        return cls(Names(file.slug, {asset: spec.key for asset, spec in specs.items()}), specs)


def cluster_assets(file: RecipeFile, assets: ClusterAssets) -> list[AssetsDefinition]:
    """Return the two steps that make the four assets of one recipe."""
    return [_raw(file, assets), _synced(file, assets)]


def _raw(file: RecipeFile, assets: ClusterAssets) -> AssetsDefinition:
    names = assets.names

    @multi_asset(
        name=names.raw_op,
        specs=[assets.specs[RAW]],
        check_specs=checks.raw_specs(names),
        required_resource_keys={names.connect},
    )
    def raw_connector_configs(context: AssetExecutionContext, config: FetchConfig) -> Iterator[Any]:
        with clear_failure():
            report, new = _read(context, names, Cluster.of(file), config.connectors)
        for warning in file.warnings:
            context.log.warning(warning)
        yield MaterializeResult(
            asset_key=names.raw,
            metadata=events.snapshot_metadata(report, new),
            data_version=DataVersion(SNAPSHOT),
            check_results=checks.raw_results(names, report),
        )

    return raw_connector_configs


def _read(
    context: AssetExecutionContext, names: Names, cluster: Cluster, connectors: list[str] | None
) -> tuple[ReadReport, list[str]]:
    """Read the cluster and add the partitions of new connectors; return what was read and the new connectors' names.

    Args:
        context: Of the step.
        names: The Dagster names of the cluster.
        cluster: The cluster.
        connectors: Those whose evidence is asked for again, None for all.

    Raises:
        ConnectError: When the cluster cannot be listed.
    """
    connect = getattr(context.resources, names.connect)
    report = read_cluster(cluster, connect, connectors, progress_log(context.log, "read"))
    new = add_partitions(context.instance, names.slug, report.names)
    context.log.info(f"{counted(len(report.names), 'connector')} read, {len(new)} of them new")
    return report, new


def _synced(file: RecipeFile, assets: ClusterAssets) -> AssetsDefinition:
    names, specs = assets.names, assets.specs
    lineage = specs[LINEAGE].merge_attributes(metadata=events.page_metadata(file))
    check_specs = [*checks.sync_specs(names), *datahub_checks.datahub_specs(file, names)]

    @multi_asset(
        name=names.sync_op,
        specs=[
            lineage.replace_attributes(deps=[names.raw], partitions_def=partitions_of(file.slug), skippable=True),
            # `raw` beside `lineage`: the job does not select `lineage`, which has no partitions yet in a first run, and
            # must run this step after the one that reads all the same
            specs[EMISSIONS].replace_attributes(deps=[names.raw, names.lineage], skippable=True),
            specs[STALE].replace_attributes(deps=[names.emissions], skippable=True),
        ],
        check_specs=check_specs,
        can_subset=True,
        backfill_policy=BackfillPolicy.single_run(),
        required_resource_keys={names.connect, names.datahub},
    )
    def synced(context: AssetExecutionContext, config: SyncConfig) -> Iterator[Any]:
        # what sends takes a while to load, and a code location that only shows its assets never sends
        from kc_lineage_dagster.run.sync import Sync

        partial = context.has_partition_key or context.has_partition_key_range
        wanted = [decode_partition(key) for key in context.partition_keys] if partial else config.connectors
        only_checks = not context.selected_asset_keys
        request = Request(
            run_id=context.run.run_id,
            connectors=[] if only_checks else wanted,
            full_refresh=config.full_refresh,
            resend=partial,
            allow_removal=config.allow_removal,
            remove=not partial and names.stale in context.selected_asset_keys,
            may_be_gone=frozenset() if partial or not wanted else known_connectors(context.instance, file.slug),
        )
        started = time.monotonic()
        with clear_failure():
            cluster = Cluster.of(file)
            if not only_checks and names.raw_op not in (context.run.step_keys_to_execute or ()):
                _read(context, names, cluster, wanted)
            datahub = getattr(context.resources, names.datahub)
            run = Sync(cluster, datahub, request, progress_log(context.log, "derive and emit"))
            findings = events.Findings()
            # the partitions that the user picked; a run of checks alone materializes nothing
            picked = frozenset(wanted or ()) if partial else frozenset[str]() if only_checks else None
            yield from events.events_of(context, names, cluster, run, picked, findings)
            report = run.report
            lost = [] if only_checks else _lost(context, names, report, findings)
            tally = checks.Tally.of(cluster.state, {one.ends for one in lost})
        context.log.info(events.summary(report))
        for warning in report.warnings:
            context.log.warning(warning)
        with event_index_open(context.instance):
            if not only_checks:
                yield from events.events_after(names, cluster, run, tally, time.monotonic() - started)
            lost = [one for one in lost if one.ends not in tally.present]
            found = [
                *checks.sync_results(names, report, tally, lost, findings.unsent),
                *datahub_checks.results(context, names, cluster, datahub, report, check_specs),
            ]
            yield from checks.reported(context, check_specs, found)
        if report.stale is not None:
            drop_partitions(context.instance, file.slug, report.stale.gone_connectors)
        if report.problem:
            raise Failure(report.problem, allow_retries=False)

    return synced


def _lost(context: AssetExecutionContext, names: Names, report: Report, findings: events.Findings) -> list[LostEdge]:
    """Return the edges that disappeared in this run, and those that the check has reported before."""
    new = [*findings.lost, *(edge for lineage in report.gone for edge in lost_with(lineage))]
    before = reported_before(context.instance, AssetCheckKey(names.lineage, checks.KEPT))
    return list({(one.connector, *one.ends): one for one in (*new, *before)}.values())
