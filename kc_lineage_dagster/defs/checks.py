"""Asset checks: what an operator should look at. Problems of derivation fail a check, never a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dagster import (
    AssetCheckEvaluation,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    MarkdownMetadataValue,
    MetadataValue,
)

from kc_lineage_dagster.connect.snapshot import Snapshot
from kc_lineage_dagster.defs.metadata import edges_that_disappeared, table
from kc_lineage_dagster.defs.names import Names
from kc_lineage_dagster.lineage import ConnectorLineage
from kc_lineage_dagster.run.report import ConnectorResult, Report

READ = "every_connector_read"
RUNNING = "connectors_and_tasks_running"
RESOLVED = "lineage_resolved"
KEPT = "no_edge_disappeared"
REMOVED = "stale_removal_done"

Rows = Sequence[Sequence[object]]

_FIRST = 5  # rows that are shown without a click
UNRESOLVED_SHARE = 0.25  # of edges and unresolved items together; beyond it the check warns


def raw_specs(names: Names) -> list[AssetCheckSpec]:
    """Checks of ``raw_connector_configs``."""
    return [
        AssetCheckSpec(READ, asset=names.raw, description="Every connector of the listing could be read."),
        AssetCheckSpec(RUNNING, asset=names.raw, description="No connector and no task has failed."),
    ]


def sync_specs(names: Names) -> list[AssetCheckSpec]:
    """Checks of the step that derives, emits and removes."""
    return [
        AssetCheckSpec(RESOLVED, asset=names.lineage, description="Few sources and targets are unresolved."),
        AssetCheckSpec(KEPT, asset=names.lineage, description="No edge of the last run is missing in this one."),
        AssetCheckSpec(REMOVED, asset=names.stale, description="Nothing that vanished is kept back from removal."),
    ]


def raw_results(names: Names, snapshot: Snapshot) -> list[AssetCheckResult]:
    """What a snapshot says to the checks of ``raw_connector_configs``."""
    unread = sorted(snapshot.unread.items())
    failed = [
        (one.name, where, _first_line(trace))
        for one in snapshot.connectors
        for where, state, trace in (
            ("connector", one.state, one.trace),
            *((f"task {task.id}", task.state, task.trace) for task in one.tasks),
        )
        if state == "FAILED"
    ]
    return [
        _result(names.raw, READ, unread, ("connector", "why")),
        _result(names.raw, RUNNING, failed, ("connector", "where", "why")),
    ]


def _result(asset: AssetKey, name: str, rows: Rows, header: Sequence[str]) -> AssetCheckResult:
    return AssetCheckResult(
        asset_key=asset,
        check_name=name,
        passed=not rows,
        severity=AssetCheckSeverity.WARN,
        description=shown(rows, header),
        metadata=_counted(rows, header),
    )


def shown(rows: Rows, header: Sequence[str]) -> str | None:
    """The first rows as the text of an evaluation: tables among its metadata are behind a link."""
    return table(header, rows, _FIRST) if rows else None


def _counted(rows: Rows, header: Sequence[str]) -> dict[str, MetadataValue]:
    metadata: dict[str, MetadataValue] = {"count": MetadataValue.int(len(rows))}
    if rows:
        metadata["items"] = MarkdownMetadataValue(table(header, rows))
    return metadata


def lost_edges(result: ConnectorResult) -> Rows:
    """The edges of the last run that this one does not have: connector, from, to."""
    lost = edges_that_disappeared(result.before, result.lineage)
    return [(result.lineage.connector, edge.upstream, edge.downstream) for edge in lost]


def sync_results(
    names: Names, lineages: Iterable[ConnectorLineage], lost: Rows, report: Report
) -> Iterable[AssetCheckEvaluation]:
    """What a run says to its checks; logged by the step, because results of a run without partition cannot be
    yielded. ``lineages``: of the whole cluster, read once. ``lost``: ``lost_edges`` of all results.
    """
    unresolved: list[tuple[object, ...]] = []
    edges = 0
    for one in lineages:
        unresolved += ((one.connector, item.what, item.reason) for item in one.unresolved)
        edges += len(one.edges)
    share = len(unresolved) / max(1, len(unresolved) + edges)
    yield evaluation(
        names.lineage,
        RESOLVED,
        unresolved,
        ("connector", "what", "why"),
        passed=share <= UNRESOLVED_SHARE,
        edges=MetadataValue.int(edges),
        unresolved_share=MetadataValue.float(round(share, 4)),
    )
    yield evaluation(names.lineage, KEPT, lost, ("connector", "from", "to"))
    if report.stale is not None:
        kept = sorted(report.stale.keep_reasons.items())
        yield evaluation(names.stale, REMOVED, kept, ("entity", "why it is kept"))


def evaluation(
    asset: AssetKey,
    name: str,
    rows: Rows,
    header: Sequence[str],
    *,
    passed: bool | None = None,
    severity: AssetCheckSeverity = AssetCheckSeverity.WARN,
    **metadata: MetadataValue,
) -> AssetCheckEvaluation:
    """An evaluation that fails when there are rows (or as ``passed`` says) and shows them."""
    return AssetCheckEvaluation(
        asset_key=asset,
        check_name=name,
        passed=not rows if passed is None else passed,
        severity=severity,
        description=shown(rows, header),
        metadata={**_counted(rows, header), **metadata},
    )


def _first_line(trace: str | None) -> str:
    return (trace or "no trace").strip().splitlines()[0] if (trace or "").strip() else "no trace"
