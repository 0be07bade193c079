"""One run over one cluster: derive, emit, remove what vanished. Knows nothing of Dagster.

A cluster is worked on in chunks, so that it is never held whole: what the connectors of a chunk are, were and become is
read from the state, derived, sent where DataHub has not acknowledged it, and stored again. The order keeps a kill
harmless (see ``state.receipts``); removals come last, and only after everything else has succeeded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from kc_lineage_dagster.catalog.stream_catalog import CatalogEntry
from kc_lineage_dagster.chunks import chunks
from kc_lineage_dagster.connect.snapshot import Connector
from kc_lineage_dagster.emit.aspects import Proposal
from kc_lineage_dagster.emit.read_back import ReadBack
from kc_lineage_dagster.emit.sinks import RestSink, SendReport, Sink
from kc_lineage_dagster.emit.verify import CHARACTERS, Verifier
from kc_lineage_dagster.errors import StateError
from kc_lineage_dagster.lineage import ConnectorLineage
from kc_lineage_dagster.page.write import write_page
from kc_lineage_dagster.run.adoption import adopt, inherit, mark_of
from kc_lineage_dagster.run.beyond import Memories
from kc_lineage_dagster.run.cluster import Cluster, Progress
from kc_lineage_dagster.run.describe import describe
from kc_lineage_dagster.run.healing import Healing
from kc_lineage_dagster.run.lineages import Lineages
from kc_lineage_dagster.run.removal import Vanished, remove_stale
from kc_lineage_dagster.run.report import ConnectorResult, Counts, Report, Request, Result, Untouched
from kc_lineage_dagster.state.cluster_state import ClusterState, Derived, Facts
from kc_lineage_dagster.state.lock import Hold, hold
from kc_lineage_dagster.state.receipts import ALIVE, Emission, Receipts
from kc_lineage_dagster.version import code_version

_LONGER = 8  # times that aspects may be longer than the lineage that they are made of: URNs for names


class DataHub(Protocol):
    """The DataHub side of a run (``defs.resources.DataHubResource``)."""

    def open(self, run_id: str, pipeline_name: str | None = None) -> Sink:
        """Return the sink, ready to write.

        ``run_id``: stamped on what is sent. ``pipeline_name``: the recipe's, None without one.
        """
        ...

    def identity(self) -> str:
        """Return type and address of the sink; receipts are valid for this identity only."""
        ...

    def renders_whole(self) -> bool:
        """Tell whether every sync writes the whole cluster, changed or not, as to a file."""
        ...


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
        """Take what the run works with; nothing happens before the iteration.

        Args:
            cluster: The cluster, read before.
            datahub: Where the lineage goes.
            request: What the run is asked for.
            progress: Called with the numbers of connectors that are done and to be done, None for nobody.
        """
        self._cluster, self._datahub, self._request, self._progress = cluster, datahub, request, progress
        self._report: Report | None = None
        self.read_at: float | None = None  # when the cluster was read, in seconds since the epoch; known from the start

    @property
    def report(self) -> Report:
        """What became of the run.

        Raises:
            RuntimeError: While the run is not over.
        """
        if self._report is None:
            raise RuntimeError("the run is not over: iterate over it first")
        return self._report

    def __iter__(self) -> Iterator[Result]:
        """Run.

        Raises:
            StateError: When the cluster was never read, or when another run holds the cluster's lock.
        """
        cluster, state = self._cluster, self._cluster.state
        timeout = cluster.recipe.options.lock_timeout
        with hold(state, timeout, self._request.run_id) as held, state.database.keeping():
            facts = state.facts()
            if facts is None:
                raise StateError(f"cluster {cluster.file.slug} was never read: materialize raw_connector_configs first")
            self.read_at = facts.listed_at
            run = _Run(cluster, state, self._datahub, self._request, facts, held, self._progress)
            self._report = yield from run.run()


@dataclass(slots=True)
class _Run:
    """A run while it goes on.

    Args:
        cluster: The cluster.
        state: Its state.
        datahub: Opens the sink.
        request: What the run is asked for.
        facts: The cluster as a whole, as it was last read.
        held: The lock, which must not have been lost when something is written.
        progress: Called with the numbers of connectors that are done and to be done.
        counts: The run in numbers so far.
        sent: What the sink has decided so far.
        undecided: Chunks that the sink decides only when it is closed, with what is to be remembered then.
        notes: What catalogs could not tell.
        healing: The comparison of DataHub with the receipts.
        entries: Connector -> business metadata and tags.
        mark: The mark of the cluster (``adoption.mark_of``).
        removed: URNs whose removal the sink has acknowledged.
    """

    cluster: Cluster
    state: ClusterState
    datahub: DataHub
    request: Request
    facts: Facts
    held: Hold
    progress: Progress | None
    counts: Counts = field(default_factory=Counts)
    sent: SendReport = field(default_factory=SendReport)
    undecided: list[tuple[Emission, list[Derived]]] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    healing: Healing = field(default_factory=Healing)
    entries: Mapping[str, CatalogEntry] = field(default_factory=dict)
    mark: str = ""
    removed: list[str] = field(default_factory=list)

    def run(self) -> Generator[Result, None, Report]:
        """Run: yield the result of each connector, and return the report."""
        receipts = Receipts(self.state)
        sink = self.datahub.open(self.request.run_id, self.cluster.recipe.pipeline_name)
        everything = self.datahub.renders_whole()
        try:
            read_back = self._read_back(sink)
            # a sink that can be read back is compared with the receipts chunk by chunk: no entity is looked for here
            expected = frozenset() if read_back else frozenset(receipts.urns(ALIVE))
            full = receipts.reconcile(self.datahub.identity(), sink.look(expected))
            if self.request.full_refresh:
                full = "full_refresh was asked for"
                self.state.forget_evidence()
            self.mark = mark_of(self.cluster, receipts.facts.kafka_cluster_id, self.facts.head.kafka_cluster_id)
            adopted = self._adopted(sink, receipts, read_back)
            vanished = Vanished(receipts.count(), frozenset(self.state.names()), self._held_before(receipts))
            names, missing = self._chosen(everything)
            all_of_it = full is not None or everything or self.request.resend
            if read_back and not all_of_it:
                noting = receipts if self.request.connectors is None else None
                self.healing = Healing(Verifier(read_back), noting)
            lineages = self._lineages(may_take=not all_of_it)
            yield from self._emit(sink, receipts, lineages, names, vanished, all_of_it)
            self.healing.finish()
            self.counts = replace(self.counts, derived=lineages.derived)
            report = Report(self.counts, len(names) == len(self.state.names()), self.sent.causes, missing, full)
            if self.request.remove and not report.problem:
                self.held.check()
                vanished.read = frozenset(self.state.names())  # a connector may have been created meanwhile
                report = remove_stale(
                    self.cluster, self.request, self.facts.head, vanished, report, receipts, sink, self.removed
                )
        except BaseException:
            if not everything:  # unclosed, a sink that is written whole leaves its last output as it was
                sink.close()
            raise
        report = self._closed(report, sink.close())
        if self.request.connectors is None:
            self.state.derived_by(code_version())
        gone = report.stale.gone_connectors if report.stale else ()
        lost = tuple(self.state.lineages(gone))
        self.state.forget(gone)
        if self.request.connectors is None:
            tidy = report.stale is not None and not report.stale.keep_reasons
            lineages.settle(complete=report.problem is None and tidy)
        page = write_page(self.state, self.cluster.file.slug, self.cluster.page)
        warnings = tuple(dict.fromkeys((*self.notes, *adopted, *self.healing.notes(), *page)))
        return replace(report, warnings=warnings, entities=receipts.count(ALIVE), gone=lost)

    def _lineages(self, *, may_take: bool) -> Lineages:
        """Return what gives the lineage of this run. ``may_take``: from the state too, where nothing has changed."""
        memories = Memories.RENEWED if self.request.full_refresh else Memories.KEPT
        may_take = may_take and self.request.connectors is None and self.facts.code_version == code_version()
        return Lineages(self.cluster, self.state, self.facts.head, self.mark, memories, may_take=may_take)

    def _read_back(self, sink: Sink) -> ReadBack | None:
        """Return what asks the sink what it holds; None when the sink cannot be asked, or shall not be."""
        verifies = self.cluster.recipe.options.verify
        return sink.read_back() if isinstance(sink, RestSink) and verifies else None

    def _adopted(self, sink: Sink, receipts: Receipts, read_back: ReadBack | None) -> tuple[str, ...]:
        """Adopt what the state does not know, in a run that looks at everything; return notes for the user."""
        if self.request.connectors is not None or not self.request.remove:
            return ()
        inherited = inherit(self.cluster, receipts, self.facts.head)
        if read_back is None or not isinstance(sink, RestSink):
            return inherited
        return (*inherited, *adopt(self.cluster, receipts, sink, read_back, self.mark))

    def _held_before(self, receipts: Receipts) -> frozenset[str]:
        """Return what DataHub held before the run, for a recipe with a pipeline name.

        It is compared with what ``datahub ingest`` remembers of the pipeline.
        """
        return frozenset(receipts.urns()) if self.cluster.recipe.pipeline_name else frozenset()

    def _chosen(self, everything: bool) -> tuple[list[str], dict[str, str]]:
        """Return the connectors to process, and those asked for that are not in the snapshot, with why.

        ``everything``: whether all are processed, whatever was asked for.
        """
        known = self.state.names()
        if self.request.connectors is None:
            return known, {}
        wanted = set(self.request.connectors)
        wanted -= set(self.request.may_be_gone) - self.state.listed()
        unread = self.facts.head.unread
        missing = {name: unread.get(name, "it is not in the cluster") for name in wanted.difference(known)}
        return [name for name in known if everything or name in wanted], missing

    def _emit(
        self,
        sink: Sink,
        receipts: Receipts,
        lineages: Lineages,
        names: list[str],
        vanished: Vanished,
        all_of_it: bool,
    ) -> Iterator[Result]:
        """Send what is due of the connectors; yield their results.

        Args:
            sink: Where proposals are sent.
            receipts: What DataHub has acknowledged.
            lineages: Gives the connectors with their lineage.
            names: The connectors to process.
            vanished: Gets what may have to go.
            all_of_it: Whether to send what is acknowledged too.
        """
        self.notes, self.entries = lineages.notes, lineages.entries
        for results in self._results(sink, receipts, lineages, names, vanished, all_of_it):
            for result in results:
                self.counts = self.counts.plus(result)
                yield result
            if self.progress:
                self.progress(self.counts.connectors, len(names))

    def _results(
        self,
        sink: Sink,
        receipts: Receipts,
        lineages: Lineages,
        names: list[str],
        vanished: Vanished,
        all_of_it: bool,
    ) -> Iterator[Sequence[Result]]:
        """Yield the results of a few connectors at a time; see ``_emit``."""
        if not lineages.taken:
            for found in chunks(lineages.of(names)):
                yield self._chunk(sink, receipts, found, vanished, all_of_it)
            return
        for chunk in chunks(names):
            untouched = self._untouched(receipts, lineages, chunk, vanished)
            yield untouched or self._chunk(sink, receipts, list(lineages.of(chunk)), vanished, all_of_it, note=True)

    def _untouched(
        self, receipts: Receipts, lineages: Lineages, names: Sequence[str], vanished: Vanished
    ) -> list[Untouched]:
        """Return the results of a few connectors of which nothing has changed and DataHub holds everything.

        Nothing where that takes more to see than their receipts. Lineage is ``taken``, so their proposals are those
        that the receipts note.

        Args:
            receipts: What DataHub has acknowledged.
            lineages: Gives the connectors with their lineage.
            names: The connectors.
            vanished: Gets what was looked at.
        """
        outlines, held = self.state.outlines(names), receipts.of_connectors(names)
        large = sum(one.characters for one in outlines.values()) > CHARACTERS / _LONGER
        if large or len(outlines) < len(names) or any(one.state != ALIVE for one in held.values()):
            return []
        if not self.healing.holds(names, held):
            return []
        vanished.processed.update(names)
        self.healing.through(names)
        urns: dict[str | None, list[str]] = {}
        for urn, one in held.items():
            urns.setdefault(one.connector, []).append(urn)
        look_up = lineages.named(names)
        return [Untouched(name, outlines[name], frozenset(urns.get(name, ())), look_up) for name in names]

    def _chunk(
        self,
        sink: Sink,
        receipts: Receipts,
        chunk: Sequence[tuple[Connector, ConnectorLineage]],
        vanished: Vanished,
        all_of_it: bool,
        *,
        note: bool = False,
    ) -> list[ConnectorResult]:
        """Send what is due of a few connectors, remember them, and return their results.

        Args:
            sink: Where proposals are sent.
            receipts: What DataHub has acknowledged.
            chunk: The connectors, each with its lineage.
            vanished: Gets what may have to go.
            all_of_it: Whether to send what is acknowledged too.
            note: Whether to note the forms in which DataHub holds what is right, for ``_untouched`` of later runs.
        """
        made = describe(self.cluster, self.state, chunk, self.entries, self.mark, self.facts.code_version)
        names = [one.connector.name for one in made]
        emission = Emission.of(receipts, self.state, names)
        due: list[Proposal] = []
        owners: dict[str, str] = {}
        for one in made:
            name = one.connector.name
            due += one.proposals if all_of_it else emission.due(name, one.proposals)
            owners.update(dict.fromkeys(one.urns, name))
            vanished.add(one.connector, emission.vanished(name, one.urns), one.understood)
        untrue: list[Proposal] = []
        if not self.healing.skips(names):
            proposals = [proposal for one in made for proposal in one.proposals]
            untrue = self.healing.untrue(emission, proposals, due, note=note)
        due += untrue
        self.held.check()
        emission.expect(owners)
        report = sink.send(due, emission.acknowledge)
        self.healing.healed(emission, untrue, {proposal for proposal, _ in report.failed})
        self.sent = self.sent + SendReport(report.sent, (), report.causes)
        failed = Counter(owners[proposal.urn] for proposal, _ in report.failed)
        asked = Counter(owners[proposal.urn] for proposal in due)
        decided = report.sent + len(report.failed) == len(due)
        memory = [one.to_remember(failed[one.connector.name]) for one in made]
        if decided:
            self._remember(emission, [one for one in memory if one is not None])
        else:
            self.undecided.append((emission, [one for one in memory if one is not None]))
        self.healing.through(names)
        return [one.result(asked[one.connector.name], failed[one.connector.name]) for one in made]

    def _remember(self, emission: Emission, derived: list[Derived]) -> None:
        """Store what was acknowledged and derived, in one transaction, while the lock is held."""
        if derived or emission.unsaved:
            self.held.check()
            with self.state.database.writing() as connection:
                emission.flush(connection)
                self.state.remember(connection, derived)

    def _closed(self, report: Report, closing: SendReport) -> Report:
        """Remember what the sink decided only when it was closed, and return the report with it.

        ``closing``: what the sink decided then.
        """
        failed = Counter(proposal.urn for proposal, _ in closing.failed)
        for emission, memory in self.undecided:
            lost = {emission.owners[urn] for urn in failed if urn in emission.owners}
            self._remember(emission, [one.failed() if one.lineage.connector in lost else one for one in memory])
        report = replace(report, removed=tuple(self.removed))
        if closing.ok:
            return report
        counts = replace(
            self.counts,
            sent=self.counts.sent - len(closing.failed),
            failed=self.counts.failed + len(closing.failed),
        )
        causes = {**report.causes, **closing.causes}
        stale = report.stale and replace(report.stale, gone_connectors=())
        return replace(report, counts=counts, causes=causes, stale=stale)
