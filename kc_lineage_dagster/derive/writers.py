"""The fields of a topic as the sources of the same cluster write them, for the connectors that read the topic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kc_lineage_dagster.derive.evidence import ConnectorView, TopicFields
from kc_lineage_dagster.derive.records import Columns, Leaf, Node, Opaque, Struct

# The fields of each topic that a source writes, worked out when asked for.
Written = Mapping[str, tuple[Callable[[], TopicFields], ...]]


@dataclass(slots=True)
class Writers:
    """Which fields the sources of a cluster write to a topic.

    Sources that have active topics are asked about those only; the rest are asked once and then looked up by topic.

    Args:
        connectors: All connectors of the cluster.
        readers: The names of those that are no sources.
        interest: The topics that somebody may read; of others nothing is kept.
        written: From a source to what it writes to these topics; None while that is being worked out.
    """

    connectors: Sequence[ConnectorView]
    readers: Collection[str]
    interest: Container[str]
    written: Callable[[ConnectorView], Written | None]
    _known: dict[str, TopicFields | None] = field(default_factory=dict)
    _by_active: dict[str, tuple[int, ...]] | None = None
    _silent: list[int] = field(default_factory=list)
    _of_silent: defaultdict[str, list[Callable[[], TopicFields]]] = field(default_factory=lambda: defaultdict(list))

    def fields(self, topic: str) -> TopicFields | None:
        """Return the fields of a topic; None where no source is known to write it."""
        if topic not in self._known:
            self._known[topic] = None  # a copy of a copy of itself has no fields of its own
            self._known[topic] = self._of(topic)
        return self._known[topic]

    def _of(self, topic: str) -> TopicFields | None:
        active = (self.written(self.connectors[place]) or {} for place in self._active(topic))
        writers = [fields for written in active for fields in written.get(topic, ())]
        self._ask_silent()
        found = [fields() for fields in (*writers, *self._of_silent.get(topic, ()))]
        if not found:
            return None
        key, value = found[0].key, found[0].value
        for other in found[1:]:
            key, value = united(key, other.key), united(value, other.value)
        return TopicFields(key, value)

    def _active(self, topic: str) -> Iterable[int]:
        """Return the places, among the connectors, of the sources that have this topic among their active ones."""
        if self._by_active is None:
            by_topic: dict[str, tuple[int, ...]] = {}
            for place, one in enumerate(self.connectors):
                if one.name in self.readers:
                    continue
                if not one.topics:
                    self._silent.append(place)
                for name in one.topics or ():
                    if name in self.interest:
                        by_topic[name] = (*by_topic.get(name, ()), place)
            self._by_active = by_topic
        return self._by_active.get(topic, ())

    def _ask_silent(self) -> None:
        asked, self._silent = self._silent, []  # working one out may ask for the fields of a topic itself
        for place in asked:
            written = self.written(self.connectors[place])
            if written is None:
                self._silent.append(place)
            for topic, fields in (written or {}).items():
                self._of_silent[topic].extend(fields)


def united(one: Node, other: Node) -> Node:
    """Return what is known of the fields of a topic that two writers share: a field of either is a field of the
    topic.
    """
    if one == other:
        return one
    if isinstance(one, Leaf) and isinstance(other, Leaf) and one.origins == other.origins:
        return Leaf(one.origins)
    if not isinstance(one, Struct) or not isinstance(other, Struct):
        return Opaque()
    fields = dict(one.fields)
    for name, node in other.fields:
        fields[name] = united(fields[name], node) if name in fields else node
    columns = one.columns if one.columns == other.columns else (one.columns or other.columns)
    below = columns and Columns(below=columns.below, some=columns.some)
    return Struct(tuple(fields.items()), below)
