"""Verification: compare what a GMS acknowledged earlier with what it holds now, aspect by aspect. Writes nothing.

Entities can vanish behind a receipt, by a restored backup or by somebody's deletion. A GMS that cannot be asked ends
the verification with one line: receipts are then believed, as they are for every other sink.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kc_lineage_dagster.chunks import chunks
from kc_lineage_dagster.emit.aspects import TAGS, Proposal, aspect_hash
from kc_lineage_dagster.emit.read_back import ENTITIES, ReadBack

CHARACTERS = 8_000_000  # of the aspects that one answer may hold: column lineage makes some of them large

_MAP = "customProperties"  # compared whole, key by key: DataHub adds fields to an aspect, but no keys to this map

# The fields that ``emit.aspects`` may write. Where a proposal has no value for such a field, DataHub must hold none
# either: a value that a restored backup or somebody else left there is as wrong as a missing one. DataHub may add any
# other field.
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "dataFlowInfo": ("name", "description", "externalUrl"),
    "dataJobInfo": ("name", "description", "externalUrl", "type"),
    "dataJobInputOutput": ("inputDatasets", "outputDatasets", "fineGrainedLineages"),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """The outcome of a comparison; proposals that could not be compared are in neither list.

    ``right``: the proposals whose aspects the GMS holds as they were sent, each with the value that it holds, which may
    say more.
    ``differing``: those whose aspect is missing or says something else, each with the hash of what the GMS holds.
    """

    right: list[tuple[Proposal, Any]] = field(default_factory=list)
    differing: list[tuple[Proposal, str]] = field(default_factory=list)


class Verifier:
    """Compares acknowledged proposals with what a GMS holds, until the GMS gives no usable answer or time is over."""

    def __init__(self, read_back: ReadBack) -> None:
        """``read_back``: the reader of this run, whose time all comparisons of the run share."""
        self._read_back = read_back
        self.clock = read_back.clock

    @property
    def problem(self) -> str | None:
        """Why the rest of the run is not verified, in one line; None while nothing went wrong."""
        return self._read_back.problem

    @property
    def late(self) -> bool:
        """Whether the time of the run was over before everything was compared."""
        return self._read_back.late

    def compared(self, proposals: Sequence[Proposal]) -> Compared:
        """Compare the aspects of proposals with what the GMS holds now; stop at the first problem."""
        found = Compared()
        for kind, batch in _batches(proposals):
            asked = {urn: [one.aspect_name for one in due] for urn, due in batch.items()}
            there = self._read_back.read(kind, asked)
            if there is None:
                break
            for one in (one for due in batch.values() for one in due):
                held = there.get(one.urn, {}).get(one.aspect_name)
                if says(held, one):
                    found.right.append((one, held))
                else:
                    found.differing.append((one, aspect_hash(held)))
        return found

    def holds(self, entities: Mapping[str, Mapping[str, str]]) -> bool:
        """Tell whether a GMS holds aspects exactly as it last did; True also where it gives no usable answer.

        Neither proposals nor their values are needed. False tells only that ``compared`` must look.

        ``entities``: URN -> name of the aspect -> the hash of what the GMS last held.
        """
        for kind in sorted({_kind(urn) for urn in entities}):
            for urns in chunks(sorted(urn for urn in entities if _kind(urn) == kind), ENTITIES):
                there = self._read_back.read(kind, {urn: sorted(entities[urn]) for urn in urns})
                if there is None:
                    return True
                for urn in urns:
                    held = there.get(urn, {})
                    if any(aspect_hash(held.get(name)) != form for name, form in entities[urn].items()):
                        return False
        return True


def says(held: Any, proposal: Proposal) -> bool:
    """Tell whether an aspect says what a proposal says, as far as this project writes the aspect.

    ``held``: the aspect's value as the GMS holds it, None where it holds none. Tags that people added do not count.
    """
    if not isinstance(held, dict):
        return False
    ours = proposal.aspect
    if proposal.aspect_name == TAGS:
        return _tags(ours) <= _tags(held)
    return (held.get(_MAP) or {}) == ours.get(_MAP, {}) and all(
        _same(held.get(name), ours.get(name)) for name in _FIELDS.get(proposal.aspect_name, ours)
    )


def _tags(aspect: Mapping[str, Any]) -> set[str]:
    given = aspect.get("tags")
    rows = given if isinstance(given, list) else []
    return {str(row.get("tag")) for row in rows if isinstance(row, Mapping)}


def _same(held: Any, ours: Any) -> bool:
    """Tell whether a value that the GMS holds says what ours says; it may have further fields."""
    if not ours:  # DataHub may leave out a value that is empty or false
        return not held
    if isinstance(ours, dict):
        if not isinstance(held, dict):  # GMS may show a union, such as {"string": "COMMAND"}, as its bare value
            return list(ours.values()) == [held]
        return all(_same(held.get(name), value) for name, value in ours.items())
    if isinstance(ours, list):
        return isinstance(held, list) and len(held) == len(ours) and all(map(_same, held, ours))
    return bool(held == ours)


def _kind(urn: str) -> str:
    return urn.split(":", 3)[2]


def _batches(proposals: Sequence[Proposal]) -> Iterator[tuple[str, dict[str, list[Proposal]]]]:
    """Yield the proposals in batches of one entity type, as (type, URN -> proposals).

    A batch has at most ``ENTITIES`` entities, and at most ``CHARACTERS`` of aspects unless one entity alone has more.
    """
    kinds: dict[str, dict[str, list[Proposal]]] = {}
    for one in proposals:
        kinds.setdefault(one.entity_type, {}).setdefault(one.urn, []).append(one)
    for kind, entities in kinds.items():
        batch: dict[str, list[Proposal]] = {}
        characters = 0
        for urn, due in entities.items():
            size = sum(one.size for one in due)
            if batch and (len(batch) >= ENTITIES or characters + size > CHARACTERS):
                yield kind, batch
                batch, characters = {}, 0
            batch[urn] = due
            characters += size
        yield kind, batch
