"""What DataHub has acknowledged, per connector: URN -> aspect -> content hash. No values, so no secrets.

A folder holds ``receipts.json`` (a document replaced whole) and ``receipts.journal`` (a line per acknowledged
batch, so that a kill in the middle of an emission forgets nothing). Replaying the journal over a document
that holds it already changes nothing. One process writes at a time (the cluster's lock); anyone may read.

The order that keeps a kill harmless: a write is noted after its acknowledgement (at worst it is sent again);
a removal is noted before it is sent, so that an entity which comes back is told ``removed=false`` again
whatever became of the answer.

Connector names stand inside the documents only: no name can reach outside the folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kc_lineage_dagster.documents import read_document, write_document
from kc_lineage_dagster.emit.aspects import Proposal
from kc_lineage_dagster.emit.which_datahub import Seen
from kc_lineage_dagster.errors import StateError
from kc_lineage_dagster.state.journal import Journal

VERSION = 1
ADOPTED = ""  # the owner of entities that no connector of ours is known to have made (`datahub ingest` did)

_REMOVING = "removing"  # instead of the hash of ``status``: its removal was decided, not yet acknowledged
_UNKNOWN = "?"  # instead of a hash: it was sent, but DataHub may have lost it

# The journal is folded into the document when it outgrows this many bytes and a quarter of the document.
_FOLD_BYTES = 256 * 1024
_FOLD_SHARE = 0.25

_Entities = dict[str, dict[str, str]]  # URN -> aspect -> hash


@dataclass(slots=True)
class _State:
    identity: str | None = None
    incarnation: str | None = None
    baseline: int | None = None
    connectors: dict[str, _Entities] = field(default_factory=dict)


class Receipts:
    """The receipts of one cluster. Every change is on disk when the method that makes it returns."""

    __slots__ = ("_document", "_journal", "_read_only", "_state")

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        """Receipts kept in ``folder``, not yet read: use ``load``."""
        self._read_only = read_only
        self._document = folder / "receipts.json"
        self._journal = Journal(folder / "receipts.journal")
        self._state = _State()

    @classmethod
    def load(cls, folder: Path, *, read_only: bool = False) -> Receipts:
        """What the folder holds, nothing if it holds nothing; creates no file.

        ``read_only``: changes stay in memory, for a dry run. Raises StateError when the document is
        not readable (a kill cannot make it so).
        """
        receipts = cls(folder, read_only=read_only)
        receipts._state = _state_of(read_document(receipts._document), receipts._document)
        for operation, *arguments in receipts._journal.lines():
            _APPLY[operation](receipts._state, *arguments)
        return receipts

    @property
    def identity(self) -> str | None:
        """The sink the receipts are of (``sink_identity``); None when there are none yet."""
        return self._state.identity

    @property
    def incarnation(self) -> str | None:
        """Which DataHub stood at that address, as far as it could be asked."""
        return self._state.incarnation

    @property
    def baseline(self) -> int | None:
        """How many entities there were when a removal was first refused; see ``stale.plan``."""
        return self._state.baseline

    def connectors(self) -> frozenset[str]:
        """Names of the connectors that have receipts."""
        return frozenset(self._state.connectors) - {ADOPTED}

    def urns(self, connector: str) -> frozenset[str]:
        """Flow and jobs of one connector that DataHub holds, or may hold."""
        return frozenset(self._state.connectors.get(connector, ()))

    def holdings(self) -> dict[str, frozenset[str]]:
        """``urns`` of every owner, ADOPTED included: what ``stale.plan`` calls previous."""
        return {name: frozenset(entities) for name, entities in self._state.connectors.items()}

    def all_urns(self) -> frozenset[str]:
        """Every URN held here; another recipe's are never removed."""
        return frozenset(urn for entities in self._state.connectors.values() for urn in entities)

    def pending(self) -> frozenset[str]:
        """Entities whose removal was decided and is not acknowledged."""
        return frozenset(urn for urn, aspects in self._entities() if aspects.get("status") == _REMOVING)

    def alive(self) -> frozenset[str]:
        """Entities that DataHub must hold now if it is the one these receipts are of."""
        distrusted = {_REMOVING, _UNKNOWN, None}
        return frozenset(urn for urn, aspects in self._entities() if aspects.get("status") not in distrusted)

    def diff(self, connector: str, proposals: Sequence[Proposal]) -> tuple[Proposal, ...]:
        """Those proposals that are not acknowledged with this very content."""
        held = self._state.connectors.get(connector, {})
        nothing: dict[str, str] = {}
        return tuple(p for p in proposals if held.get(p.urn, nothing).get(p.aspect_name) != p.hash)

    def acknowledge(self, owners: Mapping[str, str], proposals: Iterable[Proposal]) -> None:
        """Note what DataHub acknowledged. ``owners``: URN -> connector; a removal needs none.

        Proposals of entities without an owner (a checkpoint) leave no receipt.
        """
        gone, rows = [], []
        for p in proposals:
            if p.aspect_name == "status" and p.aspect["removed"]:
                gone.append(p.urn)
            elif p.urn in owners:
                rows.append([owners[p.urn], p.urn, p.aspect_name, p.hash])
        if rows:
            self._note("ack", rows)
        if gone:
            self._note("gone", gone)

    def begin_removal(self, urns: Iterable[str]) -> None:
        """Note that these entities are about to be removed; they stay pending until acknowledged."""
        chosen = sorted(urns)
        if chosen:
            self._note("removing", chosen, sync=True)

    def drop(self, urns: Iterable[str]) -> None:
        """Forget entities without removing them: another recipe answers for them (``StalePlan.dropped``)."""
        chosen = sorted(urns)
        if chosen:
            self._note("gone", chosen)

    def forget(self, connector: str) -> None:
        """Drop a connector's receipts: all of it is sent again when it is seen again."""
        if connector in self._state.connectors:
            self._note("forget", connector)

    def set_baseline(self, entities: int | None) -> None:
        """Keep ``StalePlan.baseline``."""
        if entities != self._state.baseline:
            self._note("baseline", entities)

    def reconcile(self, identity: str, seen: Seen) -> str | None:
        """Make the receipts describe this sink; returns why everything must be sent, or None.

        Another sink, or a DataHub that is new or empty: nothing is left of the receipts. A DataHub that has
        lost some of what it acknowledged: no hash is relied on, but the entities stay known.
        """
        state = self._state
        known = seen.incarnation if seen.incarnation is not None else state.incarnation
        reason, action = _verdict(state, identity, seen)
        if action == "reset":
            self._note("reset", identity, seen.incarnation)
            return reason
        if action == "distrust":
            self._note("distrust")
        if (identity, known) != (state.identity, state.incarnation):
            self._note("is", identity, known)
        return reason

    def save(self) -> None:
        """Make everything outlive a power cut; folds a long journal into the document."""
        if self._read_only:
            return
        size = self._journal.size()
        document = self._document.stat().st_size if self._document.exists() else 0
        if size > _FOLD_BYTES and size > document * _FOLD_SHARE:
            write_document(self._document, _document_of(self._state))
            self._journal.clear()
        self._journal.sync()

    def close(self) -> None:
        """``save``, then release the files."""
        self.save()
        self._journal.close()

    def _entities(self) -> Iterable[tuple[str, dict[str, str]]]:
        for entities in self._state.connectors.values():
            yield from entities.items()

    def _note(self, operation: str, *arguments: Any, sync: bool = False) -> None:
        if not self._read_only:
            self._journal.append([operation, *arguments], sync=sync)
        _APPLY[operation](self._state, *arguments)


def _verdict(state: _State, identity: str, seen: Seen) -> tuple[str | None, str | None]:
    """(why everything must be sent, what to do with the receipts)."""
    if state.identity is None or not state.connectors:
        return "nothing was sent to this DataHub before", None
    if state.identity != identity:
        return f"the sink is another one now ({identity}, before: {state.identity})", "reset"
    if seen.empty:
        return "DataHub is new or empty", "reset"
    if None not in (seen.incarnation, state.incarnation) and seen.incarnation != state.incarnation:
        return "another DataHub answers at this address", "reset"
    if seen.missing:
        return f"DataHub no longer holds {min(seen.missing)}", "distrust"
    return None, None


def _ack(state: _State, rows: Iterable[tuple[str, str, str, str]]) -> None:
    for connector, urn, aspect, content in rows:
        state.connectors.setdefault(connector, {}).setdefault(urn, {})[aspect] = content


def _gone(state: _State, urns: Sequence[str]) -> None:
    chosen = set(urns)
    for connector, entities in list(state.connectors.items()):
        for urn in chosen.intersection(entities):
            del entities[urn]
        if not entities:
            del state.connectors[connector]


def _removing(state: _State, urns: Sequence[str]) -> None:
    adopted = set(urns)
    for entities in state.connectors.values():
        for urn in adopted.intersection(entities):
            entities[urn]["status"] = _REMOVING
            adopted.discard(urn)
    if adopted:
        state.connectors.setdefault(ADOPTED, {}).update({urn: {"status": _REMOVING} for urn in adopted})


def _distrust(state: _State) -> None:
    for entities in state.connectors.values():
        for aspects in entities.values():
            aspects.update({name: _UNKNOWN for name, content in aspects.items() if content != _REMOVING})


def _forget(state: _State, connector: str) -> None:
    state.connectors.pop(connector, None)


def _reset(state: _State, identity: str, incarnation: str | None) -> None:
    state.identity, state.incarnation, state.baseline, state.connectors = identity, incarnation, None, {}


def _is(state: _State, identity: str, incarnation: str | None) -> None:
    state.identity, state.incarnation = identity, incarnation


def _baseline(state: _State, entities: int | None) -> None:
    state.baseline = entities


_APPLY: Mapping[str, Callable[..., None]] = {
    "ack": _ack,
    "gone": _gone,
    "removing": _removing,
    "distrust": _distrust,
    "forget": _forget,
    "reset": _reset,
    "is": _is,
    "baseline": _baseline,
}


def _state_of(document: Any, path: Path) -> _State:
    if document is None:
        return _State()
    if not isinstance(document, dict) or document.get("version") != VERSION:
        raise StateError(
            f"state cannot be read: {path} is not of version {VERSION}; delete it to send everything again"
        )
    return _State(**{name: document[name] for name in ("identity", "incarnation", "baseline", "connectors")})


def _document_of(state: _State) -> dict[str, Any]:
    return {
        "version": VERSION,
        "identity": state.identity,
        "incarnation": state.incarnation,
        "baseline": state.baseline,
        "connectors": state.connectors,
    }
