"""Is what a GMS acknowledged still there? Read back in bulk, compared aspect by aspect, never written.

A GMS that cannot be asked ends the verification with one line: receipts are then believed, as they are for every other
sink.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kc_lineage_dagster.emit.aspects import TAGS, Proposal
from kc_lineage_dagster.emit.read_back import ENTITIES, ReadBack

_CHARACTERS = 8_000_000  # of aspects in one answer: column lineage makes some of them large

_MAP = "customProperties"  # compared whole: its keys are no fields that DataHub could add to

# The fields that ``emit.aspects`` may write. One that is not written now must not be there either: what a restored
# backup or somebody else left there is as wrong as a missing one. DataHub may add any other field.
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "dataFlowInfo": ("name", "description", "externalUrl"),
    "dataJobInfo": ("name", "description", "externalUrl", "type"),
    "dataJobInputOutput": ("inputDatasets", "outputDatasets", "fineGrainedLineages"),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """``right``: the proposals that the GMS holds as they are. ``differing``: those whose aspect is missing or says
    something else, with the hash of what is there.
    """

    right: list[Proposal] = field(default_factory=list)
    differing: list[tuple[Proposal, str]] = field(default_factory=list)


class Verifier:
    """Compares acknowledged proposals with what a GMS holds, until something goes wrong.

    ``problem``: why the rest of the run is not verified, in one line; None while nothing went wrong.
    """

    def __init__(self, read_back: ReadBack) -> None:
        """``read_back``: of one run."""
        self._read_back = read_back
        self.clock = read_back.clock

    @property
    def problem(self) -> str | None:
        """See the class."""
        return self._read_back.problem

    @property
    def late(self) -> bool:
        """Whether the time of a run was over before everything was compared."""
        return self._read_back.late

    def compared(self, proposals: Sequence[Proposal]) -> Compared:
        """Compare proposals with what is there; those that could not be are in neither list."""
        found = Compared()
        for kind, batch in _batches(proposals):
            asked = {urn: [one.aspect_name for one in due] for urn, due in batch.items()}
            there = self._read_back.read(kind, asked)
            if there is None:
                break
            for one in (one for due in batch.values() for one in due):
                held = there.get(one.urn, {}).get(one.aspect_name)
                if says(held, one):
                    found.right.append(one)
                else:
                    found.differing.append((one, _hash(held)))
        return found


def says(held: Any, proposal: Proposal) -> bool:
    """Tell whether an aspect as the GMS holds it (None: it does not) says what a proposal says."""
    if not isinstance(held, dict):
        return False
    ours = proposal.aspect
    if proposal.aspect_name == TAGS:
        return _tags(ours) <= _tags(held)  # people add tags of their own
    return (held.get(_MAP) or {}) == ours.get(_MAP, {}) and all(
        _same(held.get(name), ours.get(name)) for name in _FIELDS.get(proposal.aspect_name, ours)
    )


def _tags(aspect: Mapping[str, Any]) -> set[str]:
    given = aspect.get("tags")
    rows = given if isinstance(given, list) else []
    return {str(row.get("tag")) for row in rows if isinstance(row, Mapping)}


def _same(held: Any, ours: Any) -> bool:
    if not ours:  # DataHub may leave out what is empty or false
        return not held
    if isinstance(ours, dict):
        if not isinstance(held, dict):  # a union ({"string": "COMMAND"}) may be shown as its value
            return list(ours.values()) == [held]
        return all(_same(held.get(name), value) for name, value in ours.items())
    if isinstance(ours, list):
        return isinstance(held, list) and len(held) == len(ours) and all(map(_same, held, ours))
    return bool(held == ours)


def _hash(held: Any) -> str:
    text = json.dumps(held, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:32]


def _batches(proposals: Sequence[Proposal]) -> Iterator[tuple[str, dict[str, list[Proposal]]]]:
    """Type, and URN -> proposals: a limited number of entities at a time, whose answer is of a limited size."""
    kinds: dict[str, dict[str, list[Proposal]]] = {}
    for one in proposals:
        kinds.setdefault(one.entity_type, {}).setdefault(one.urn, []).append(one)
    for kind, entities in kinds.items():
        batch: dict[str, list[Proposal]] = {}
        characters = 0
        for urn, due in entities.items():
            size = sum(one.size for one in due)
            if batch and (len(batch) >= ENTITIES or characters + size > _CHARACTERS):
                yield kind, batch
                batch, characters = {}, 0
            batch[urn] = due
            characters += size
        yield kind, batch
