"""What the runs of one cluster leave for the next run: the cluster as it was read, and its lineage as it was derived.

Lineage is read and written in chunks, so that no process has to hold a large cluster whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select, update

from kc_lineage_dagster.chunks import chunks
from kc_lineage_dagster.lineage import ConnectorLineage
from kc_lineage_dagster.state import codec, tables
from kc_lineage_dagster.state.cluster_as_read import ClusterAsRead
from kc_lineage_dagster.state.upsert import upsert


@dataclass(frozen=True, slots=True)
class Emitted:
    """What a connector was like when its lineage was last emitted and all of it acknowledged.

    ``config``: the hash of its configuration. ``version``: the hash of its proposals.
    """

    config: str
    version: str


@dataclass(frozen=True, slots=True)
class Derived:
    """A connector's lineage on its way into the state.

    Args:
        lineage: As it was derived.
        document: The same as JSON text (``codec.lineages``).
        emitted: What was emitted of it; None while anything of it is not acknowledged.
    """

    lineage: ConnectorLineage
    document: str
    emitted: Emitted | None

    def failed(self) -> Derived:
        """Return the same lineage, marked as not completely acknowledged."""
        return Derived(self.lineage, self.document, None)


@dataclass(frozen=True, slots=True)
class Outline:
    """A connector's stored lineage without the document.

    Args:
        version: The hash of its proposals, as last emitted.
        edges: How many edges it has.
        unresolved: How many unresolved items.
        characters: The length of its document.
    """

    version: str
    edges: int
    unresolved: int
    characters: int


@dataclass(frozen=True, slots=True)
class Totals:
    """The stored lineage of a cluster in numbers.

    Args:
        connectors: Connectors whose lineage is stored.
        edges: Edges between datasets.
        field_edges: Those of the edges that have known fields.
        unresolved: Unresolved items.
    """

    connectors: int = 0
    edges: int = 0
    field_edges: int = 0
    unresolved: int = 0


@dataclass(frozen=True, slots=True)
class ClusterState(ClusterAsRead):
    """The rows of one cluster in the state: the cluster as it was read, and its lineage as it was derived.

    Every method is a transaction of its own, or one for each chunk, except those that take a ``connection``.

    ``database``: where the rows are. ``slug``: the name of the cluster in the state.

    Raises:
        StateError: By every method, when the database cannot be used.
    """

    def emitted(self, names: Collection[str] | None = None) -> dict[str, Emitted]:
        """Return what was last emitted completely, by connector, also of connectors that are gone.

        ``names``: of which connectors; None for all.
        """
        table = tables.lineage
        chosen = select(table.c.name, table.c.emitted_config, table.c.emitted_version).where(
            table.c.cluster == self.slug if names is None else self.named(table, names),
            table.c.emitted_version.is_not(None),
        )
        with self.database.reading() as connection:
            return {name: Emitted(config, version) for name, config, version in connection.execute(chosen)}

    def digests(self, names: Collection[str]) -> dict[str, str]:
        """Return the digest (``codec.digest``) of the stored lineage of these connectors, by connector."""
        table = tables.lineage
        with self.database.reading() as connection:
            rows = connection.execute(select(table.c.name, table.c.digest).where(self.named(table, names)))
            return {row.name: row.digest for row in rows}

    def outlines(self, names: Collection[str]) -> dict[str, Outline]:
        """Return what is stored beside the lineage of these connectors, by connector; only where all was emitted."""
        table = tables.lineage
        columns = (table.c.emitted_version, table.c.edges, table.c.unresolved, func.length(table.c.document))
        chosen = select(table.c.name, *columns).where(self.named(table, names), table.c.emitted_version.is_not(None))
        with self.database.reading() as connection:
            return {name: Outline(*row) for name, *row in connection.execute(chosen)}

    def lineages(self, names: Iterable[str] | None = None, *, unresolved: bool = False) -> Iterator[ConnectorLineage]:
        """Yield lineage as it was last derived, a chunk at a time.

        ``names``: of which connectors, and in which order; None for all, by name.
        ``unresolved``: with ``names`` None, only of connectors that have unresolved items.
        """
        for chunk in chunks(self.derived_names(unresolved=unresolved) if names is None else names):
            found = self.lineages_of(chunk)
            yield from (found[name] for name in chunk if name in found)

    def lineages_of(self, names: Collection[str], *, intact: bool = False) -> dict[str, ConnectorLineage]:
        """Return the lineage of a few connectors as it was last derived, by name.

        ``intact``: leave out what is not the document that was stored (its digest tells).
        """
        table = tables.lineage
        chosen = select(table.c.name, table.c.document, table.c.digest).where(self.named(table, names))
        with self.database.reading() as connection:
            rows = connection.execute(chosen).all()
        if intact:
            rows = [row for row in rows if codec.digest(row.document) == row.digest]
        return codec.lineages().load_named((name, document) for name, document, _ in rows)

    def derived_names(self, *, unresolved: bool = False) -> list[str]:
        """Return the names of the connectors whose lineage is stored, sorted by code points.

        ``unresolved``: only those that have unresolved items.
        """
        table = tables.lineage
        chosen = select(table.c.name).where(table.c.cluster == self.slug)
        with self.database.reading() as connection:
            return sorted(connection.execute(chosen.where(table.c.unresolved > 0) if unresolved else chosen).scalars())

    def totals(self) -> Totals:
        """Return the stored lineage in numbers, which the database adds up without reading documents."""
        table = tables.lineage
        columns = (table.c.edges, table.c.field_edges, table.c.unresolved)
        chosen = select(func.count(), *(func.coalesce(func.sum(one), 0) for one in columns))
        with self.database.reading() as connection:
            return Totals(*map(int, connection.execute(chosen.where(table.c.cluster == self.slug)).one()))

    def remember(self, connection: Connection, derived: Iterable[Derived]) -> None:
        """Store lineage. ``connection``: of a transaction that writes."""
        rows = [
            {
                "cluster": self.slug,
                "id": tables.id_of(one.lineage.connector),
                "name": one.lineage.connector,
                "digest": codec.digest(one.document),
                "document": one.document,
                "edges": len(one.lineage.edges),
                "field_edges": sum(bool(edge.fields) for edge in one.lineage.edges),
                "unresolved": len(one.lineage.unresolved),
                "emitted_config": one.emitted and one.emitted.config,
                "emitted_version": one.emitted and one.emitted.version,
            }
            for one in derived
        ]
        upsert(connection, tables.lineage, rows)

    def forget(self, names: Collection[str]) -> None:
        """Drop the lineage of connectors that are gone."""
        for chunk in chunks(names):
            with self.database.writing() as connection:
                connection.execute(delete(tables.lineage).where(self.named(tables.lineage, chunk)))

    def derived_by(self, version: str | None) -> None:
        """Store the release that derived all connectors, None for none."""
        table = tables.cluster
        with self.database.writing() as connection:
            connection.execute(update(table).where(table.c.cluster == self.slug).values(code_version=version))
