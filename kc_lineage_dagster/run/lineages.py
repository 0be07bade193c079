"""The lineage of a cluster's connectors in one run: derived, or taken from the state where nothing has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

from kc_lineage_dagster.catalog.stream_catalog import CatalogEntry
from kc_lineage_dagster.chunks import chunks
from kc_lineage_dagster.connect.snapshot import Connector, Snapshot
from kc_lineage_dagster.errors import StateError
from kc_lineage_dagster.lineage import ConnectorLineage
from kc_lineage_dagster.run.beyond import Beyond, Memories, asks_servers, beyond, held_by_files
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.fingerprint import fingerprint
from kc_lineage_dagster.state import codec
from kc_lineage_dagster.state.cluster_state import ClusterState
from kc_lineage_dagster.state.packed import PackedMapping, PackedSequence
from kc_lineage_dagster.state.settled import is_settled, settle


class Lineages:
    """The lineage of a cluster's connectors in one run.

    Attributes:
        derived: How many connectors were derived so far.
        fingerprint: The digest of all that they are derived from, None where there is none.
        taken: Whether lineage is taken from the state, because nothing that it is derived from has changed.
    """

    def __init__(
        self, cluster: Cluster, state: ClusterState, head: Snapshot, mark: str, memories: Memories, *, may_take: bool
    ) -> None:
        """Look whether anything has changed since the last run that derived everything.

        Args:
            cluster: The cluster.
            state: Its state, whose lock is held.
            head: The snapshot without its connectors.
            mark: The mark of the cluster (``adoption.mark_of``).
            memories: How to use the earlier answers of catalogs.
            may_take: Whether lineage may be taken from the state.
        """
        self._cluster, self._state, self._head, self._mark, self._memories = cluster, state, head, mark, memories
        self._files = None if asks_servers(cluster) else held_by_files(cluster)
        self._read = state.connector_digests()
        self.fingerprint = self._digest(self._read)
        self._repeatable = True
        self._stopped: Callable[[], bool] = lambda: False  # whether a time limit has decided anything so far
        self.taken = may_take and self.fingerprint is not None and is_settled(state, self.fingerprint)
        self.derived = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """What catalogs could not tell, one line each."""
        if self.taken and self._files is not None:
            return tuple(dict.fromkeys(self._files.notes))
        return self._known.settings.notes

    @property
    def entries(self) -> Mapping[str, CatalogEntry]:
        """Connector -> business metadata and tags, which only servers know."""
        return {} if self.taken else self._known.entries

    def of(self, names: Sequence[str]) -> Iterator[tuple[Connector, ConnectorLineage]]:
        """Yield these connectors with their lineage, in this order, a chunk at a time.

        A connector that has gone from the state meanwhile is left out.
        """
        if not self.taken:
            chosen = frozenset(names)
            yield from ((one, self._derive(one)) for one in self._connectors if one.name in chosen)
            return
        for chunk in chunks(names):
            connectors = self._state.connectors_as(self._read, chunk)
            lineages = self._state.lineages_of(chunk, intact=True)
            for name in chunk:
                if name in connectors and name in lineages:
                    yield connectors[name], lineages[name]
                elif (place := self._places.get(name)) is not None:  # read anew meanwhile, or damaged
                    one = self._connectors[place]
                    yield one, self._derive(one)

    def named(self, names: Sequence[str]) -> Callable[[str], tuple[Connector, ConnectorLineage]]:
        """Return the function from one of a few connectors to itself and its lineage, which reads them when first used.

        A connector that has gone from the state meanwhile is a StateError of that function.
        """
        found: dict[str, tuple[Connector, ConnectorLineage]] = {}

        def look_up(name: str) -> tuple[Connector, ConnectorLineage]:
            if not found:
                found.update((one.name, (one, lineage)) for one, lineage in self.of(names))
            if name not in found:
                raise StateError(f"connector {name} was deleted while its last lineage was to be shown: run again")
            return found[name]

        return look_up

    def settle(self, *, complete: bool) -> None:
        """Note in the state whether the next run may take all lineage from there.

        What a defect of this project or a time limit has decided is derived again each time.

        ``complete``: whether all connectors were looked at, DataHub has acknowledged everything, and nothing stale is
        kept.
        """
        same = self._read == self._state.connector_digests()
        repeatable = self._repeatable and not self._stopped()
        settle(self._state, self.fingerprint if complete and same and repeatable else None)

    def _digest(self, read: Mapping[str, str | None]) -> str | None:
        digests = {name: digest for name, digest in read.items() if digest is not None}
        if self._files is None or len(digests) < len(read):
            return None
        return fingerprint(self._cluster, self._cluster.settings(self._head), self._files, digests, self._mark)

    def _derive(self, connector: Connector) -> ConnectorLineage:
        lineage = self._deriving(connector)
        self._repeatable = self._repeatable and lineage.trace is None
        self.derived += 1
        return lineage

    @cached_property
    def _connectors(self) -> Sequence[Connector]:
        """All connectors, as they were when the first of them was derived, whatever is read meanwhile."""
        return PackedSequence(codec.connectors(), self._state.readable())

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {one.name: place for place, one in enumerate(self._connectors)}

    # Derivation takes a while to load, and most runs derive nothing: so what derives is imported where it is used.

    @cached_property
    def _known(self) -> Beyond:
        from kc_lineage_dagster.java_regex import times_stopped

        before = times_stopped()
        self._stopped = lambda: times_stopped() > before
        return beyond(self._cluster, self._head, self._memories, self._files, self._connectors)

    @cached_property
    def _deriving(self) -> Callable[[Connector], ConnectorLineage]:
        from kc_lineage_dagster.run.derivation import deriving

        settings = self._known.settings
        return deriving(self._connectors, settings, PackedMapping(codec.lineages()))
