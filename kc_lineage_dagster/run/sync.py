"""One run over one cluster: read, derive, emit, remove what vanished. Knows nothing of Dagster.

The order keeps a kill harmless: receipts are written as DataHub acknowledges, the index only when a connector is
through, removals last and only after everything else succeeded. One file lock per cluster keeps two runs apart.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from kc_lineage_dagster.connect.snapshot import Connector, Snapshot
from kc_lineage_dagster.derive.cluster import deriver
from kc_lineage_dagster.emit.aspects import proposals
from kc_lineage_dagster.emit.limits import representable
from kc_lineage_dagster.emit.lock import cluster_lock
from kc_lineage_dagster.emit.sinks import SendReport, Sink
from kc_lineage_dagster.emit.urns import Naming, dataset_urn
from kc_lineage_dagster.errors import StateError
from kc_lineage_dagster.lineage import ConnectorLineage
from kc_lineage_dagster.page.render import write_page
from kc_lineage_dagster.run.changes import config_hash
from kc_lineage_dagster.run.cluster import Cluster, Progress
from kc_lineage_dagster.run.removal import remove_stale
from kc_lineage_dagster.run.report import ConnectorResult, Counts, Described, Report, Request
from kc_lineage_dagster.state.cluster_state import Index, Known
from kc_lineage_dagster.state.receipts import Receipts
from kc_lineage_dagster.version import code_version

_CHUNK = 200  # connectors whose proposals are in memory at once


class Connect(Protocol):
    """The Connect side of a run (``defs.resources.KafkaConnectResource``, ``cluster.Cluster``)."""

    def fetch(
        self, connectors: list[str] | None = None, progress: Progress | None = None, previous: Snapshot | None = None
    ) -> Snapshot:
        """The cluster's connectors with their evidence."""
        ...


class DataHub(Protocol):
    """The DataHub side of a run (``defs.resources.DataHubResource``)."""

    def open(self, run_id: str, pipeline_name: str | None = None) -> Sink:
        """The sink, ready to write."""
        ...

    def identity(self) -> str:
        """What receipts are receipts of."""
        ...

    def renders_whole(self) -> bool:
        """Whether every sync writes the whole cluster there."""
        ...


def read_cluster(
    cluster: Cluster, connect: Connect, connectors: list[str] | None = None, progress: Progress | None = None
) -> Snapshot:
    """Reads the cluster and keeps the snapshot. ConnectError when it cannot be listed; then nothing changes."""
    state = cluster.state
    previous = state.snapshot(state.index().snapshot)
    snapshot = connect.fetch(connectors, progress, previous)
    with cluster_lock(state.lock, cluster.recipe.options.lock_timeout, what=f"cluster {cluster.file.slug}"):
        digest = state.save_snapshot(snapshot)
        state.save_index(replace(state.index(), snapshot=digest, read_at=time.time()))
    return snapshot


class Sync:
    """One run over one cluster: derive, emit, remove, from the snapshot last read. Iterate over it once.

        run = Sync(cluster, datahub, request)
        for result in run:
            ...  # one connector: derived, and sent as far as the sink says so at once
        run.report  # the whole run

    Results come as the run proceeds, so that nobody holds a large cluster's lineage whole. A sink that decides only
    when it is closed (`file`) may still fail afterwards: ``report.causes`` says so.
    """

    def __init__(self, cluster: Cluster, datahub: DataHub, request: Request, progress: Progress | None = None) -> None:
        self._cluster, self._datahub, self._request, self._progress = cluster, datahub, request, progress
        self._report: Report | None = None
        self.read_at: float | None = None  # when the cluster was read, in seconds since the epoch; known from the start

    @property
    def report(self) -> Report:
        """What became of the run. RuntimeError while it is not over."""
        if self._report is None:
            raise RuntimeError("the run is not over: iterate over it first")
        return self._report

    def __iter__(self) -> Iterator[ConnectorResult]:
        """Run. StateError when the cluster was never read, or when another run holds its lock."""
        cluster = self._cluster
        state, what = cluster.state, f"cluster {cluster.file.slug}"
        with cluster_lock(state.lock, cluster.recipe.options.lock_timeout, run=self._request.run_id, what=what):
            index = state.index()
            self.read_at = index.read_at
            snapshot = state.snapshot(index.snapshot)
            if snapshot is None:
                raise StateError(f"{what} was never read: materialize raw_connector_configs first")
            receipts = Receipts.load(state.receipts)
            describer = Describer.of(cluster, snapshot)
            run = _Run(cluster, self._datahub, self._request, snapshot, index, receipts, describer)
            try:
                self._report = yield from run.run(self._progress)
            finally:
                receipts.close()


def sync(cluster: Cluster, datahub: DataHub, request: Request, progress: Progress | None = None) -> Report:
    """Run ``Sync`` to its end; raises as it does."""
    run = Sync(cluster, datahub, request, progress)
    for _ in run:
        pass
    return run.report


@dataclass(frozen=True, slots=True)
class Describer:
    """From a connector to its lineage and proposals; what needs the whole cluster is worked out once, when asked.

    ``notes``: what could not be read of catalogues. ``properties``: business metadata by connector; the connector's own
    configuration wins over it.
    """

    naming: Naming
    derived: Callable[[Connector], ConnectorLineage]
    notes: tuple[str, ...] = ()
    properties: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, cluster: Cluster, snapshot: Snapshot) -> Describer:
        """For one snapshot."""
        known = cluster.beyond(snapshot)
        derived = deriver(snapshot.connectors, known.settings)
        return cls(cluster.naming(), derived, known.settings.notes, known.properties)

    def describe(self, connector: Connector) -> Described:
        """Lineage and proposals of one connector."""
        lineage = representable(self.derived(connector), partial(dataset_urn, self.naming, connector.name))
        properties = {**self.properties.get(connector.name, {}), **connector.config}
        return lineage, proposals(lineage, properties, self.naming)


@dataclass(slots=True)
class _Run:
    cluster: Cluster
    datahub: DataHub
    request: Request
    snapshot: Snapshot
    index: Index
    receipts: Receipts
    describer: Describer

    def run(self, progress: Progress | None) -> Generator[ConnectorResult, None, Report]:
        sink = self.datahub.open(self.request.run_id, self.cluster.recipe.pipeline_name)
        full = self.receipts.reconcile(self.datahub.identity(), sink.look(self.receipts.alive()))
        full = "full_refresh was asked for" if self.request.full_refresh else full
        everything = self.datahub.renders_whole()
        chosen, missing = self._chosen(everything)
        previous, before = self.receipts.holdings(), self.cluster.state.lineages()
        results: list[ConnectorResult] = []
        try:
            sent = yield from self._emit(sink, chosen, before, full is not None or everything, progress, results)
            whole = len(chosen) == len(self.snapshot.connectors)
            report = Report(_counted(results), whole, sent.causes, missing, full)
            if self.request.remove and not report.problem:
                report = remove_stale(
                    self.cluster, self.request, self.snapshot, results, report, self.receipts, sink, previous
                )
        except BaseException:
            if not everything:  # what is written whole stays as it was
                sink.close()
            raise
        report, results = _closed(report, results, sink.close())
        lineages = self._remember(report, results, before)
        page = write_page(self.cluster.state.folder, self.cluster.file.slug, self.snapshot, lineages)
        gone = tuple(before[name] for name in (report.stale.gone_connectors if report.stale else ()) if name in before)
        warnings = (*self.describer.notes, *page)
        return replace(report, warnings=warnings, entities=len(self.receipts.alive()), gone=gone)

    def _chosen(self, everything: bool) -> tuple[tuple[Connector, ...], dict[str, str]]:
        """The connectors to process, and those asked for that are not in the snapshot."""
        known = {one.name: one for one in self.snapshot.connectors}
        if self.request.connectors is None:
            return self.snapshot.connectors, {}
        wanted = set(self.request.connectors)
        wanted -= set(self.snapshot.gone(self.request.may_be_gone))
        missing = {name: self.snapshot.unread.get(name, "it is not in the cluster") for name in wanted - known.keys()}
        return tuple(one for one in self.snapshot.connectors if everything or one.name in wanted), missing

    def _emit(
        self,
        sink: Sink,
        connectors: tuple[Connector, ...],
        before: Mapping[str, ConnectorLineage],
        all_of_it: bool,
        progress: Progress | None,
        results: list[ConnectorResult],
    ) -> Generator[ConnectorResult, None, SendReport]:
        known = self.index.connectors if self.index.version == code_version() else {}
        total = SendReport()
        for chunk in _chunks(connectors):
            described = [self.describer.describe(one) for one in chunk]
            owners = {proposal.urn: one.connector for one, found in described for proposal in found}
            due = [
                proposal
                for one, found in described
                for proposal in (found if all_of_it else self.receipts.diff(one.connector, found))
            ]
            report = sink.send(due, lambda done, owners=owners: self.receipts.acknowledge(owners, done))  # type: ignore[misc]
            total = total + report
            failed = Counter(owners[proposal.urn] for proposal, _ in report.failed)
            asked = Counter(owners[proposal.urn] for proposal in due)
            for one, found in zip(chunk, described, strict=True):
                name = one.name
                result = ConnectorResult.of(one, found, before.get(name), known.get(name), asked[name])
                results.append(result.without(failed[name]))
            yield from results[-len(chunk) :]
            if progress:
                progress(len(results), len(connectors))
        return total

    def _remember(
        self, report: Report, results: Iterable[ConnectorResult], before: Mapping[str, ConnectorLineage]
    ) -> tuple[ConnectorLineage, ...]:
        """Lineage and index for the next run; a connector with anything unacknowledged is not through."""
        now, state = time.time(), self.cluster.state
        known, lineages = dict(self.index.connectors), dict(before)
        for result in results:
            name = result.connector.name
            lineages[name] = result.lineage
            if not result.failed:
                first_seen = known[name].first_seen if name in known else now
                known[name] = Known(config_hash(result.connector), result.version, first_seen)
        for name in report.stale.gone_connectors if report.stale else ():
            known.pop(name, None)
            lineages.pop(name, None)
        if lineages != before:
            state.save_lineages(lineages.values())
        version = code_version() if self.request.connectors is None else self.index.version
        index = replace(self.index, connectors=known, version=version)
        if index != self.index:
            state.save_index(index)
        return tuple(lineages.values())


def _counted(results: Iterable[ConnectorResult]) -> Counts:
    counts = Counts()
    for result in results:
        counts = counts.plus(result)
    return counts


def _closed(
    report: Report, results: list[ConnectorResult], closing: SendReport
) -> tuple[Report, list[ConnectorResult]]:
    """The report and results with what a sink decided only when it was closed."""
    if closing.ok:
        return report, results
    failed = Counter(proposal.urn for proposal, _ in closing.failed)
    results = [one.without(sum(failed[urn] for urn in one.urns)) for one in results]
    causes = {**report.causes, **closing.causes}
    stale = report.stale and replace(report.stale, gone_connectors=())
    removed = () if closing.failed else report.removed
    return replace(report, counts=_counted(results), causes=causes, stale=stale, removed=removed), results


def _chunks(connectors: tuple[Connector, ...]) -> Iterator[tuple[Connector, ...]]:
    for start in range(0, len(connectors), _CHUNK):
        yield connectors[start : start + _CHUNK]
