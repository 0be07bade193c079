"""Asset checks: what an operator should look at after a run. Problems of derivation fail a check, never a run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dagster import (
    AssetCheckEvaluation,
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    MarkdownMetadataValue,
    MetadataValue,
    Output,
)

from kc_lineage_dagster.defs.lost_edges import METADATA, LostEdge, documents
from kc_lineage_dagster.defs.metadata import bullet_list, table
from kc_lineage_dagster.defs.names import Names
from kc_lineage_dagster.lineage import ConnectorLineage
from kc_lineage_dagster.run.report import ReadReport, Report
from kc_lineage_dagster.state.cluster_state import ClusterState
from kc_lineage_dagster.wording import first_few

READ = "every_connector_read"
RUNNING = "connectors_and_tasks_running"
RESOLVED = "lineage_resolved"
KEPT = "no_edge_disappeared"
ACKNOWLEDGED = "everything_acknowledged"
REMOVED = "stale_removal_done"

Rows = Sequence[Sequence[object]]  # the cells of a table, row by row

_FIRST = 5  # rows that are shown without a click
_TOPICS = 20  # topics that one cause names
UNRESOLVED_SHARE = 0.25  # of edges and causes together; beyond it the check warns

_ABOUT = {
    READ: "Every connector of the listing could be read.",
    RUNNING: "No connector and no task has failed.",
    RESOLVED: (
        "Few sources and targets are unresolved: their causes are at most a quarter of edges and causes together."
        " One cause counts once, however many topics it concerns."
    ),
    KEPT: (
        "No edge has disappeared, also not with a deleted connector. An edge that did is reported until it is back, or"
        " until somebody has seen it: *Execute* this check, and it forgets what it reported."
    ),
    ACKNOWLEDGED: "DataHub acknowledged everything that the run sent.",
    REMOVED: "Nothing that vanished is kept back from removal.",
}
_ADVICE = {
    READ: "Their lineage stays as it was, and the next sync asks again. Ask Connect yourself: GET /connectors/NAME.",
    RUNNING: (
        "Lineage stays as it is. To restart what failed:"
        " POST /connectors/NAME/restart?includeTasks=true&onlyFailed=true on Kafka Connect."
    ),
    RESOLVED: "Each reason says which option or evidence decides it.",
    KEPT: "If that is meant, press *Execute*: this check then forgets them. One that comes back leaves by itself.",
    ACKNOWLEDGED: "The next sync sends it again. What DataHub refuses for ever stays here: look at the reason.",
    REMOVED: "Each reason says what to do. Run config `allow_removal: true` releases the threshold once.",
}


def raw_specs(names: Names) -> list[AssetCheckSpec]:
    """Return the checks of ``raw_connector_configs``."""
    return [_spec(READ, names.raw), _spec(RUNNING, names.raw)]


def sync_specs(names: Names) -> list[AssetCheckSpec]:
    """Return the checks of the step that derives, emits and removes."""
    return [
        _spec(RESOLVED, names.lineage),
        _spec(KEPT, names.lineage),
        _spec(ACKNOWLEDGED, names.emissions),
        _spec(REMOVED, names.stale),
    ]


def _spec(name: str, asset: AssetKey) -> AssetCheckSpec:
    return AssetCheckSpec(name, asset=asset, description=_ABOUT[name])


def raw_results(names: Names, report: ReadReport) -> list[AssetCheckResult]:
    """Return the results of the checks of ``raw_connector_configs``, as a reading decides them."""
    unread = sorted(report.head.not_read.items())
    return [
        _result(names.raw, READ, unread, ("connector", "why")),
        _result(names.raw, RUNNING, report.failures, ("connector", "where", "why")),
    ]


def _result(asset: AssetKey, name: str, rows: Rows, header: Sequence[str]) -> AssetCheckResult:
    return AssetCheckResult(
        asset_key=asset,
        check_name=name,
        passed=not rows,
        severity=AssetCheckSeverity.WARN,
        description=evaluation_text(rows, _ADVICE[name]),
        metadata=_with_items(rows, header),
    )


def evaluation_text(rows: Rows, advice: str) -> str | None:
    """Return the advice and the first rows as the text of an evaluation, None when there are no rows.

    The web interface renders the text as Markdown, and a terminal prints it as it stands. All rows are in a table among
    the metadata, which the web interface hides behind a link.
    """
    return f"{advice}\n\n{bullet_list(rows, _FIRST)}" if rows else None


def _with_items(rows: Rows, header: Sequence[str]) -> dict[str, MetadataValue | int]:
    metadata: dict[str, MetadataValue | int] = {"count": len(rows)}
    if rows:
        metadata["items"] = MarkdownMetadataValue(table(header, rows))
    return metadata


@dataclass(frozen=True, slots=True)
class Tally:
    """The lineage of a whole cluster in numbers.

    Args:
        edges: The number of edges.
        causes: Why sources and targets are unresolved, as ``causes_of`` tells it.
        present: Those of the edges that were looked for that exist, as (upstream, downstream).
    """

    edges: int
    causes: Sequence[tuple[str, str, str]]
    present: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(cls, state: ClusterState, asked: Collection[tuple[str, str]] = frozenset()) -> Tally:
        """Count the lineage that the state holds, of which only what is unresolved is read where no edge is asked for.

        ``asked``: edges to look for, as (upstream, downstream).
        """
        causes, present = list[tuple[str, str, str]](), set[tuple[str, str]]()
        for lineage in state.lineages(unresolved=not asked):
            causes += causes_of(lineage)
            if asked:
                ends = ((str(edge.upstream or "?"), str(edge.downstream)) for edge in lineage.edges)
                present.update(one for one in ends if one in asked)
        return cls(state.totals().edges, causes, frozenset(present))


def causes_of(lineage: ConnectorLineage) -> list[tuple[str, str, str]]:
    """Return why sources and targets of a connector are unresolved, as (connector, reason, what the reason concerns).

    Items with one reason have one cause, so that a missing option counts once for a mirror of a thousand topics.
    """
    concerned: dict[str, dict[str, None]] = {}
    for item in lineage.unresolved:
        concerned.setdefault(item.reason, {}).update(dict.fromkeys(filter(None, (item.what, item.topic))))
    return [(lineage.connector, reason, first_few(all_of_them, _TOPICS)) for reason, all_of_them in concerned.items()]


def sync_results(
    names: Names, report: Report, tally: Tally, lost: Sequence[LostEdge], unsent: Rows
) -> Iterable[AssetCheckEvaluation]:
    """Yield the evaluations of the checks of the step that derives, emits and removes, as a run decides them.

    Args:
        names: The Dagster names of the cluster.
        report: What became of the run.
        tally: The lineage of the whole cluster after the run.
        lost: Edges that disappeared and are not back.
        unsent: Connectors with proposals that DataHub did not acknowledge, and how many.
    """
    causes = tally.causes
    share = len(causes) / max(1, len(causes) + tally.edges)
    yield evaluation(
        AssetCheckKey(names.lineage, RESOLVED),
        [(connector, concerned, reason) for connector, reason, concerned in causes],
        ("connector", "what", "why"),
        passed=share <= UNRESOLVED_SHARE,
        metadata={"edges": tally.edges, "unresolved_share": round(share, 4)},
    )
    rows = [(one.connector, one.upstream, one.downstream, one.since) for one in lost]
    yield evaluation(
        AssetCheckKey(names.lineage, KEPT),
        rows,
        ("connector", "from", "to", "missing since"),
        metadata={METADATA: MetadataValue.json(documents(lost))} if lost else {},
    )
    problems = [*unsent, *((cause, f"{count} times") for cause, count in sorted(report.causes.items()))]
    yield evaluation(
        AssetCheckKey(names.emissions, ACKNOWLEDGED),
        problems,
        ("connector or reason", "proposals"),
        metadata={"failed": report.counts.failed},
    )
    if report.stale is not None:
        kept = sorted(report.stale.keep_reasons.items())
        yield evaluation(AssetCheckKey(names.stale, REMOVED), kept, ("entity", "why it is kept"))


def reported(
    context: AssetExecutionContext, specs: Iterable[AssetCheckSpec], evaluations: Iterable[AssetCheckEvaluation]
) -> Iterator[AssetCheckEvaluation | Output[None]]:
    """Yield the evaluations, and for each check that the run selected the output that Dagster expects of the check.

    A selected check without an evaluation gives its output alone: without one Dagster would call the check missing at
    the end of the run. A run that materializes assets yields all evaluations, also those of checks that were not
    selected, because the button of the job's page selects the checks of unpartitioned assets only. A run of checks
    alone yields the selected ones.

    Args:
        context: Of the step: tells what the run selected.
        specs: All checks of the step.
        evaluations: At most one for each check. They are not ``AssetCheckResult``, of which Dagster makes an evaluation
            for a partitioned asset only in a run with a partition key.
    """
    found = {(one.asset_key, one.check_name): one for one in evaluations}
    for spec in specs:
        selected = spec.key in context.selected_asset_check_keys
        if selected:
            yield Output(None, output_name=spec.get_python_identifier())
        if (selected or context.selected_asset_keys) and (spec.asset_key, spec.name) in found:
            yield found[spec.asset_key, spec.name]


def evaluation(
    check: AssetCheckKey,
    rows: Rows,
    header: Sequence[str],
    *,
    advice: str | None = None,
    passed: bool | None = None,
    severity: AssetCheckSeverity = AssetCheckSeverity.WARN,
    metadata: Mapping[str, MetadataValue | int | float] | None = None,
) -> AssetCheckEvaluation:
    """Return an evaluation of a check that fails when there are rows, and shows them.

    Args:
        check: The check.
        rows: What is wrong, a row each.
        header: The titles of the columns.
        advice: What to do about the rows; None: what this module says of the check.
        passed: Whether the check passes; None: when there are no rows.
        severity: How grave a failure is.
        metadata: Further metadata beside the number of rows and their table.
    """
    return AssetCheckEvaluation(
        asset_key=check.asset_key,
        check_name=check.name,
        passed=not rows if passed is None else passed,
        severity=severity,
        description=evaluation_text(rows, advice or _ADVICE[check.name]),
        metadata={**_with_items(rows, header), **(metadata or {})},
    )
