"""Receipts: what DataHub has acknowledged, so that only changes are sent and stale entities are found.

There is a row per flow and job, with the hash of each of its aspects; no values, no secrets. The order of notes keeps a
kill harmless:

- an entity is noted as UNKNOWN before it is first sent, so that no entity in DataHub is ever forgotten;
- an aspect is noted after its acknowledgement, so that it is sent again at worst;
- a removal is noted before it is sent, so that an entity which comes back is sent ``removed=false`` again, whether or
  not DataHub ever answered.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from kc_lineage_dagster.chunks import chunks
from kc_lineage_dagster.emit.aspects import Proposal, aspect_hash
from kc_lineage_dagster.emit.which_datahub import Seen
from kc_lineage_dagster.state import tables
from kc_lineage_dagster.state.cluster_state import ClusterState, upsert

ALIVE = "alive"  # DataHub has acknowledged ``removed=false``
UNKNOWN = "unknown"  # the entity was sent, or was about to be: DataHub may hold it
REMOVING = "removing"  # the entity's removal was decided and is not acknowledged yet

_AS_HELD = " as held"  # ends the key of what `Emission.shown` notes of an aspect
_FLUSH_SECONDS = 5.0  # the longest time that an acknowledgement waits to be stored while others come in
_URNS = 500  # in one statement


@dataclass(slots=True)
class Held:
    """The receipt of one entity.

    Args:
        connector: The connector that it belongs to, None when no connector is known.
        state: ALIVE, UNKNOWN or REMOVING.
        aspects: Name -> hash of what was acknowledged. Under ``<name> as held`` stands the hash of what DataHub makes
            of it; see ``Emission.shown``.
    """

    connector: str | None
    state: str
    aspects: dict[str, str]

    @property
    def forms(self) -> dict[str, str]:
        """Aspect -> the hash of what DataHub last held of it: as ``shown`` or ``right`` noted, else as it was sent."""
        sent = (name for name in self.aspects if not name.endswith(_AS_HELD))
        return {name: self.aspects.get(_shown(name), self.aspects[name]) for name in sent}


@dataclass(frozen=True, slots=True)
class SinkFacts:
    """The sink that acknowledged what the receipts note, and how far work on it has come.

    Args:
        identity: Type and address (``emit.sinks.sink_identity``), None when nothing was sent yet.
        incarnation: The id of the DataHub installation at that address, None when it is not known.
        baseline: How many entities there were when a removal was first refused, None when none is refused; see
            ``run.stale.plan``.
        kafka_cluster_id: The id of the Kafka cluster that the connectors belong to, None when it is not known.
        verified_up_to: The last connector, by name, that was verified before a verification was cut short; None when
            the last verification was not.
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
        """Read what is stored of the sink. ``state``: of the cluster."""
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
        """Return how many entities are in one of these states, or in any where none is given."""
        table = tables.entity
        chosen = select(func.count()).where(table.c.cluster == self._state.slug)
        with self._state.database.reading() as connection:
            return int(connection.execute(chosen.where(table.c.state.in_(states)) if states else chosen).scalar_one())

    def urns(self, *states: str) -> Iterator[str]:
        """Yield the URNs of the entities that are in one of these states, or of all where none is given."""
        table = tables.entity
        chosen = select(table.c.urn).where(table.c.cluster == self._state.slug)
        with self._state.database.reading() as connection:
            rows = connection.execute(chosen.where(table.c.state.in_(states)) if states else chosen)
            yield from rows.scalars().all()

    def of_connectors(self, names: Collection[str]) -> dict[str, Held]:
        """Return the receipts of all entities of a few connectors, by URN."""
        return self._held(tables.entity.c.connector_id.in_([tables.id_of(name) for name in names]))

    def of_urns(self, urns: Iterable[str]) -> dict[str, Held]:
        """Return the receipts of these entities, by URN; those without a receipt are left out."""
        found: dict[str, Held] = {}
        for chunk in chunks(urns, _URNS):
            found |= self._held(tables.entity.c.urn.in_(chunk))
        return found

    def known(self, urns: Iterable[str]) -> set[str]:
        """Return those of these entities that have a receipt."""
        table = tables.entity
        found: set[str] = set()
        for chunk in chunks(urns, _URNS):
            chosen = select(table.c.urn).where(table.c.cluster == self._state.slug, table.c.urn.in_(chunk))
            with self._state.database.reading() as connection:
                found.update(connection.execute(chosen).scalars())
        return found

    def without(self, listed: Collection[str]) -> dict[str, Held]:
        """Return the receipts of entities whose connector is not among ``listed`` or not known, by URN."""
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
        """Write receipts, by URN. ``connection``: of a transaction that writes."""
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
        """Write receipts, by URN, of entities that DataHub holds and the receipts lack."""
        for chunk in chunks(entities, _URNS):
            with self._state.database.writing() as connection:
                self.store(connection, {urn: entities[urn] for urn in chunk})

    def begin_removal(self, urns: Collection[str]) -> None:
        """Note that these entities are about to be removed; they stay REMOVING until DataHub has acknowledged that."""
        for chunk in chunks(urns, _URNS):
            held = self.of_urns(chunk)
            marked = {urn: held.get(urn) or Held(None, REMOVING, {}) for urn in chunk}
            for one in marked.values():
                one.state = REMOVING
                one.aspects.pop("status", None)
            with self._state.database.writing() as connection:
                self.store(connection, marked)

    def drop(self, urns: Iterable[str]) -> None:
        """Forget entities: DataHub has removed them, or another recipe emits them (``StalePlan.dropped``)."""
        table = tables.entity
        for chunk in chunks(urns, _URNS):
            with self._state.database.writing() as connection:
                connection.execute(delete(table).where(table.c.cluster == self._state.slug, table.c.urn.in_(chunk)))

    def set_baseline(self, entities: int | None) -> None:
        """Store ``StalePlan.baseline`` for the next plan."""
        if entities != self._facts.baseline:
            self.note(replace(self._facts, baseline=entities))

    def set_kafka_cluster(self, identifier: str | None) -> None:
        """Store the id of the Kafka cluster that the connectors belong to; None changes nothing."""
        if identifier is not None and identifier != self._facts.kafka_cluster_id:
            self.note(replace(self._facts, kafka_cluster_id=identifier))

    def set_verified_up_to(self, connector: str | None) -> None:
        """Store the connector after which the next verification begins, if this one is cut short; None at its end."""
        if connector != self._facts.verified_up_to:
            self.note(replace(self._facts, verified_up_to=connector))

    def reconcile(self, identity: str, seen: Seen) -> str | None:
        """Make the receipts describe a sink; return why everything must be sent, None when only changes must.

        For another sink, and for a DataHub that is new or empty, all receipts are dropped. For a DataHub that lost some
        of what it acknowledged no hash is relied on any more, but its entities stay known.

        ``identity``: of the sink. ``seen``: what a look at it showed.
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
        """Forget all hashes of entities that are ALIVE, so that they are sent again."""
        self._all(update(tables.entity).where(tables.entity.c.state == ALIVE).values(state=UNKNOWN, aspects="{}"))

    def _all(self, statement: Any) -> None:
        with self._state.database.writing() as connection:
            connection.execute(statement.where(tables.entity.c.cluster == self._state.slug))

    def note(self, facts: SinkFacts) -> None:
        """Store what is known of the sink."""
        with self._state.database.writing() as connection:
            upsert(connection, tables.sink, [{"cluster": self._state.slug, **asdict(facts)}])
        self._facts = facts


def _shown(aspect_name: str) -> str:
    """Return the key of ``Held.aspects`` for what ``Emission.shown`` notes of an aspect."""
    return f"{aspect_name}{_AS_HELD}"


def _held(row: Row[Any]) -> Held:
    return Held(row.connector, row.state, json.loads(row.aspects))


def _verdict(facts: SinkFacts, any_held: bool, identity: str, seen: Seen) -> tuple[str | None, str | None]:
    """Return (why everything must be sent, ``reset`` or ``distrust`` for the receipts), None where it is not so."""
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
            if aspects.get(_shown(one.aspect_name)) != there:
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
            aspects, name = self.held[one.urn].aspects, _shown(one.aspect_name)
            if not note and name not in aspects:
                continue
            form = aspect_hash(held)
            now = None if form == one.hash else form
            if aspects.get(name) != now:
                aspects |= {name: now} if now else {}
                if now is None:
                    del aspects[name]
                self._dirty.add(one.urn)

    def shown(self, differing: Iterable[tuple[Proposal, str]]) -> None:
        """Note in which form DataHub stores proposals that it has just taken, where that is not the form sent.

        Without this note every later verification would find the difference, and send the proposal again.
        ``differing``: the proposals, each with the hash of what DataHub holds.
        """
        for one, there in differing:
            self.held[one.urn].aspects[_shown(one.aspect_name)] = there
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
                held.aspects.pop(_shown(one.aspect_name), None)  # it was the form of another value
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
