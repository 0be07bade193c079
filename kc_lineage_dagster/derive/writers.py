"""The fields of a topic as the sources of the same cluster write them, for the connectors that read the topic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
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
        connectors: The cluster's sources.
        written: From a source to what it writes; None while that is being worked out.
    """

    connectors: Iterable[ConnectorView]
    written: Callable[[ConnectorView], Written | None]
    _known: dict[str, TopicFields | None] = field(default_factory=dict)
    _by_active: dict[str, list[ConnectorView]] | None = None
    _silent: list[ConnectorView] = field(default_factory=list)
    _of_silent: defaultdict[str, list[Callable[[], TopicFields]]] = field(default_factory=lambda: defaultdict(list))

    def fields(self, topic: str) -> TopicFields | None:
        """Return the fields of a topic; None where no source is known to write it."""
        if topic not in self._known:
            self._known[topic] = None  # a copy of a copy of itself has no fields of its own
            self._known[topic] = self._of(topic)
        return self._known[topic]

    def _of(self, topic: str) -> TopicFields | None:
        writers = [fields for one in self._active(topic) for fields in (self.written(one) or {}).get(topic, ())]
        self._ask_silent()
        found = [fields() for fields in (*writers, *self._of_silent.get(topic, ()))]
        if not found:
            return None
        key, value = found[0].key, found[0].value
        for other in found[1:]:
            key, value = united(key, other.key), united(value, other.value)
        return TopicFields(key, value)

    def _active(self, topic: str) -> Iterable[ConnectorView]:
        if self._by_active is None:
            by_topic: defaultdict[str, list[ConnectorView]] = defaultdict(list)
            for one in self.connectors:
                if not one.topics:
                    self._silent.append(one)
                for name in one.topics or ():
                    by_topic[name].append(one)
            self._by_active = by_topic
        return self._by_active.get(topic, ())

    def _ask_silent(self) -> None:
        asked, self._silent = self._silent, []  # working one out may ask for the fields of a topic itself
        for one in asked:
            written = self.written(one)
            if written is None:
                self._silent.append(one)
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
