"""What DataHub has acknowledged: a row per flow and job, with the hash of each of its aspects. No values, no secrets.

The order that keeps a kill harmless: an entity is noted as UNKNOWN before it is first sent, so that nothing in DataHub
is ever forgotten; an aspect is noted after its acknowledgement (at worst it is sent again); a removal is noted before
it is sent, so that an entity which comes back is told ``removed=false`` again whatever became of the answer.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from kc_lineage_dagster.emit.aspects import Proposal
from kc_lineage_dagster.emit.which_datahub import Seen
from kc_lineage_dagster.state import tables
from kc_lineage_dagster.state.cluster_state import ClusterState, chunks, upsert

ALIVE = "alive"  # DataHub has acknowledged ``removed=false``
UNKNOWN = "unknown"  # it was sent, perhaps: DataHub may hold it
REMOVING = "removing"  # its removal was decided and is not acknowledged

_FLUSH_SECONDS = 5.0  # what was acknowledged longer ago is on disk
_URNS = 500  # in one statement


@dataclass(slots=True)
class Held:
    """One entity: ``aspects``: name -> hash of what was acknowledged; ``<name> as held``: see ``Emission.shown``."""

    connector: str | None
    state: str
    aspects: dict[str, str]


@dataclass(frozen=True, slots=True)
class SinkFacts:
    """The sink that the receipts are of.

    ``identity``: type and address. ``incarnation``: which DataHub stood there, as far as it could be asked.
    ``baseline``: how many entities there were when a removal was first refused; see ``run.stale.plan``.
    ``kafka_cluster_id``: of the Kafka cluster whose connectors the entities are of.
    ``verified_up_to``: the last connector, by name, that was verified before a verification was cut short; None when
    none was.
    """

    identity: str | None = None
    incarnation: str | None = None
    baseline: int | None = None
    kafka_cluster_id: str | None = None
    verified_up_to: str | None = None


class Receipts:
    """The receipts of one cluster. Every change is stored when the method that makes it returns."""

    __slots__ = ("_facts", "_state")

    def __init__(self, state: ClusterState) -> None:
        self._state = state
        table = tables.sink
        with state.database.reading() as connection:
            row = connection.execute(select(table).where(table.c.cluster == state.slug)).one_or_none()
        self._facts = (
            SinkFacts(row.identity, row.incarnation, row.baseline, row.kafka_cluster_id, row.verified_up_to)
            if row
            else SinkFacts()
        )

    @property
    def facts(self) -> SinkFacts:
        """The sink that the receipts are of."""
        return self._facts

    def count(self, *states: str) -> int:
        """How many entities are in one of these states, or in any."""
        table = tables.entity
        chosen = select(func.count()).where(table.c.cluster == self._state.slug)
        with self._state.database.reading() as connection:
            return int(connection.execute(chosen.where(table.c.state.in_(states)) if states else chosen).scalar_one())

    def urns(self, *states: str) -> Iterator[str]:
        """The entities that are in one of these states, or all."""
        table = tables.entity
        chosen = select(table.c.urn).where(table.c.cluster == self._state.slug)
        with self._state.database.reading() as connection:
            rows = connection.execute(chosen.where(table.c.state.in_(states)) if states else chosen)
            yield from rows.scalars().all()

    def of_connectors(self, names: Collection[str]) -> dict[str, Held]:
        """The entities of a few connectors, by URN."""
        return self._held(tables.entity.c.connector_id.in_([tables.id_of(name) for name in names]))

    def of_urns(self, urns: Iterable[str]) -> dict[str, Held]:
        """Those of these entities that are held, by URN."""
        found: dict[str, Held] = {}
        for chunk in chunks(urns, _URNS):
            found |= self._held(tables.entity.c.urn.in_(chunk))
        return found

    def without(self, listed: Collection[str]) -> dict[str, Held]:
        """The entities of connectors that are not among ``listed``, and those of no connector; by URN."""
        table = tables.entity
        with self._state.database.reading() as connection:
            chosen = select(table.c.connector).where(table.c.cluster == self._state.slug).distinct()
            owners = set(connection.execute(chosen).scalars())
        found = self._held(table.c.connector.is_(None)) if None in owners else {}
        for chunk in chunks(sorted(name for name in owners if name is not None and name not in listed)):
            found |= self.of_connectors(chunk)
        return found

    def _held(self, condition: Any) -> dict[str, Held]:
        table = tables.entity
        with self._state.database.reading() as connection:
            rows = connection.execute(select(table).where(table.c.cluster == self._state.slug, condition)).all()
        return {row.urn: _held(row) for row in rows}

    def store(self, connection: Connection, entities: Mapping[str, Held]) -> None:
        """Write entities. ``connection``: of a transaction that writes."""
        slug = self._state.slug
        rows = [
            {
                "cluster": slug,
                "urn": urn,
                "connector": one.connector,
                "connector_id": None if one.connector is None else tables.id_of(one.connector),
                "aspects": json.dumps(one.aspects, separators=(",", ":")),
                "state": one.state,
            }
            for urn, one in entities.items()
        ]
        upsert(connection, tables.entity, rows)

    def adopt(self, entities: Mapping[str, Held]) -> None:
        """Note entities that DataHub holds and the receipts lack."""
        for chunk in chunks(entities, _URNS):
            with self._state.database.writing() as connection:
                self.store(connection, {urn: entities[urn] for urn in chunk})

    def begin_removal(self, urns: Collection[str]) -> None:
        """Note that these entities are about to be removed; they stay REMOVING until that is acknowledged."""
        for chunk in chunks(urns, _URNS):
            held = self.of_urns(chunk)
            marked = {urn: held.get(urn) or Held(None, REMOVING, {}) for urn in chunk}
            for one in marked.values():
                one.state = REMOVING
                one.aspects.pop("status", None)
            with self._state.database.writing() as connection:
                self.store(connection, marked)

    def drop(self, urns: Iterable[str]) -> None:
        """Forget entities: DataHub has removed them, or another recipe answers for them (``StalePlan.dropped``)."""
        table = tables.entity
        for chunk in chunks(urns, _URNS):
            with self._state.database.writing() as connection:
                connection.execute(delete(table).where(table.c.cluster == self._state.slug, table.c.urn.in_(chunk)))

    def set_baseline(self, entities: int | None) -> None:
        """Keep ``StalePlan.baseline``."""
        if entities != self._facts.baseline:
            self.note(replace(self._facts, baseline=entities))

    def set_kafka_cluster(self, identifier: str | None) -> None:
        """Keep the id of the Kafka cluster whose connectors the entities are of."""
        if identifier is not None and identifier != self._facts.kafka_cluster_id:
            self.note(replace(self._facts, kafka_cluster_id=identifier))

    def set_verified_up_to(self, connector: str | None) -> None:
        """Keep where a verification goes on if it is cut short now; None when it has come to its end."""
        if connector != self._facts.verified_up_to:
            self.note(replace(self._facts, verified_up_to=connector))

    def reconcile(self, identity: str, seen: Seen) -> str | None:
        """Make the receipts describe this sink; returns why everything must be sent, or None.

        Another sink, or a DataHub that is new or empty: nothing is left of the receipts. A DataHub that has
        lost some of what it acknowledged: no hash is relied on, but the entities stay known.
        """
        facts = self._facts
        known = seen.incarnation if seen.incarnation is not None else facts.incarnation
        reason, action = _verdict(facts, self.count() > 0, identity, seen)
        if action == "reset":
            self._all(delete(tables.entity))
            self.note(SinkFacts(identity, seen.incarnation))
            return reason
        if action == "distrust":
            self.distrust()
        if (identity, known) != (facts.identity, facts.incarnation):
            self.note(replace(facts, identity=identity, incarnation=known))
        return reason

    def distrust(self) -> None:
        """Rely on no hash any more: all that is alive is sent again."""
        self._all(update(tables.entity).where(tables.entity.c.state == ALIVE).values(state=UNKNOWN, aspects="{}"))

    def _all(self, statement: Any) -> None:
        with self._state.database.writing() as connection:
            connection.execute(statement.where(tables.entity.c.cluster == self._state.slug))

    def note(self, facts: SinkFacts) -> None:
        """Keep what is known of the sink."""
        with self._state.database.writing() as connection:
            upsert(connection, tables.sink, [{"cluster": self._state.slug, **asdict(facts)}])
        self._facts = facts


def _shown(aspect_name: str) -> str:
    return f"{aspect_name} as held"


def _held(row: Row[Any]) -> Held:
    return Held(row.connector, row.state, json.loads(row.aspects))


def _verdict(facts: SinkFacts, any_held: bool, identity: str, seen: Seen) -> tuple[str | None, str | None]:
    """(why everything must be sent, what to do with the receipts)."""
    if facts.identity is None or not any_held:
        return "nothing was sent to this DataHub before", None
    if facts.identity != identity:
        return f"the sink is another one now ({identity}, before: {facts.identity})", "reset"
    if seen.empty:
        return "DataHub is new or empty", "reset"
    if None not in (seen.incarnation, facts.incarnation) and seen.incarnation != facts.incarnation:
        return "another DataHub answers at this address", "reset"
    if seen.missing:
        return f"DataHub no longer holds {min(seen.missing)}", "distrust"
    return None, None


@dataclass(slots=True)
class Emission:
    """The receipts of a few connectors while their proposals are sent. Begin with ``Emission.of``."""

    receipts: Receipts
    state: ClusterState
    held: dict[str, Held]
    owners: dict[str, str] = field(default_factory=dict)
    _dirty: set[str] = field(default_factory=set)
    _flushed: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, receipts: Receipts, state: ClusterState, connectors: Collection[str]) -> Emission:
        """For these connectors."""
        return cls(receipts, state, receipts.of_connectors(connectors))

    def due(self, connector: str, proposals: Iterable[Proposal]) -> list[Proposal]:
        """Those proposals that are not acknowledged with this very content."""
        found: list[Proposal] = []
        for one in proposals:
            held = self.held.get(one.urn)
            if held is None or held.connector != connector or held.aspects.get(one.aspect_name) != one.hash:
                found.append(one)
        return found

    def untrue(self, differing: Sequence[tuple[Proposal, str]], right: Iterable[Proposal] = ()) -> list[Proposal]:
        """Return those acknowledged proposals that are to be sent again; their acknowledgement counts no more.

        ``differing``: with the hash of what DataHub holds instead. What it held right after it took the very proposal
        (``shown``) is its way of storing it. ``right``: those that it was seen to hold as they were sent; what was
        noted of an odd way is of an older server, and forgotten.
        """
        for one in right:
            if self.held[one.urn].aspects.pop(_shown(one.aspect_name), None):
                self._dirty.add(one.urn)
        found = []
        for one, there in differing:
            aspects = self.held[one.urn].aspects
            if aspects.get(_shown(one.aspect_name)) != there:
                del aspects[one.aspect_name]
                self._dirty.add(one.urn)
                found.append(one)
        return found

    def shown(self, differing: Iterable[tuple[Proposal, str]]) -> None:
        """Note how DataHub holds proposals that it has just taken, where that differs from what it was sent: it would
        be sent for ever.
        """
        for one, there in differing:
            self.held[one.urn].aspects[_shown(one.aspect_name)] = there
            self._dirty.add(one.urn)

    def vanished(self, connector: str, urns: Collection[str]) -> list[str]:
        """Entities of a connector that its lineage, which names ``urns`` now, no longer names."""
        return sorted(urn for urn, one in self.held.items() if one.connector == connector and urn not in urns)

    def expect(self, owners: Mapping[str, str]) -> None:
        """Note entities that are about to be sent (URN -> connector): from now on DataHub may hold them."""
        self.owners.update(owners)
        new = {urn: Held(name, UNKNOWN, {}) for urn, name in owners.items() if self._foreign(urn, name)}
        if new:
            self.held |= new
            with self.state.database.writing() as connection:
                self.receipts.store(connection, new)

    def _foreign(self, urn: str, connector: str) -> bool:
        held = self.held.get(urn)
        return held is None or held.connector != connector

    def acknowledge(self, done: Sequence[Proposal]) -> None:
        """Note what DataHub acknowledged; stored with the next ``flush``, which is made every few seconds."""
        for one in done:
            held = self.held[one.urn]
            held.aspects[one.aspect_name] = one.hash
            if one.aspect_name == "status":
                held.state = ALIVE
            self._dirty.add(one.urn)
        if time.monotonic() - self._flushed > _FLUSH_SECONDS:
            with self.state.database.writing() as connection:
                self.flush(connection)

    @property
    def unsaved(self) -> bool:
        """Whether anything was acknowledged that is not stored yet."""
        return bool(self._dirty)

    def flush(self, connection: Connection) -> None:
        """Store what was acknowledged. ``connection``: of a transaction that writes."""
        self.receipts.store(connection, {urn: self.held[urn] for urn in self._dirty})
        self._dirty.clear()
        self._flushed = time.monotonic()
