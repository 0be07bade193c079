"""Put together what a run needs of a connector: its lineage as DataHub can hold it, its proposals, what was before.

A sync sends what comes out (``sync``), a preview compares it with what was emitted (``preview``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from kc_lineage_dagster.catalog.stream_catalog import CatalogEntry
from kc_lineage_dagster.connect.snapshot import Connector
from kc_lineage_dagster.emit.aspects import Proposal, proposals
from kc_lineage_dagster.emit.limits import representable
from kc_lineage_dagster.emit.urns import dataset_urn
from kc_lineage_dagster.lineage import ConnectorLineage
from kc_lineage_dagster.run.changes import config_hash
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.report import ConnectorResult, version_of
from kc_lineage_dagster.state import codec
from kc_lineage_dagster.state.cluster_state import ClusterState, Derived, Emitted
from kc_lineage_dagster.version import code_version


@dataclass(frozen=True, slots=True)
class Described:
    """A connector, what became of it, and what was.

    Args:
        connector: The connector as it was read.
        lineage: Its lineage as it is shown and sent.
        document: The lineage as it is stored.
        same: Whether this very document is stored already.
        proposals: What tells DataHub of the connector.
        emitted: What was last emitted, None when nothing was.
        before: The lineage that was stored, None when none was.
        of_this_release: Whether this release derived every connector the last time.

    ``version`` is a hash of the content of ``proposals``, ``urns`` are the flow and jobs that they are about.
    """

    connector: Connector
    lineage: ConnectorLineage
    document: str
    same: bool
    proposals: tuple[Proposal, ...]
    emitted: Emitted | None
    before: ConnectorLineage | None
    of_this_release: bool
    version: str = field(init=False)
    urns: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "version", version_of(self.proposals))
        object.__setattr__(self, "urns", frozenset(one.urn for one in self.proposals))

    @property
    def understood(self) -> bool:
        """False only when a family read the connector's class the last time and none reads it now."""
        return self.lineage.family is not None or self.before is None or self.before.family is None

    def to_remember(self, failed: int) -> Derived | None:
        """Return what is to be stored, None when it is stored already.

        ``failed``: how many proposals were not acknowledged; with any, what was known to be emitted stays as it was, so
        that the next run takes the connector up again.
        """
        now = self.emitted if failed else Emitted(config_hash(self.connector), self.version)
        return None if self.same and now == self.emitted else Derived(self.lineage, self.document, now)

    def result(self, due: int, failed: int) -> ConnectorResult:
        """Return the connector's result, for whoever iterates over the run.

        ``due``: how many proposals were to be sent. ``failed``: how many of them were not acknowledged.
        """
        changed = self.emitted is None or self.emitted.version != self.version or not self.of_this_release
        return ConnectorResult(
            self.connector, self.lineage, self.before, self.version, changed, self.urns, due - failed, failed
        )


def describe(
    cluster: Cluster,
    state: ClusterState,
    chunk: Sequence[tuple[Connector, ConnectorLineage]],
    entries: Mapping[str, CatalogEntry],
    mark: str,
    derived_by: str | None = None,
) -> list[Described]:
    """Return a few connectors with their lineage, their proposals, and what the state holds of them.

    Args:
        cluster: The cluster.
        state: Its state.
        chunk: The connectors, each with its lineage.
        entries: Connector -> business metadata and tags; the connector's own configuration wins over properties.
        mark: The mark of the cluster (``adoption.mark_of``).
        derived_by: The release that last derived every connector, None when that makes no difference.
    """
    naming, of_this_release = cluster.naming(), derived_by in (None, code_version())
    shown = [(one, representable(lineage, partial(dataset_urn, naming, one.name))) for one, lineage in chunk]
    documents = {connector.name: codec.lineages().dump(lineage) for connector, lineage in shown}
    digests, emitted = state.digests(documents), state.emitted(documents)
    same = {name for name, document in documents.items() if digests.get(name) == codec.digest(document)}
    before = {
        **state.lineages_of(documents.keys() - same),
        **{connector.name: lineage for connector, lineage in shown if connector.name in same},
    }
    found: list[Described] = []
    for connector, lineage in shown:
        name = connector.name
        more = entries.get(name, CatalogEntry())
        told = {**more.properties, **connector.config}
        made = proposals(lineage, told, naming, cluster.external_url(name), mark, more.tags)
        found.append(
            Described(
                connector,
                lineage,
                documents[name],
                same=name in same,
                proposals=made,
                emitted=emitted.get(name),
                before=before.get(name),
                of_this_release=of_this_release,
            )
        )
    return found
