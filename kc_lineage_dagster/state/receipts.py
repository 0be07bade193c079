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
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from kc_lineage_dagster.chunks import chunks
from kc_lineage_dagster.emit.which_datahub import Seen
from kc_lineage_dagster.state import tables
from kc_lineage_dagster.state.cluster_state import ClusterState
from kc_lineage_dagster.state.upsert import upsert

ALIVE = "alive"  # DataHub has acknowledged ``removed=false``
UNKNOWN = "unknown"  # the entity was sent, or was about to be: DataHub may hold it
REMOVING = "removing"  # the entity's removal was decided and is not acknowledged yet

_AS_HELD = " as held"  # ends the key of what `Emission.shown` notes of an aspect
_URNS = 500  # in one statement


@dataclass(slots=True)
class Held:
    """The receipt of one entity.

    Args:
        connector: The connector that it belongs to, None when no connector is known.
        state: ALIVE, UNKNOWN or REMOVING.
        aspects: Name -> hash of what was acknowledged. Under ``<name> as held`` stands the hash of what DataHub makes
            of it; see ``emission.Emission.shown``.
    """

    connector: str | None
    state: str
    aspects: dict[str, str]

    @property
    def forms(self) -> dict[str, str]:
        """Aspect -> the hash of what DataHub last held of it: as ``shown`` or ``right`` noted, else as it was sent."""
        sent = (name for name in self.aspects if not name.endswith(_AS_HELD))
        return {name: self.aspects.get(as_held(name), self.aspects[name]) for name in sent}


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


def as_held(aspect_name: str) -> str:
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
