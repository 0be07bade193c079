"""The events of a run: one materialization per partition that changed, and what the checks say."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from dagster import (
    AssetCheckEvaluation,
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    MarkdownMetadataValue,
    MetadataValue,
)

from kc_lineage_dagster.connect.snapshot import Snapshot
from kc_lineage_dagster.defs import checks
from kc_lineage_dagster.defs.datasets import KeyOf
from kc_lineage_dagster.defs.metadata import datahub_link, lineage_metadata, table
from kc_lineage_dagster.defs.names import Names
from kc_lineage_dagster.defs.partitions import encode_partition
from kc_lineage_dagster.defs.provenance import SNAPSHOT, provenance
from kc_lineage_dagster.emit.urns import flow_urn
from kc_lineage_dagster.page.render import PAGE
from kc_lineage_dagster.recipe.files import RecipeFile
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.report import ConnectorResult, Report
from kc_lineage_dagster.run.sync import Sync
from kc_lineage_dagster.state.cluster_state import state_folder


def page_of(file: RecipeFile) -> MetadataValue:
    """Where each sync leaves ``lineage.html``, the picture of the whole cluster."""
    return MetadataValue.path(str(state_folder(file.slug, file.home) / PAGE))


def snapshot_metadata(snapshot: Snapshot, new: Collection[str]) -> dict[str, Any]:
    """What people see of a snapshot."""
    states = sorted({one.state for one in snapshot.connectors})
    rows = [(state, sum(one.state == state for one in snapshot.connectors)) for state in states]
    notes = [(one.name, note) for one in snapshot.connectors for note in one.notes]
    return {
        "cluster": snapshot.source,
        "kafka_connect_version": snapshot.version or "not known",
        "connectors": len(snapshot.connectors),
        "new_connectors": len(new),
        "not_read": len(snapshot.unread),
        "states": MarkdownMetadataValue(table(("state", "connectors"), rows)),
        **({"notes": MarkdownMetadataValue(table(("connector", "what could not be read"), notes))} if notes else {}),
    }


Event = AssetMaterialization | AssetCheckEvaluation


def events_of(
    context: AssetExecutionContext,
    names: Names,
    cluster: Cluster,
    run: Sync,
    chosen: Collection[str] | None,
    key_of: KeyOf,
) -> Iterator[Event]:
    """Run, and give a run's events for the step to yield: what is only logged is lost when the step then fails.

    ``chosen``: connectors whose partitions the user picked: these turn green, changed or not, and no others (a sink
    that is written whole makes every run look at every connector). ``key_of``: asset keys of datasets.
    """
    selected = context.selected_asset_keys
    wanted = names.lineage in selected or names.emissions in selected
    seen = _materialized(context, names) if wanted else {}
    lost: list[Sequence[object]] = []
    for result in run:
        lost += checks.lost_edges(result)
        if wanted and (chosen is None or result.connector.name in chosen):
            yield from _of_connector(context, names, cluster, result, seen, key_of, chosen is not None)
    report = run.report
    for evaluation in checks.sync_results(names, cluster.state.lineages().values(), lost, report):
        if (evaluation.asset_key, evaluation.check_name) in selected_checks(context):
            yield evaluation
    if report.stale is not None:
        metadata = {"lineage_page": page_of(cluster.file), **_stale_metadata(report)}
        yield AssetMaterialization(names.stale, metadata=metadata)


def summary(report: Report) -> str:
    """A run in one line."""
    counts = report.counts
    return (
        f"{counts.connectors} connectors, {counts.edges} edges, {counts.unresolved} unresolved; "
        f"{counts.sent} proposals sent, {counts.failed} not acknowledged, {len(report.removed)} entities removed"
        + (f" (everything was sent: {report.full})" if report.full else "")
    )


def selected_checks(context: AssetExecutionContext) -> set[tuple[AssetKey, str]]:
    """Asset and name of the checks that this run is to evaluate."""
    return {(key.asset_key, key.name) for key in context.selected_asset_check_keys}


def _materialized(context: AssetExecutionContext, names: Names) -> Mapping[AssetKey, set[str]]:
    """The partitions that this Dagster instance already shows as materialized."""
    return {key: context.instance.get_materialized_partitions(key) for key in (names.lineage, names.emissions)}


def _of_connector(
    context: AssetExecutionContext,
    names: Names,
    cluster: Cluster,
    result: ConnectorResult,
    seen: Mapping[AssetKey, set[str]],
    key_of: KeyOf,
    picked: bool,
) -> Iterator[Event]:
    partition = encode_partition(result.connector.name)
    new = picked or result.changed or result.failed > 0
    due = {key: new or partition not in seen[key] for key in seen}
    selected = context.selected_asset_keys
    if names.lineage in selected and due[names.lineage]:
        frontend = cluster.recipe.options.frontend_url
        link = datahub_link(frontend, flow_urn(cluster.naming(), result.connector.name))
        metadata = lineage_metadata(result.lineage, result.connector, link, key_of)
        tags = provenance(result.version, names.raw, SNAPSHOT)
        yield AssetMaterialization(names.lineage, partition=partition, metadata=metadata, tags=tags)
    if names.emissions in selected and due[names.emissions] and not result.failed:
        tags = provenance(result.version, names.lineage, result.version)
        yield AssetMaterialization(names.emissions, partition=partition, metadata={"sent": result.sent}, tags=tags)


def _stale_metadata(report: Report) -> dict[str, Any]:
    assert report.stale is not None
    kept = sorted(report.stale.keep_reasons.items())
    metadata: dict[str, Any] = {"removed": len(report.removed), "kept": len(kept)}
    if report.removed:
        metadata["removed_entities"] = MarkdownMetadataValue(table(("entity",), [(urn,) for urn in report.removed]))
    if kept:
        metadata["kept_entities"] = MarkdownMetadataValue(table(("entity", "why"), kept))
    if report.stale.refused:
        metadata["refused"] = MetadataValue.text(report.stale.refused)
    if report.warnings:
        metadata["warnings"] = MetadataValue.text("\n".join(report.warnings))
    return metadata
