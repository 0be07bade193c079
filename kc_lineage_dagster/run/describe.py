"""What a connector becomes: lineage, the proposals that say it to DataHub, and how both differ from the last run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from kc_lineage_dagster.catalog.stream_catalog import CatalogueEntry
from kc_lineage_dagster.connect.snapshot import Connector
from kc_lineage_dagster.emit.aspects import Proposal, proposals
from kc_lineage_dagster.emit.limits import representable
from kc_lineage_dagster.emit.urns import dataset_urn
from kc_lineage_dagster.lineage import ConnectorLineage
from kc_lineage_dagster.run.changes import config_hash
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.report import ConnectorResult, version_of
from kc_lineage_dagster.state import codec
from kc_lineage_dagster.state.cluster_state import ClusterState, Derived, Known
from kc_lineage_dagster.version import code_version


@dataclass(slots=True)
class Described:
    """A connector, what became of it, and what was.

    ``document``: the lineage as it is stored. ``same``: whether it is stored so already. ``known``: what was emitted.
    """

    connector: Connector
    lineage: ConnectorLineage
    document: str
    same: bool
    proposals: tuple[Proposal, ...]
    known: Known | None
    before: ConnectorLineage | None = None
    of_this_release: bool = True
    version: str = ""
    urns: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.version = version_of(self.proposals)
        self.urns = frozenset(one.urn for one in self.proposals)

    @property
    def understood(self) -> bool:
        """Whether a family reads its class, if one did the last time."""
        return self.lineage.family is not None or self.before is None or self.before.family is None

    def to_remember(self, failed: int) -> Derived | None:
        """What is to be stored, None when it is there; a connector with anything unacknowledged is not through."""
        now = self.known if failed else Known(config_hash(self.connector), self.version)
        return None if self.same and now == self.known else Derived(self.lineage, self.document, now)

    def result(self, due: int, failed: int) -> ConnectorResult:
        """For whoever iterates over the run."""
        changed = self.known is None or self.known.version != self.version or not self.of_this_release
        return ConnectorResult(
            self.connector, self.lineage, self.before, self.version, changed, self.urns, due - failed, failed
        )


def describe(
    cluster: Cluster,
    state: ClusterState,
    chunk: Sequence[tuple[Connector, ConnectorLineage]],
    beyond: Mapping[str, CatalogueEntry],
    mark: str,
    derived_by: str | None = None,
) -> list[Described]:
    """A few connectors and their lineage, as they are sent and beside what the state holds of them.

    ``beyond``: business metadata and tags by connector; the connector's own configuration wins over properties.
    ``mark``: see ``adoption.mark_of``.
    ``derived_by``: the release that last derived every connector, None when that makes no difference.
    """
    naming = cluster.naming()
    names = [connector.name for connector, _ in chunk]
    digests, known = state.digests(names), state.known(names)
    found: list[Described] = []
    for connector, lineage in chunk:
        shown = representable(lineage, partial(dataset_urn, naming, connector.name))
        document = codec.lineages().dump(shown)
        same = digests.get(connector.name) == codec.digest(document)
        more = beyond.get(connector.name, CatalogueEntry())
        told = {**more.properties, **connector.config}
        made = proposals(shown, told, naming, cluster.external_url(connector.name), mark, more.tags)
        found.append(Described(connector, shown, document, same, made, known.get(connector.name)))
    before = state.lineages_of([one.connector.name for one in found if not one.same])
    for one in found:
        one.before = one.lineage if one.same else before.get(one.connector.name)
        one.of_this_release = derived_by in (None, code_version())
    return found
