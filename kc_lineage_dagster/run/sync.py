"""One run over one cluster: read, derive, emit, remove what vanished. Knows nothing of Dagster.

The order keeps a kill harmless: receipts are written as DataHub acknowledges, the index only when a connector is
through, removals last and only after everything else succeeded. One file lock per cluster keeps two runs apart.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from kc_lineage_dagster.connect.snapshot import Connector, Snapshot
from kc_lineage_dagster.derive.derive import deriver
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
from kc_lineage_dagster.run.report import ConnectorResult, Described, Report, Request
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


def sync(cluster: Cluster, datahub: DataHub, request: Request, progress: Progress | None = None) -> Report:
    """Derives, emits and removes, from the snapshot last read.

    StateError when there is none, or when another run holds the cluster's lock.
    """
    state, options = cluster.state, cluster.recipe.options
    what = f"cluster {cluster.file.slug}"
    with cluster_lock(state.lock, options.lock_timeout, run=request.run_id, what=what):
        index = state.index()
        snapshot = state.snapshot(index.snapshot)
        if snapshot is None:
            raise StateError(f"{what} was never read: materialize raw_connector_configs first")
        receipts = Receipts.load(state.receipts)
        try:
            run = _Run(cluster, datahub, request, snapshot, index, receipts, Describer.of(cluster, snapshot))
            return run.run(progress)
        finally:
            receipts.close()


@dataclass(frozen=True, slots=True)
class Describer:
    """From a connector to its lineage and proposals; what needs the whole cluster is worked out once, when asked."""

    naming: Naming
    derived: Callable[[Connector], ConnectorLineage]

    @classmethod
    def of(cls, cluster: Cluster, snapshot: Snapshot) -> Describer:
        """For one snapshot."""
        return cls(cluster.naming(), deriver(snapshot.connectors, cluster.derivation(snapshot)))

    def describe(self, connector: Connector) -> Described:
        """Lineage and proposals of one connector."""
        lineage = representable(self.derived(connector), partial(dataset_urn, self.naming, connector.name))
        return lineage, proposals(lineage, connector.config, self.naming)


@dataclass(slots=True)
class _Run:
    cluster: Cluster
    datahub: DataHub
    request: Request
    snapshot: Snapshot
    index: Index
    receipts: Receipts
    describer: Describer

    def run(self, progress: Progress | None) -> Report:
        sink = self.datahub.open(self.request.run_id, self.cluster.recipe.pipeline_name)
        full = self.receipts.reconcile(self.datahub.identity(), sink.look(self.receipts.alive()))
        full = "full_refresh was asked for" if self.request.full_refresh else full
        everything = self.datahub.renders_whole()
        chosen, missing = self._chosen(everything)
        previous, before = self.receipts.holdings(), self.cluster.state.lineages()
        try:
            results, sent = self._emit(sink, chosen, before, full is not None or everything, progress)
            report = Report(self.snapshot, results, sent.causes, missing, full)
            if self.request.remove and not report.problem:
                report = remove_stale(self.cluster, self.request, report, self.receipts, sink, previous)
        except BaseException:
            if not everything:  # what is written whole stays as it was
                sink.close()
            raise
        report = _closed(report, sink.close())
        lineages = self._remember(report, before)
        page = write_page(self.cluster.state.folder, self.cluster.file.slug, self.snapshot, lineages)
        return replace(report, warnings=page, lineages=lineages)

    def _chosen(self, everything: bool) -> tuple[tuple[Connector, ...], dict[str, str]]:
        """The connectors to process, and those asked for that are not in the snapshot."""
        known = {one.name: one for one in self.snapshot.connectors}
        if self.request.connectors is None:
            return self.snapshot.connectors, {}
        wanted = set(self.request.connectors)
        missing = {name: self.snapshot.unread.get(name, "it is not in the cluster") for name in wanted - known.keys()}
        return tuple(one for one in self.snapshot.connectors if everything or one.name in wanted), missing

    def _emit(
        self,
        sink: Sink,
        connectors: tuple[Connector, ...],
        before: Mapping[str, ConnectorLineage],
        all_of_it: bool,
        progress: Progress | None,
    ) -> tuple[tuple[ConnectorResult, ...], SendReport]:
        results: list[ConnectorResult] = []
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
            if progress:
                progress(len(results), len(connectors))
        return tuple(results), total

    def _remember(self, report: Report, before: Mapping[str, ConnectorLineage]) -> tuple[ConnectorLineage, ...]:
        """Lineage and index for the next run; a connector with anything unacknowledged is not through."""
        now, state = time.time(), self.cluster.state
        known, lineages = dict(self.index.connectors), dict(before)
        for result in report.results:
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


def _closed(report: Report, closing: SendReport) -> Report:
    """The report with what a sink decided only when it was closed."""
    if closing.ok:
        return report
    failed = Counter(proposal.urn for proposal, _ in closing.failed)
    results = tuple(one.without(sum(failed[urn] for urn in one.urns)) for one in report.results)
    causes = {**report.causes, **closing.causes}
    stale = report.stale and replace(report.stale, gone_connectors=())
    return replace(
        report, results=results, causes=causes, stale=stale, removed=() if closing.failed else report.removed
    )


def _chunks(connectors: tuple[Connector, ...]) -> Iterator[tuple[Connector, ...]]:
    for start in range(0, len(connectors), _CHUNK):
        yield connectors[start : start + _CHUNK]
