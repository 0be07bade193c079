"""The receipts of a few connectors while their proposals are sent: what is due, and what DataHub made of what it took.

The order of notes that keeps a kill harmless is told in ``receipts``.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from kc_lineage_dagster.emit.aspects import Proposal, aspect_hash
from kc_lineage_dagster.state.cluster_state import ClusterState
from kc_lineage_dagster.state.receipts import ALIVE, UNKNOWN, Held, Receipts, as_held

_FLUSH_SECONDS = 5.0  # the longest time that an acknowledgement waits to be stored while others come in


@dataclass(slots=True)
class Emission:
    """The receipts of a few connectors while their proposals are sent. Make one by ``Emission.of``.

    Args:
        receipts: Of the cluster.
        state: Of the cluster.
        held: The receipts of these connectors' entities, by URN, as they are now.
        owners: URN -> connector, for the entities that are sent.
    """

    receipts: Receipts
    state: ClusterState
    held: dict[str, Held]
    owners: dict[str, str] = field(default_factory=dict)
    _dirty: set[str] = field(default_factory=set)
    _flushed: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, receipts: Receipts, state: ClusterState, connectors: Collection[str]) -> Emission:
        """Return an emission that begins with what is stored.

        Args:
            receipts: Of the cluster.
            state: Of the cluster.
            connectors: The connectors whose proposals are about to be sent.
        """
        return cls(receipts, state, receipts.of_connectors(connectors))

    def due(self, connector: str, proposals: Iterable[Proposal]) -> list[Proposal]:
        """Return those proposals of a connector that DataHub has not acknowledged with this very content."""
        found: list[Proposal] = []
        for one in proposals:
            held = self.held.get(one.urn)
            if held is None or held.connector != connector or held.aspects.get(one.aspect_name) != one.hash:
                found.append(one)
        return found

    def untrue(self, differing: Sequence[tuple[Proposal, str]]) -> list[Proposal]:
        """Return the acknowledged proposals that must be sent again, and drop their acknowledgements.

        ``differing``: proposals that DataHub holds differently, each with the hash of what it holds. One that it held
        in the same form right after taking it (``shown``) is left alone: DataHub stores it in that form.
        """
        found = []
        for one, there in differing:
            aspects = self.held[one.urn].aspects
            if aspects.get(as_held(one.aspect_name)) != there:
                del aspects[one.aspect_name]
                self._dirty.add(one.urn)
                found.append(one)
        return found

    def right(self, found: Iterable[tuple[Proposal, Any]], *, note: bool) -> None:
        """Take note of proposals that DataHub holds as they were sent, each with the value that it holds.

        What ``shown`` noted of them comes from an older server, and gives way to the form that DataHub has now.

        ``note``: whether a form that says more than was sent is noted too, so that ``forms`` knows it.
        """
        for one, held in found:
            aspects, name = self.held[one.urn].aspects, as_held(one.aspect_name)
            if not note and name not in aspects:
                continue
            form = aspect_hash(held)
            if form == one.hash:
                changed = aspects.pop(name, None) is not None
            else:
                changed = aspects.get(name) != form
                aspects[name] = form
            if changed:
                self._dirty.add(one.urn)

    def shown(self, differing: Iterable[tuple[Proposal, str]]) -> None:
        """Note in which form DataHub stores proposals that it has just taken, where that is not the form sent.

        Without this note every later verification would find the difference, and send the proposal again.
        ``differing``: the proposals, each with the hash of what DataHub holds.
        """
        for one, there in differing:
            self.held[one.urn].aspects[as_held(one.aspect_name)] = there
            self._dirty.add(one.urn)

    def vanished(self, connector: str, urns: Collection[str]) -> list[str]:
        """Return the entities of a connector that are not among ``urns``, which its lineage names now; sorted."""
        return sorted(urn for urn, one in self.held.items() if one.connector == connector and urn not in urns)

    def expect(self, owners: Mapping[str, str]) -> None:
        """Store that these entities (URN -> connector) are about to be sent: from now on DataHub may hold them."""
        self.owners.update(owners)
        new = {urn: Held(name, UNKNOWN, {}) for urn, name in owners.items() if self._foreign(urn, name)}
        if new:
            self.held |= new
            with self.state.database.writing() as connection:
                self.receipts.store(connection, new)

    def _foreign(self, urn: str, connector: str) -> bool:
        """Tell whether an entity has no receipt of this connector."""
        held = self.held.get(urn)
        return held is None or held.connector != connector

    def acknowledge(self, done: Sequence[Proposal]) -> None:
        """Note what DataHub acknowledged. ``flush`` stores the notes; this method calls it every few seconds."""
        for one in done:
            held = self.held[one.urn]
            if held.aspects.get(one.aspect_name) != one.hash:
                held.aspects.pop(as_held(one.aspect_name), None)  # it was the form of another value
            held.aspects[one.aspect_name] = one.hash
            if one.aspect_name == "status":
                held.state = ALIVE
            self._dirty.add(one.urn)
        if time.monotonic() - self._flushed > _FLUSH_SECONDS:
            with self.state.database.writing() as connection:
                self.flush(connection)

    @property
    def unsaved(self) -> bool:
        """Whether there are notes that are not stored yet."""
        return bool(self._dirty)

    def flush(self, connection: Connection) -> None:
        """Store the notes since the last flush. ``connection``: of a transaction that writes."""
        self.receipts.store(connection, {urn: self.held[urn] for urn in self._dirty})
        self._dirty.clear()
        self._flushed = time.monotonic()
