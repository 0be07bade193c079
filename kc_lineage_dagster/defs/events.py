"""The events of a run: materializations of each connector that changed, of what was sent, and of removals."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dagster import AssetExecutionContext, AssetMaterialization, MarkdownMetadataValue, MetadataValue

from kc_lineage_dagster.defs.beside import logged_beside
from kc_lineage_dagster.defs.checks import Tally
from kc_lineage_dagster.defs.lost_edges import LostEdge, lost_by
from kc_lineage_dagster.defs.metadata import lineage_metadata, table
from kc_lineage_dagster.defs.names import Names
from kc_lineage_dagster.defs.partitions import encode_partition
from kc_lineage_dagster.defs.provenance import EMISSION, SNAPSHOT, provenance
from kc_lineage_dagster.errors import KcLineageError
from kc_lineage_dagster.page.write import page_address
from kc_lineage_dagster.recipe.files import RecipeFile
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.report import ReadReport, Report
from kc_lineage_dagster.state.place import place_of
from kc_lineage_dagster.wording import counted

if TYPE_CHECKING:
    from kc_lineage_dagster.run.sync import Sync


def page_metadata(file: RecipeFile) -> dict[str, Any]:
    """Return where each sync leaves the cluster's page, the picture of all its lineage, as metadata of an asset.

    Empty where there is no place for a page, and where the state cannot be used, which the run says.
    """
    try:
        folder = place_of(file.home).folder_of(file.slug)
    except KcLineageError:
        return {}
    address = page_address(file.options.page, file.slug, file.path.parent, folder)
    return {} if address is None else {"lineage_page": MetadataValue.path(address)}


def snapshot_metadata(report: ReadReport, new: Collection[str]) -> dict[str, Any]:
    """Return the metadata of a reading. ``new``: connectors that had no partition before."""
    head, notes = report.head, report.notes
    return {
        "cluster": head.source,
        "kafka_connect_version": head.version or "not known",
        "connectors": len(report.names),
        "new_connectors": len(new),
        "not_read": len(head.not_read),
        "states": MarkdownMetadataValue(table(("state", "connectors"), sorted(report.states.items()))),
        **({"notes": MarkdownMetadataValue(table(("connector", "what could not be read"), notes))} if notes else {}),
    }


@dataclass(slots=True)
class Findings:
    """What the checks need to know of the single connectors of a run.

    ``lost``: edges that were there before.
    ``unsent``: connectors, each with the number of its proposals that DataHub did not acknowledge.
    """

    lost: list[LostEdge] = field(default_factory=list)
    unsent: list[tuple[str, int]] = field(default_factory=list)


def events_of(
    context: AssetExecutionContext,
    names: Names,
    cluster: Cluster,
    run: Sync,
    chosen: Collection[str] | None,
    findings: Findings,
) -> Iterator[AssetMaterialization]:
    """Run the sync, and materialize the connectors' partitions as the connectors come through (``logged_beside``).

    Args:
        context: Of the step.
        names: The Dagster names of the cluster.
        cluster: The cluster.
        run: The sync; it has not begun.
        chosen: Connectors whose partitions the user picked. Exactly these turn green, changed or not: a sink that is
            written whole makes every run look at every connector. None: those that changed, that DataHub did not
            acknowledge, or that this Dagster instance has not seen yet.
        findings: Is filled as the run proceeds.
    """
    seen = context.instance.get_materialized_partitions(names.lineage)

    def materialized() -> Iterator[AssetMaterialization]:
        for result in run:
            findings.lost += lost_by(result)
            if result.failed:
                findings.unsent.append((result.name, result.failed))
            partition = encode_partition(result.name)
            due = result.changed or result.failed > 0 or partition not in seen
            if due if chosen is None else result.name in chosen:
                metadata = lineage_metadata(cluster, result, cluster.page, run.read_at)
                tags = provenance(result.version, {names.raw: SNAPSHOT})
                yield AssetMaterialization(names.lineage, partition=partition, metadata=metadata, tags=tags)

    yield from logged_beside(context, materialized())


def events_after(
    names: Names, cluster: Cluster, run: Sync, tally: Tally, seconds: float
) -> Iterator[AssetMaterialization]:
    """Yield the materializations of what concerns the whole cluster.

    Args:
        names: The Dagster names of the cluster.
        cluster: The cluster.
        run: The sync; it is over.
        tally: The lineage of the whole cluster after the run.
        seconds: How long deriving and emitting took.
    """
    made_from = {names.raw: SNAPSHOT, names.lineage: SNAPSHOT}
    report = run.report
    metadata = emission_metadata(report, tally, seconds)
    if run.read_at is not None:
        metadata["read_at"] = MetadataValue.timestamp(run.read_at)
    yield AssetMaterialization(names.emissions, metadata=metadata, tags=provenance(EMISSION, made_from))
    if report.stale is not None:
        metadata = {**page_metadata(cluster.file), **_stale_metadata(report)}
        tags = provenance(EMISSION, {names.emissions: EMISSION})
        yield AssetMaterialization(names.stale, metadata=metadata, tags=tags)


def emission_metadata(report: Report, tally: Tally, seconds: float) -> dict[str, Any]:
    """Return the numbers of a run, which Dagster plots over the runs.

    Of the run itself these are connectors looked at, derived and changed, proposals sent, acknowledged and failed,
    entities removed, and seconds. Of the whole cluster after the run they are entities, edges, and causes of what is
    unresolved.

    Args:
        report: What became of the run.
        tally: The lineage of the whole cluster after the run.
        seconds: How long deriving and emitting took.
    """
    counts = report.counts
    return {
        "connectors": counts.connectors,
        "connectors_derived": counts.derived,
        "connectors_changed": counts.changed,
        "proposals_sent": counts.sent + counts.failed,
        "proposals_acknowledged": counts.sent,
        "proposals_failed": counts.failed,
        "entities_removed": len(report.removed),
        "entities": report.entities,
        "edges": tally.edges,
        "unresolved": len(tally.causes),
        "seconds": round(seconds, 2),
        **({"everything_was_sent": report.full} if report.full else {}),
    }


def summary(report: Report) -> str:
    """Return what became of a run in one line, for its log."""
    counts = report.counts
    return (
        f"{counted(counts.connectors, 'connector')}, {counted(counts.edges, 'edge')}, {counts.unresolved} unresolved;"
        f" {counted(counts.sent + counts.failed, 'proposal')} sent, {counts.failed} not acknowledged,"
        f" {counted(len(report.removed), 'entity', 'entities')} removed"
        + (f" (everything was sent: {report.full})" if report.full else "")
    )


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
