"""What is known of the records of one origin at one point of the chain: topic and fields travel together."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from kc_lineage_dagster.java_regex import Hole, Preimage, matches_pattern
from kc_lineage_dagster.lineage import Dataset, FieldEdge


@dataclass(frozen=True, slots=True)
class TopicPattern:
    """A topic name that depends on the content of each record: literal text and holes.

    ``parts``: ``str`` for text that is known, ``Hole`` for text that is not. ``display``: how people would write it,
    for example ``orders-${timestamp}``.
    """

    parts: Preimage
    display: str

    def fits(self, topic: str) -> bool:
        """Whether a topic could be one of this pattern."""
        return matches_pattern(self.parts, topic)

    def __str__(self) -> str:
        return self.display


Topic = str | TopicPattern

ANY_TOPIC = (Hole(".*"),)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value made of these columns (paths joined with dots) of the origin; of none: made by the connector."""

    origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Columns:
    """All columns of the origin except ``excluded``, each as ``prefix + column + suffix``, its content unchanged."""

    excluded: frozenset[str] = frozenset()
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Struct:
    """Named fields in order and, besides them, perhaps all the columns of the origin that are not known by name."""

    fields: tuple[tuple[str, Node], ...] = ()
    columns: Columns | None = None

    def get(self, name: str) -> Node | None:
        """The field of that name, where it is known by name."""
        return next((node for key, node in self.fields if key == name), None)


@dataclass(frozen=True, slots=True)
class Opaque:
    """Nothing is known of what is inside, nor of where it comes from."""


Node = Leaf | Struct | Opaque

ALL_COLUMNS = Struct(columns=Columns())


@dataclass(frozen=True, slots=True)
class Record:
    """The records of one origin.

    ``origin``: the dataset they come from, None when no catalog knows it. ``topic``: the topic they are on their way to
    (source) or come from (sink). ``key`` and ``value``: their fields. ``doubts``: what depends on the content of a
    record or on code nobody knows, in words. ``evidence``: how the family knows, in a few words. ``instance``: the
    platform instance of the Kafka cluster written to, when it is not the recipe's own.
    """

    origin: Dataset | None
    topic: Topic
    key: Node = field(default_factory=Opaque)
    value: Node = ALL_COLUMNS
    doubts: tuple[str, ...] = ()
    evidence: str = "configuration"
    instance: str | None = None

    def to(self, topic: Topic) -> Record:
        """The same records under another topic."""
        return replace(self, topic=topic)

    def doubt(self, reason: str) -> Record:
        """The same records with one more doubt."""
        return replace(self, doubts=(*self.doubts, reason))


def field_edges(value: Node) -> tuple[FieldEdge, ...]:
    """What is known of single fields; fields that arrive unchanged among unnamed ones are not listed."""
    if not isinstance(value, Struct):
        return ()
    named = tuple(_named(value, ""))
    used = {origin for edge in named for origin in edge.upstream}
    dropped = value.columns.excluded - used if value.columns else frozenset()
    return named + tuple(FieldEdge((column,), None) for column in sorted(dropped))


def _named(struct: Struct, path: str) -> list[FieldEdge]:
    edges: list[FieldEdge] = []
    for name, node in struct.fields:
        if isinstance(node, Leaf):
            edges.append(FieldEdge(node.origins, path + name))
        elif isinstance(node, Struct):
            edges.extend(_named(node, f"{path}{name}."))
    return edges
