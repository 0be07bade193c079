"""Send what is due of a few connectors at a time, and remember what became of it.

What the connectors of a chunk are, were and become is read from the state, described, sent where DataHub has not
acknowledged it, and stored again. The order keeps a kill harmless (see ``state.receipts``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from kc_lineage_dagster.chunks import chunks
from kc_lineage_dagster.connect.snapshot import Connector
from kc_lineage_dagster.emit.aspects import Proposal
from kc_lineage_dagster.emit.sinks import SendReport
from kc_lineage_dagster.emit.verify import CHARACTERS
from kc_lineage_dagster.errors import StateError
from kc_lineage_dagster.lineage import ConnectorLineage
from kc_lineage_dagster.run.context import RunContext
from kc_lineage_dagster.run.describe import describe
from kc_lineage_dagster.run.healing import Healing
from kc_lineage_dagster.run.lineages import Lineages
from kc_lineage_dagster.run.removal import Vanished
from kc_lineage_dagster.run.report import ConnectorResult, Result, Untouched
from kc_lineage_dagster.state.cluster_state import Derived
from kc_lineage_dagster.state.emission import Emission
from kc_lineage_dagster.state.receipts import ALIVE

_EDGES = 5  # of a connector that counts for one in a chunk
_LONGER = 8  # times that aspects may be longer than the lineage that they are made of: URNs for names


@dataclass(slots=True)
class Sending:
    """What a run sends of its connectors, and what has become of it so far.

    Args:
        context: What the run works with.
        lineages: Gives the connectors with their lineage.
        vanished: Gets what may have to go.
        healing: The comparison of DataHub with the receipts.
        all_of_it: Whether to send what is acknowledged too.
        report: What the sink has decided so far.
        undecided: Chunks that the sink decides only when it is closed, with what is to be remembered then.
    """

    context: RunContext
    lineages: Lineages
    vanished: Vanished
    healing: Healing
    all_of_it: bool
    report: SendReport = field(default_factory=SendReport)
    undecided: list[tuple[Emission, list[Derived]]] = field(default_factory=list)

    def results(self, names: Sequence[str]) -> Iterator[Sequence[Result]]:
        """Send what is due of these connectors, and yield the results of a few at a time."""
        if not self.lineages.taken:
            for found in chunks(self.lineages.of(names), weight=_weight):
                yield self._sent(found)
            return
        for chunk in chunks(names):
            yield self._untouched(chunk) or self._sent(list(self.lineages.of(chunk)), note=True)

    def _untouched(self, names: Sequence[str]) -> list[Untouched]:
        """Return the results of a few connectors of which nothing has changed and DataHub holds everything.

        Nothing where that takes more to see than their receipts. Lineage is ``taken``, so their proposals are those
        that the receipts note.
        """
        outlines, held = self.context.state.outlines(names), self.context.receipts.of_connectors(names)
        large = sum(one.characters for one in outlines.values()) > CHARACTERS / _LONGER
        if large or len(outlines) < len(names) or any(one.state != ALIVE for one in held.values()):
            return []
        if not self.healing.holds(names, held):
            return []
        self.vanished.processed.update(names)
        self.healing.through(names)
        urns: dict[str | None, list[str]] = {}
        for urn, one in held.items():
            urns.setdefault(one.connector, []).append(urn)
        look_up = self.lineages.named(names)
        return [Untouched(name, outlines[name], frozenset(urns.get(name, ())), look_up) for name in names]

    def _sent(
        self, chunk: Sequence[tuple[Connector, ConnectorLineage]], *, note: bool = False
    ) -> list[ConnectorResult]:
        """Send what is due of a few connectors, remember them, and return their results.

        ``chunk``: the connectors, each with its lineage.
        ``note``: whether to note the forms in which DataHub holds what is right, for ``_untouched`` of later runs.
        """
        run = self.context
        made = describe(run.cluster, run.state, chunk, self.lineages.entries, run.mark, run.facts.code_version)
        names = [one.connector.name for one in made]
        emission = Emission.of(run.receipts, run.state, names)
        due: list[Proposal] = []
        owners: dict[str, str] = {}
        for one in made:
            name = one.connector.name
            due += one.proposals if self.all_of_it else emission.due(name, one.proposals)
            owners.update(dict.fromkeys(one.urns, name))
            self.vanished.add(one.connector, emission.vanished(name, one.urns), one.understood)
        untrue: list[Proposal] = []
        if not self.healing.skips(names):
            proposals = [proposal for one in made for proposal in one.proposals]
            untrue = self.healing.untrue(emission, proposals, due, note=note)
        due += untrue
        run.held.check()
        emission.expect(owners)
        report = self._delivered(due, emission)
        self.healing.healed(emission, untrue, {proposal for proposal, _ in report.failed})
        self.report = self.report + SendReport(report.sent, (), report.causes)
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

    def _delivered(self, due: Sequence[Proposal], emission: Emission) -> SendReport:
        """Send proposals and return what the sink has decided.

        An interruption (Ctrl-C, SIGTERM), which is no Exception, ends the run in the middle of it. What was
        acknowledged until then is stored, so that the next run does not send it again.
        """
        try:
            return self.context.sink.send(due, emission.acknowledge)
        except BaseException as error:
            if not isinstance(error, Exception):
                with suppress(StateError):
                    self._remember(emission, [])
            raise

    def closed(self, closing: SendReport) -> None:
        """Remember what the sink decided only when it was closed. ``closing``: what it decided then."""
        failed = {proposal.urn for proposal, _ in closing.failed}
        for emission, memory in self.undecided:
            lost = {emission.owners[urn] for urn in failed if urn in emission.owners}
            self._remember(emission, [one.failed() if one.lineage.connector in lost else one for one in memory])

    def _remember(self, emission: Emission, derived: list[Derived]) -> None:
        """Store what was acknowledged and derived, in one transaction, while the lock is held."""
        if derived or emission.unsaved:
            self.context.held.check()
            with self.context.state.database.writing() as connection:
                emission.flush(connection)
                self.context.state.remember(connection, derived)


def _weight(found: tuple[Connector, ConnectorLineage]) -> float:
    """Return for how many connectors one counts: its proposals are in memory at once, three for each of its jobs."""
    return max(1.0, len(found[1].edges) / _EDGES)
