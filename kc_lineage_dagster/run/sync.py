"""One run over one cluster: derive, emit, remove what vanished. Knows nothing of Dagster.

A cluster is worked on in chunks (``run.sending``), so that it is never held whole. Removals come last, and only after
everything else has succeeded.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from kc_lineage_dagster.emit.read_back import ReadBack
from kc_lineage_dagster.emit.sinks import RestSink, SendReport, Sink
from kc_lineage_dagster.emit.verify import Verifier
from kc_lineage_dagster.errors import StateError
from kc_lineage_dagster.lineage import ConnectorLineage
from kc_lineage_dagster.page.write import write_page
from kc_lineage_dagster.run.adoption import adopt, inherit
from kc_lineage_dagster.run.beyond import Memories
from kc_lineage_dagster.run.cluster import Cluster, Progress
from kc_lineage_dagster.run.context import RunContext
from kc_lineage_dagster.run.healing import Healing
from kc_lineage_dagster.run.lineages import Lineages
from kc_lineage_dagster.run.removal import Vanished, remove_stale
from kc_lineage_dagster.run.report import Counts, Report, Request, Result
from kc_lineage_dagster.run.sending import Sending
from kc_lineage_dagster.state.lock import hold
from kc_lineage_dagster.state.receipts import ALIVE, Receipts
from kc_lineage_dagster.version import code_version


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
        cluster, state, request = self._cluster, self._cluster.state, self._request
        with hold(state, cluster.recipe.options.lock_timeout, request.run_id) as held, state.database.keeping():
            facts = state.facts()
            if facts is None:
                raise StateError(f"cluster {cluster.file.slug} was never read: materialize raw_connector_configs first")
            self.read_at = facts.listed_at
            receipts = Receipts(state)
            sink = self._datahub.open(request.run_id, cluster.recipe.pipeline_name)
            context = RunContext(cluster, state, request, facts, held, sink, receipts)
            self._report = yield from _Run(context, self._datahub, self._progress).run()


@dataclass(slots=True)
class _Run:
    """A run while it goes on.

    Args:
        context: What the run works with.
        datahub: The DataHub side, whose sink is open.
        progress: Called with the numbers of connectors that are done and to be done.
        counts: The run in numbers so far.
    """

    context: RunContext
    datahub: DataHub
    progress: Progress | None
    counts: Counts = field(default_factory=Counts)

    def run(self) -> Generator[Result, None, Report]:
        """Run: yield the result of each connector, and return the report."""
        context, state, receipts = self.context, self.context.state, self.context.receipts
        everything = self.datahub.renders_whole()
        try:
            read_back = self._read_back()
            full = self._reconciled(read_back)
            adopted = self._adopted(read_back)
            vanished = Vanished(receipts.count(), frozenset(state.names()), self._held_before())
            names, missing = self._chosen(everything)
            all_of_it = full is not None or everything or context.request.resend
            sending = self._sending(vanished, read_back, all_of_it)
            yield from self._results(sending, names)
            sending.healing.finish()
            counts = replace(self.counts, derived=sending.lineages.derived)
            report = Report(counts, len(names) == len(state.names()), sending.report.causes, missing, full)
            if context.request.remove and not report.problem:
                context.held.check()
                vanished.read = frozenset(state.names())  # a connector may have been created meanwhile
                report = remove_stale(context, vanished, report)
        except BaseException:
            if not everything:  # unclosed, a sink that is written whole leaves its last output as it was
                context.sink.close()
            raise
        closing = context.sink.close()
        sending.closed(closing)
        report = _closed(replace(report, removed=tuple(vanished.removed)), closing)
        lost = self._settled(report, sending.lineages)
        page = write_page(state, context.cluster.file.slug, context.cluster.page)
        warnings = tuple(dict.fromkeys((*sending.lineages.notes, *adopted, *sending.healing.notes(), *page)))
        return replace(report, warnings=warnings, entities=receipts.count(ALIVE), gone=lost)

    def _read_back(self) -> ReadBack | None:
        """Return what asks the sink what it holds; None when the sink cannot be asked, or shall not be."""
        sink, verifies = self.context.sink, self.context.cluster.recipe.options.verify
        return sink.read_back() if isinstance(sink, RestSink) and verifies else None

    def _reconciled(self, read_back: ReadBack | None) -> str | None:
        """Bring the receipts in line with the DataHub that is there; return why everything must be sent, or None."""
        context = self.context
        # a sink that can be read back is compared with the receipts chunk by chunk: no entity is looked for here
        expected = frozenset() if read_back else frozenset(context.receipts.urns(ALIVE))
        full = context.receipts.reconcile(self.datahub.identity(), context.sink.look(expected))
        if not context.request.full_refresh:
            return full
        context.state.forget_evidence()
        return "full_refresh was asked for"

    def _adopted(self, read_back: ReadBack | None) -> tuple[str, ...]:
        """Adopt what the state does not know, in a run that looks at everything; return notes for the user."""
        context = self.context
        if context.request.connectors is not None or not context.request.remove:
            return ()
        inherited = inherit(context.cluster, context.receipts, context.facts.head)
        if read_back is None or not isinstance(context.sink, RestSink):
            return inherited
        return (*inherited, *adopt(context.cluster, context.receipts, context.sink, read_back, context.mark))

    def _held_before(self) -> frozenset[str]:
        """Return what DataHub held before the run, for a recipe with a pipeline name.

        It is compared with what ``datahub ingest`` remembers of the pipeline.
        """
        return frozenset(self.context.receipts.urns()) if self.context.cluster.recipe.pipeline_name else frozenset()

    def _chosen(self, everything: bool) -> tuple[list[str], dict[str, str]]:
        """Return the connectors to process, and those asked for that are not in the snapshot, with why.

        ``everything``: whether all are processed, whatever was asked for.
        """
        state, request = self.context.state, self.context.request
        known = state.names()
        if request.connectors is None:
            return known, {}
        wanted = set(request.connectors)
        wanted -= set(request.may_be_gone) - state.listed()
        unread = self.context.facts.head.unread
        missing = {name: unread.get(name, "it is not in the cluster") for name in wanted.difference(known)}
        return [name for name in known if everything or name in wanted], missing

    def _sending(self, vanished: Vanished, read_back: ReadBack | None, all_of_it: bool) -> Sending:
        """Return what sends; lineage is taken from the state where nothing has changed and not all of it is sent.

        Args:
            vanished: Gets what may have to go.
            read_back: Asks the sink what it holds, None where it is not asked.
            all_of_it: Whether to send what is acknowledged too.
        """
        context, request = self.context, self.context.request
        whole = request.connectors is None
        healing = Healing()
        if read_back and not all_of_it:
            healing = Healing(Verifier(read_back), context.receipts if whole else None)
        memories = Memories.RENEWED if request.full_refresh else Memories.KEPT
        may_take = not all_of_it and whole and context.facts.code_version == code_version()
        head, mark = context.facts.head, context.mark
        lineages = Lineages(context.cluster, context.state, head, mark, memories, may_take=may_take)
        return Sending(context, lineages, vanished, healing, all_of_it)

    def _results(self, sending: Sending, names: Sequence[str]) -> Iterator[Result]:
        """Send what is due of the connectors; yield their results, and count them."""
        for results in sending.results(names):
            for result in results:
                self.counts = self.counts.plus(result)
                yield result
            if self.progress:
                self.progress(self.counts.connectors, len(names))

    def _settled(self, report: Report, lineages: Lineages) -> tuple[ConnectorLineage, ...]:
        """Store what the run has come to, and return the last lineage of the connectors that are gone.

        ``report``: what became of the run. ``lineages``: of the run.
        """
        state, whole = self.context.state, self.context.request.connectors is None
        if whole:
            state.derived_by(code_version())
        gone = report.stale.gone_connectors if report.stale else ()
        lost = tuple(state.lineages(gone))
        state.forget(gone)
        if whole:
            tidy = report.stale is not None and not report.stale.keep_reasons
            lineages.settle(complete=report.problem is None and tidy)
        return lost


def _closed(report: Report, closing: SendReport) -> Report:
    """Return the report with what the sink decided only when it was closed. ``closing``: what it decided then."""
    if closing.ok:
        return report
    failed = len(closing.failed)
    counts = replace(report.counts, sent=report.counts.sent - failed, failed=report.counts.failed + failed)
    causes = {**report.causes, **closing.causes}
    stale = report.stale and replace(report.stale, gone_connectors=())
    return replace(report, counts=counts, causes=causes, stale=stale)
