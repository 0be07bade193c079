"""Compare DataHub with what it has acknowledged, and send again, in the same run, what it no longer holds like that."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from kc_lineage_dagster.emit.aspects import Proposal
from kc_lineage_dagster.emit.verify import Verifier
from kc_lineage_dagster.state.emission import Emission
from kc_lineage_dagster.state.receipts import Held, Receipts
from kc_lineage_dagster.wording import first_few

_SHOWN = 3  # URNs in a note
_NOTE_SECONDS = 10.0  # between two notes of how far a verification has come


@dataclass(slots=True)
class Healing:
    """What a run found when it compared DataHub with the receipts.

    Args:
        verifier: Does the comparison; None when nothing is compared, because everything is sent anyway or the sink
            cannot be asked.
        receipts: Note how far the verification has come, so that the next run goes on there when this one is cut short
            (a kill, a slow GMS); the run after that begins again with the first connector. None: nothing is noted.
    """

    verifier: Verifier | None = None
    receipts: Receipts | None = None
    _found: dict[str, None] = field(default_factory=dict)
    _after: str | None = field(default=None, init=False)
    _done: str | None = field(default=None, init=False)
    _noted: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        if self.verifier and self.receipts:
            self._after, self._noted = self.receipts.facts.verified_up_to, self.verifier.clock()

    def holds(self, names: Sequence[str], held: Mapping[str, Held]) -> bool:
        """Tell whether DataHub holds entities as their receipts say, or is not compared.

        Only the hashes of the receipts are used, so this tells whether DataHub holds what is true where the receipts
        are those of all that is true. False tells only that ``untrue`` must look.

        ``names``: the connectors, in the order of the run. ``held``: the receipts of their entities.
        """
        if self.verifier is None or self.skips(names):
            return True
        return self.verifier.holds({urn: one.forms for urn, one in held.items()})

    def untrue(
        self, emission: Emission, proposals: Sequence[Proposal], due: Sequence[Proposal], *, note: bool
    ) -> list[Proposal]:
        """Return those of the acknowledged proposals that DataHub no longer holds as they were acknowledged.

        Args:
            emission: The receipts of the connectors.
            proposals: What is true of the connectors now.
            due: Those of the proposals that are sent anyway, which are not compared.
            note: Whether to note the forms in which DataHub holds them, for ``holds`` of later runs.
        """
        if self.verifier is None:
            return []
        sent = {(one.urn, one.aspect_name) for one in due}
        compared = self.verifier.compared([one for one in proposals if (one.urn, one.aspect_name) not in sent])
        emission.right(compared.right, note=note)
        found = emission.untrue(compared.differing)
        self._found.update(dict.fromkeys(one.urn for one in found))
        return found

    def skips(self, names: Sequence[str]) -> bool:
        """Tell whether an earlier run, which was cut short later on, has verified these connectors.

        ``names``: in the order of the run.
        """
        return self._after is not None and names[-1] <= self._after

    def healed(self, emission: Emission, untrue: Sequence[Proposal], failed: Collection[Proposal]) -> None:
        """Read back what was sent again.

        What DataHub holds otherwise even now is its way of storing it, and is noted as such.

        Args:
            emission: The receipts of the connectors.
            untrue: The proposals that were sent again.
            failed: Proposals that DataHub did not acknowledge.
        """
        if self.verifier is not None and untrue:
            emission.shown(self.verifier.compared([one for one in untrue if one not in failed]).differing)

    def through(self, names: Sequence[str]) -> None:
        """Note now and then that these connectors are done, and all those before them. ``names``: in their order."""
        if self.receipts is None or self.verifier is None or self.verifier.problem:
            return
        self._done = names[-1]
        if self.verifier.clock() - self._noted > _NOTE_SECONDS:
            self.receipts.set_verified_up_to(names[-1])
            self._noted = self.verifier.clock()

    def finish(self) -> None:
        """Note where the next run goes on, at the end of this one."""
        if self.receipts is not None and self.verifier is not None:
            self.receipts.set_verified_up_to((self._done or self._after) if self.verifier.late else None)

    def notes(self) -> tuple[str, ...]:
        """Return what a user should know, in a line each."""
        lines = []
        if self._found:
            urns = list(self._found)
            lines.append(
                f"DataHub no longer held {len(urns)} flows and jobs as they were acknowledged (restored, deleted or"
                f" overwritten?); they were sent again: {first_few(urns, _SHOWN)}"
            )
        if self.verifier is not None and self.verifier.problem:
            lines.append(self.verifier.problem)
        return tuple(lines)
