"""A cluster as it was read: its connectors, and what a listing says of it as a whole.

Connectors are read and written in chunks, so that no process has to hold a large cluster whole. They have no secrets
any more: ``connect`` removed them.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Table, delete, func, select, update

from kc_lineage_dagster.chunks import chunks
from kc_lineage_dagster.connect.snapshot import Connector, Snapshot
from kc_lineage_dagster.state import codec, tables
from kc_lineage_dagster.state.database import Database
from kc_lineage_dagster.state.upsert import insert_into, upsert

_IN_A_FILE = "it may be in one of the files that could not be read"


@dataclass(frozen=True, slots=True)
class Facts:
    """A cluster as a whole, as it was last read.

    Args:
        head: The snapshot without its connectors.
        reading: The number of the listing that the snapshot comes from; a later listing has a higher number.
        listed_at: When that listing was taken, in seconds since 1970.
        code_version: The release that last derived all connectors, None when none has.
    """

    head: Snapshot
    reading: int
    listed_at: float
    code_version: str | None


@dataclass(frozen=True, slots=True)
class ClusterAsRead:
    """The rows that say what a cluster was when it was last read.

    Every method is a transaction of its own, or one for each chunk, except those that take a ``connection``.

    ``database``: where the rows are. ``slug``: the name of the cluster in the state.

    Raises:
        StateError: By every method, when the database cannot be used.
    """

    database: Database
    slug: str

    @property
    def folder(self) -> Path | None:
        """The folder of the cluster's lock file and page; None when the state is in PostgreSQL."""
        return self.database.place.folder_of(self.slug)

    def begin_reading(self) -> int:
        """Return the number of the listing of connectors that is about to be taken.

        It is higher than that of every earlier listing, whatever the clocks of the machines say.
        """
        row = {"cluster": self.slug, "next_reading": 1, "reading": 0}
        with self.database.writing() as connection:
            connection.execute(insert_into(connection, tables.cluster).on_conflict_do_nothing(), row)
            mine = tables.cluster.c.cluster == self.slug
            number = connection.execute(
                select(tables.cluster.c.next_reading).where(mine).with_for_update()
            ).scalar_one()
            connection.execute(update(tables.cluster).where(mine).values(next_reading=number + 1))
        return int(number)

    def save_connectors(
        self, reading: int, connectors: Sequence[Connector], remembered: Mapping[str, Connector] | None = None
    ) -> None:
        """Store connectors as one listing has them, except where a later listing has stored a connector already.

        Args:
            reading: The number of the listing (``begin_reading``).
            connectors: As they were read this time.
            remembered: By name, the connectors for which there is evidence of earlier readings, with it added.
        """
        table, memory = tables.connector, remembered or {}
        digests = {one.name: codec.lasting_digest(one, memory.get(one.name)) for one in connectors}
        with self.database.writing() as connection:
            chosen = select(table.c.name, table.c.digest).where(self.named(table, digests), table.c.unread.is_(None))
            same = {name for name, digest in connection.execute(chosen) if digests[name] == digest}
            if same:
                older = [self.named(table, same), table.c.reading < reading]
                connection.execute(update(table).where(*older).values(reading=reading))
            rows = [
                {"digest": digests[one.name], "document": codec.connectors().dump(one), "unread": None}
                | {"remembered": codec.connectors().dump(memory[one.name]) if one.name in memory else None}
                | {"cluster": self.slug, "id": tables.id_of(one.name), "name": one.name, "reading": reading}
                for one in connectors
                if one.name not in same
            ]
            upsert(connection, table, rows, newer="reading")

    def finish_reading(self, reading: int, head: Snapshot) -> None:
        """Store what one listing says of the cluster as a whole, and forget connectors that the listing lacks.

        What a later listing has stored stays. Connectors are not forgotten while a file that may hold them could not be
        read.

        ``reading``: the number of the listing. ``head``: the snapshot; its connectors are stored already.
        """
        table, facts = tables.connector, tables.cluster
        with self.database.writing() as connection:
            for name, reason in head.unread.items():
                row = {"cluster": self.slug, "id": tables.id_of(name), "name": name, "reading": reading}
                upsert(connection, table, [{**row, "unread": reason}], newer="reading")
            lacking = (table.c.cluster == self.slug) & (table.c.reading < reading)
            if head.unread_files:
                connection.execute(update(table).where(lacking).values(unread=_IN_A_FILE))
            else:
                connection.execute(delete(table).where(lacking))
            connection.execute(
                update(facts)
                .where(facts.c.cluster == self.slug, facts.c.reading <= reading)
                .values(reading=reading, listed_at=time.time(), head=codec.snapshots().dump(replace(head, unread={})))
            )

    def facts(self) -> Facts | None:
        """Return what is known of the cluster as a whole; None when it was never read."""
        table = tables.cluster
        with self.database.reading() as connection:
            row = connection.execute(select(table).where(table.c.cluster == self.slug)).one_or_none()
            head = codec.snapshots().load(row.head) if row and row.head else None
            if row is None or head is None:
                return None
            unread = select(tables.connector.c.name, tables.connector.c.unread).where(
                tables.connector.c.cluster == self.slug, tables.connector.c.unread.is_not(None)
            )
            reasons = {one.name: one.unread for one in connection.execute(unread)}
        return Facts(replace(head, unread=dict(sorted(reasons.items()))), row.reading, row.listed_at, row.code_version)

    def head(self) -> Snapshot | None:
        """Return the snapshot last read, without its connectors; None when there is none."""
        facts = self.facts()
        return facts.head if facts else None

    def names(self) -> list[str]:
        """Return the names of the connectors that could be read the last time, sorted by code points."""
        table = tables.connector
        chosen = select(table.c.name).where(
            table.c.cluster == self.slug, table.c.document.is_not(None), table.c.unread.is_(None)
        )
        with self.database.reading() as connection:
            return sorted(connection.execute(chosen).scalars())

    def listed(self) -> frozenset[str]:
        """Return the names of all connectors that the cluster had when it was last listed, those not read included."""
        table = tables.connector
        with self.database.reading() as connection:
            return frozenset(connection.execute(select(table.c.name).where(table.c.cluster == self.slug)).scalars())

    def readable(self) -> Iterator[Connector]:
        """Yield all connectors that could be read the last time, by name, a chunk at a time."""
        for chunk in chunks(self.names()):
            found = self.readable_of(chunk)
            yield from (found[name] for name in chunk if name in found)

    def readable_of(self, names: Collection[str]) -> dict[str, Connector]:
        """Return those of a few connectors that could be read the last time, by name."""
        return self.connectors_of(names, tables.connector.c.unread.is_(None))

    def connectors_of(self, names: Collection[str], *conditions: Any, as_read: bool = False) -> dict[str, Connector]:
        """Return a few connectors as they were last read, by name; those that were never read are left out.

        Args:
            names: Of the connectors.
            conditions: Further conditions on columns of ``tables.connector``.
            as_read: Leave out the evidence of earlier readings.
        """
        table = tables.connector
        document = table.c.document if as_read else func.coalesce(table.c.remembered, table.c.document)
        chosen = select(table.c.name, document).where(self.named(table, names), table.c.document.is_not(None))
        chosen = chosen.where(*conditions)
        with self.database.reading() as connection:
            rows = connection.execute(chosen).all()
        return codec.connectors().load_named((name, document) for name, document in rows)

    def connector_digests(self) -> dict[str, str | None]:
        """Return connector -> digest of what was last read (``codec.lasting_digest``), of those that could be read.

        A digest is None where evidence of earlier readings was forgotten since.
        """
        table = tables.connector
        chosen = select(table.c.name, table.c.digest).where(
            table.c.cluster == self.slug, table.c.document.is_not(None), table.c.unread.is_(None)
        )
        with self.database.reading() as connection:
            return {row.name: row.digest for row in connection.execute(chosen)}

    def connectors_as(self, digests: Mapping[str, str | None], names: Collection[str]) -> dict[str, Connector]:
        """Return those of a few connectors that still are as one look at them found them, by name.

        ``digests``: connector -> its digest then (``connector_digests``).
        """
        table = tables.connector
        chosen = select(table.c.name, table.c.digest, func.coalesce(table.c.remembered, table.c.document)).where(
            self.named(table, names), table.c.document.is_not(None), table.c.unread.is_(None)
        )
        with self.database.reading() as connection:
            rows = [row for row in connection.execute(chosen) if digests.get(row[0]) == row[1]]
        return codec.connectors().load_named((name, document) for name, _, document in rows)

    def forget_evidence(self) -> None:
        """Drop the evidence of earlier readings of all connectors."""
        table = tables.connector
        with self.database.writing() as connection:
            mine = (table.c.cluster == self.slug) & table.c.remembered.is_not(None)
            connection.execute(update(table).where(mine).values(remembered=None, digest=None))

    def named(self, table: Table, names: Collection[str]) -> Any:
        """Return the condition that a row of ``table`` is one of these connectors of the cluster."""
        return (table.c.cluster == self.slug) & table.c.id.in_([tables.id_of(name) for name in names])
