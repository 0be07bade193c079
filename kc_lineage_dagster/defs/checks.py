"""Asset checks: what an operator should look at. Problems of derivation fail a check, never a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dagster import (
    AssetCheckEvaluation,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    MarkdownMetadataValue,
    MetadataValue,
)

from kc_lineage_dagster.connect.snapshot import Snapshot
from kc_lineage_dagster.defs.metadata import edges_that_disappeared, table
from kc_lineage_dagster.defs.names import Names
from kc_lineage_dagster.report import Report

READ = "every_connector_read"
RUNNING = "connectors_and_tasks_running"
RESOLVED = "lineage_resolved"
KEPT = "no_edge_disappeared"
REMOVED = "stale_removal_done"

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


def _result(asset: object, name: str, rows: Sequence[Sequence[object]], header: Sequence[str]) -> AssetCheckResult:
    return AssetCheckResult(
        asset_key=asset,  # type: ignore[arg-type]
        check_name=name,
        passed=not rows,
        severity=AssetCheckSeverity.WARN,
        metadata=_counted(rows, header),
    )


def _counted(rows: Sequence[Sequence[object]], header: Sequence[str]) -> dict[str, MetadataValue]:
    metadata: dict[str, MetadataValue] = {"count": MetadataValue.int(len(rows))}
    if rows:
        metadata["items"] = MarkdownMetadataValue(table(header, rows))
    return metadata


def sync_results(names: Names, report: Report) -> Iterable[AssetCheckEvaluation]:
    """What a run says to its checks, as evaluations: an AssetCheckResult fails in a run without partition."""
    unresolved = [
        (one.lineage.connector, item.what, item.reason) for one in report.results for item in one.lineage.unresolved
    ]
    edges = sum(len(one.lineage.edges) for one in report.results)
    share = len(unresolved) / max(1, len(unresolved) + edges)
    yield AssetCheckEvaluation(
        asset_key=names.lineage,
        check_name=RESOLVED,
        passed=share <= UNRESOLVED_SHARE,
        severity=AssetCheckSeverity.WARN,
        metadata={
            **_counted(unresolved, ("connector", "what", "why")),
            "edges": MetadataValue.int(edges),
            "unresolved_share": MetadataValue.float(round(share, 4)),
        },
    )
    lost = [
        (one.lineage.connector, edge.upstream, edge.downstream)
        for one in report.results
        for edge in edges_that_disappeared(one.before, one.lineage)
    ]
    yield _evaluation(names.lineage, KEPT, lost, ("connector", "from", "to"))
    if report.stale is not None:
        kept = sorted(report.stale.keep_reasons.items())
        yield _evaluation(names.stale, REMOVED, kept, ("entity", "why it is kept"))


def _evaluation(
    asset: object, name: str, rows: Sequence[Sequence[object]], header: Sequence[str]
) -> AssetCheckEvaluation:
    return AssetCheckEvaluation(
        asset_key=asset,  # type: ignore[arg-type]
        check_name=name,
        passed=not rows,
        severity=AssetCheckSeverity.WARN,
        metadata=_counted(rows, header),
    )


def _first_line(trace: str | None) -> str:
    return (trace or "no trace").strip().splitlines()[0] if (trace or "").strip() else "no trace"
