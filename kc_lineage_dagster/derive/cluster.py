"""The lineage of a whole cluster, and what its connectors tell each other: which topics exist, and which fields they
have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping, Sequence
from functools import cached_property

from kc_lineage_dagster.derive.derive import derive, derived, find_family, reads_topics
from kc_lineage_dagster.derive.evidence import ClusterTopics, ConnectorView
from kc_lineage_dagster.derive.family import SinkFamily
from kc_lineage_dagster.derive.interest import Interest
from kc_lineage_dagster.derive.settings import Settings
from kc_lineage_dagster.derive.sink_topics import named_topics
from kc_lineage_dagster.derive.writers import Writers, Written
from kc_lineage_dagster.lineage import KAFKA, ConnectorLineage


def deriver(
    connectors: Sequence[ConnectorView],
    settings: Settings,
    waiting: MutableMapping[str, ConnectorLineage] | None = None,
) -> Callable[[ConnectorView], ConnectorLineage]:
    """Return the function from a connector of the cluster to its lineage.

    It gives what ``derive`` gives, with less work: the topics of the cluster are worked out when a sink first asks for
    them, and no source is derived twice. Of the connectors only names and topics are kept, so that a sequence may make
    them when it is asked for them.

    Args:
        connectors: All connectors of the cluster.
        settings: What the recipe says about derivation.
        waiting: Holds, by connector, lineage that was derived for the sake of others and not asked for yet; empty at
            first. None for a dictionary.
    """
    return _Cluster(connectors, settings, {} if waiting is None else waiting).lineage


class _Cluster:
    """What the connectors of one cluster tell each other, each worked out when first asked for.

    The data's way has two passes. Sources come first, each derived once and by itself: the topics of the cluster are
    made of what the sources write. Readers of topics come second, because what matches a reader's ``topics.regex`` is
    decided by all the topics of the cluster.
    """

    def __init__(
        self,
        connectors: Sequence[ConnectorView],
        settings: Settings,
        waiting: MutableMapping[str, ConnectorLineage],
    ) -> None:
        self.connectors, self.settings = connectors, settings
        self._waiting = waiting
        self._written: dict[str, Written] = {}
        self._under_way: set[str] = set()
        self._readers = {one.name for one in connectors if reads_topics(one, settings)}
        self._of_interest = Interest.of((one.config, one.name in self._readers) for one in connectors)
        self._writers = Writers(connectors, self._readers, self._of_interest, self._written_by)

    def lineage(self, connector: ConnectorView) -> ConnectorLineage:
        """Return the lineage of one connector of the cluster."""
        if connector.name in self._readers:
            return derived(connector, self.settings, self._topics, self._writers.fields)[0]
        lineage = self._source(connector)
        if self._topics_known:
            self._waiting.pop(connector.name, None)
        return lineage

    @property
    def _topics_known(self) -> bool:
        """Whether the topics of the cluster are worked out: then no source is asked for once more."""
        return "_topics_once" in self.__dict__

    def _topics(self) -> ClusterTopics:
        return self._topics_once

    @cached_property
    def _topics_once(self) -> ClusterTopics:
        return cluster_topics(self.connectors, self.settings, self._source)

    def _source(self, connector: ConnectorView) -> ConnectorLineage:
        """Return the lineage of a connector as it is without the topics of other connectors, which is the whole lineage
        of a source.

        ``cluster_topics`` also asks for readers of topics whose class is not known: what they show of topics is a part
        of the answer.
        """
        if connector.name in self._waiting:
            return self._waiting[connector.name]
        self._under_way.add(connector.name)
        lineage, written = derived(connector, self.settings, ClusterTopics, self._writers.fields)
        self._under_way.discard(connector.name)
        if not self._topics_known:
            self._waiting[connector.name] = lineage
        self._written[connector.name] = {
            topic: fields for topic, fields in written.items() if topic in self._of_interest
        }
        return lineage

    def _written_by(self, connector: ConnectorView) -> Written | None:
        if connector.name in self._under_way:
            return None
        if connector.name not in self._written:
            self._source(connector)
        return self._written[connector.name]


def cluster_topics(
    connectors: Iterable[ConnectorView],
    settings: Settings,
    derived: Callable[[ConnectorView], ConnectorLineage] | None = None,
) -> ClusterTopics:
    """Return the topics of a cluster: those that carry data, because a source writes them (active topics, or else what
    its configuration determines) or a sink names them; apart from them those that are some connector's book-keeping.

    Args:
        connectors: All connectors of the cluster.
        settings: What the recipe says about derivation.
        derived: From a connector to its lineage in a cluster without topics; None: it is derived here.
    """
    written: set[str] = set()
    active: set[str] = set()
    read: set[str] = set()
    for connector in connectors:
        if isinstance(find_family(connector, settings), SinkFamily):
            read.update(named_topics(connector.config))
        else:
            lineage = derived(connector) if derived else derive(connector, settings, ClusterTopics)
            written.update(edge.downstream.name for edge in lineage.edges if edge.downstream.platform == KAFKA)
            written.update(item.topic for item in lineage.unresolved if item.topic)
            active.update(connector.topics or ())
    return ClusterTopics.of(written | read, internal=active - written - read)
