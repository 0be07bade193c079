"""DataHub is verified, not believed: what it no longer holds as it acknowledged it is sent again in the same run."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from kc_lineage_dagster.emit.aspects import Proposal
from kc_lineage_dagster.emit.verify import Verifier
from kc_lineage_dagster.state.receipts import Emission

_SHOWN = 3  # URNs in a note


@dataclass(slots=True)
class Healing:
    """What a run found when it compared DataHub with the receipts.

    ``verifier``: None when nothing is compared, because everything is sent anyway or the sink cannot be asked.
    """

    verifier: Verifier | None = None
    _found: dict[str, None] = field(default_factory=dict)

    def untrue(self, emission: Emission, proposals: Sequence[Proposal], due: Sequence[Proposal]) -> list[Proposal]:
        """Return those of the acknowledged proposals that DataHub no longer holds so.

        ``proposals``: what is true now. ``due``: those of them that are sent anyway.
        """
        if self.verifier is None:
            return []
        sent = {(one.urn, one.aspect_name) for one in due}
        acknowledged = [one for one in proposals if (one.urn, one.aspect_name) not in sent]
        found = emission.untrue(self.verifier.differing(acknowledged))
        self._found.update(dict.fromkeys(one.urn for one in found))
        return found

    def healed(self, emission: Emission, untrue: Sequence[Proposal], failed: Collection[Proposal]) -> None:
        """Read back what was sent again: what DataHub holds otherwise even now is its way of storing it."""
        if self.verifier is not None and untrue:
            emission.shown(self.verifier.differing([one for one in untrue if one not in failed]))

    def notes(self) -> tuple[str, ...]:
        """Return what a user should know, in a line each."""
        lines = []
        if self._found:
            urns = list(self._found)
            more = f" and {len(urns) - _SHOWN} more" if len(urns) > _SHOWN else ""
            lines.append(
                f"DataHub no longer held {len(urns)} flows and jobs as they were acknowledged (restored, deleted or"
                f" overwritten?); they were sent again: {', '.join(urns[:_SHOWN])}{more}"
            )
        if self.verifier is not None and self.verifier.problem:
            lines.append(self.verifier.problem)
        return tuple(lines)
