"""The lineage of a cluster's connectors in one run: derived, or taken from the state where nothing has changed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

from kc_lineage_dagster.catalog.stream_catalog import CatalogEntry
from kc_lineage_dagster.chunks import chunks
from kc_lineage_dagster.connect.snapshot import Connector, Snapshot
from kc_lineage_dagster.errors import StateError
from kc_lineage_dagster.lineage import ConnectorLineage
from kc_lineage_dagster.run.beyond import (
    Beyond,
    Memories,
    beyond,
    held_by_files,
    owner_of,
    servers_of,
    unasked_of,
)
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.fingerprint import fingerprint
from kc_lineage_dagster.state import codec
from kc_lineage_dagster.state.cache import digest_of
from kc_lineage_dagster.state.cluster_state import ClusterState
from kc_lineage_dagster.state.packed import PackedMapping, PackedSequence
from kc_lineage_dagster.state.settled import settle, settled_until


class Lineages:
    """The lineage of a cluster's connectors in one run.

    Attributes:
        derived: How many connectors were derived so far.
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
        self._servers = servers_of(cluster)
        self._files = None if self._servers is None else held_by_files(cluster)
        self._read = state.connector_digests()
        fingerprint = self._fingerprint() if may_take else None
        until = None if fingerprint is None else settled_until(state, fingerprint)
        self.taken = until is not None and self._counts(until)
        self._until = until if self.taken and until is not None else math.inf
        self._repeatable = True
        self._stopped: Callable[[], bool] = lambda: False  # whether a time limit has decided anything so far
        self.derived = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """What catalogs could not tell, one line each."""
        if self.taken and self._files is not None:
            return tuple(dict.fromkeys((*self._files.notes, *unasked_of(self._cluster))))
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

        What a defect of this project, a time limit or a server that did not answer has decided is derived again each
        time; what a server did answer, when it is to be asked again.

        ``complete``: whether all connectors were looked at, DataHub has acknowledged everything, and nothing stale is
        kept.
        """
        same = self._read == self._state.connector_digests()
        repeatable = self._repeatable and not self._stopped()
        fits = complete and same and repeatable and self._counts(self._until)
        settle(self._state, self._fingerprint() if fits else None, self._until)

    def _counts(self, until: float) -> bool:
        """Tell whether what servers answered is fresh; a clock may have been ahead. ``until``: see ``Beyond.until``."""
        left = until - time.time()
        return left == math.inf or 0 < left < self._cluster.recipe.options.catalog_refresh + 1

    def _fingerprint(self) -> str | None:
        """Return the digest of all that lineage is derived from, what servers have answered so far included."""
        if not self._servers:
            return self._asking_nobody
        return self._digest((*self._servers, digest_of(self._state.database, owner_of(self._state.slug))))

    @cached_property
    def _asking_nobody(self) -> str | None:
        return self._digest(())

    def _digest(self, servers: Sequence[object]) -> str | None:
        """Return the digest, None where there is none. ``servers``: see ``fingerprint``."""
        digests = {name: digest for name, digest in self._read.items() if digest is not None}
        if self._files is None or len(digests) < len(self._read):
            return None
        settings = self._cluster.settings(self._head)
        return fingerprint(self._cluster, settings, self._files, digests, self._mark, servers)

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
        known = beyond(self._cluster, self._head, self._memories, self._files, self._connectors)
        self._until = min(self._until, known.until)
        return known

    @cached_property
    def _deriving(self) -> Callable[[Connector], ConnectorLineage]:
        from kc_lineage_dagster.run.derivation import deriving

        settings = self._known.settings
        return deriving(self._connectors, settings, PackedMapping(codec.lineages()))
