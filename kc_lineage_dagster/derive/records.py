"""What is known of the records of one origin at one point of the chain: topic, key and value travel together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from kc_lineage_dagster.java_regex import Hole, Preimage, matches_pattern
from kc_lineage_dagster.lineage import Dataset, Edge, FieldEdge, Unresolved


@dataclass(frozen=True, slots=True)
class TopicPattern:
    """A topic name that depends on the content of each record: literal text and holes.

    ``parts``: ``str`` for text that is known, ``Hole`` for text that is not. ``display``: the name for people, for
    example ``orders-${timestamp}``.
    """

    parts: Preimage
    display: str

    def fits(self, topic: str) -> bool:
        """Tell whether a topic could be one of this pattern."""
        return matches_pattern(self.parts, topic)

    def __str__(self) -> str:
        return self.display


Topic = str | TopicPattern

# Ways of knowing a record; one that a single place adds, and that nothing asks about, stands there as text.
CONFIGURATION, QUERY, OFFSETS = "configuration", "query", "committed offsets"
ACTIVE_TOPICS, LISTED_TOPICS, CATALOG = "active topics", "topics that Kafka lists", "catalog"

ANY_TOPIC = (Hole(".*"),)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value made of columns of the origin.

    Args:
        origins: The columns, as paths joined with dots; () for a value that the connector makes up itself.
        transforms: What changed the content on the way, in order, in the terms of the configuration (``MaskField``,
            ``column.mask.hash.SHA-256``); () for a copy.
        constant: The text that every record holds here; None where that is not known.
    """

    origins: tuple[str, ...] = ()
    transforms: tuple[str, ...] = ()
    constant: str | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of the origin that are not known by name, each of which arrives as ``prefix + column + suffix``.

    Args:
        excluded: Columns of the origin that are not among them.
        prefix: Stands before the name of each.
        suffix: Stands behind the name of each.
        below: The path at which the columns lie in the origin, with its last dot (``after.``); "" at the top.
        some: Whether they are only a part of the columns, of which nobody says which one, as in the key of a change
            event.
        chosen: From the name of a column to what arrives of it, None when nothing does; without it every column arrives
            unchanged.
        spell: From the name of a column to the name that the connector gives it; None where names are kept.
    """

    excluded: frozenset[str] = frozenset()
    prefix: str = ""
    suffix: str = ""
    below: str = ""
    some: bool = False
    chosen: Callable[[str], Leaf | None] | None = None
    spell: Callable[[str], str] | None = None

    def name(self, column: str) -> str:
        """Return the name under which a column arrives."""
        return f"{self.prefix}{self.spell(column) if self.spell else column}{self.suffix}"

    def leaf(self, column: str, inside: tuple[str, ...] = ()) -> Leaf | None:
        """Return what arrives of a column, or of what is ``inside`` it; None when it does not arrive."""
        if column in self.excluded:
            return None
        found = Leaf((column,)) if self.chosen is None else self.chosen(column)
        if found is None or found.origins != (column,):
            return found
        return Leaf((self.below + ".".join((column, *inside)),), found.transforms)


@dataclass(frozen=True, slots=True)
class Struct:
    """Named fields in order and, besides them, perhaps all the columns of the origin that are not known by name."""

    fields: tuple[tuple[str, Node], ...] = ()
    columns: Columns | None = None

    def get(self, name: str) -> Node | None:
        """Return the field of that name, where it is known by name."""
        return next((node for key, node in self.fields if key == name), None)


@dataclass(frozen=True, slots=True)
class Opaque:
    """A value of whose inside nothing is known, nor where it comes from.

    Args:
        text: The fields inside, where the value is known to be text or bytes that hold them; None elsewhere.
        constants: Pairs (field, text) of fields in which every record holds the same text.
        place: The path of the whole value in the origin, joined with dots; None where that is not known.
    """

    text: Struct | None = None
    constants: tuple[tuple[str, str], ...] = ()
    place: str | None = None


Node = Leaf | Struct | Opaque

ALL_COLUMNS = Struct(columns=Columns())
SOME_COLUMNS = Struct(columns=Columns(some=True))


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of the records of one origin, at one point of the chain.

    Args:
        origin: The dataset that the records come from; None when no catalog knows it.
        topic: The topic that the records are on their way to (source) or come from (sink).
        key: The fields of their keys.
        value: The fields of their values.
        doubts: What depends on the content of a record, or on code nobody knows, in words.
        evidence: The ways of knowing the records, each in a few words.
        instance: The platform instance of the Kafka cluster written to, when it is not the recipe's own; else None.
        start: The record as it was before the first transform; None before the chain runs.
    """

    origin: Dataset | None
    topic: Topic
    key: Node = field(default_factory=Opaque)
    value: Node = ALL_COLUMNS
    doubts: tuple[str, ...] = ()
    evidence: tuple[str, ...] = (CONFIGURATION,)
    instance: str | None = None
    start: Record | None = field(default=None, compare=False, repr=False)

    def to(self, topic: Topic) -> Record:
        """Return the same records under another topic."""
        return replace(self, topic=topic)

    def known(self, *ways: str) -> Record:
        """Return the same records with further ways of knowing them."""
        return replace(self, evidence=(*self.evidence, *ways))

    @property
    def how(self) -> str:
        """Return how the records are known, for people: what the evidence of an edge says."""
        return ", ".join(self.evidence)

    def doubt(self, reason: str) -> Record:
        """Return the same records with one more doubt."""
        return replace(self, doubts=(*self.doubts, reason))


@dataclass(frozen=True, slots=True)
class ByContent(Unresolved):
    """A record that the configuration names and whose topic depends on the content of records, or on code that nobody
    knows.
    """


@dataclass(frozen=True, slots=True)
class Arrival(Edge):
    """An edge from a source's dataset to a topic, with the record as it arrives there."""

    record: Record | None = field(default=None, compare=False, repr=False)


def field_edges(value: Node) -> tuple[FieldEdge, ...]:
    """Return what is known of single fields; fields that arrive unchanged among unnamed ones are not listed."""
    if not isinstance(value, Struct):
        return ()
    made = tuple(field_edge(leaf, path) for path, leaf in leaves(value))
    used = {origin for edge in made for origin in edge.upstream}
    columns = value.columns
    dropped = {columns.below + column for column in columns.excluded} - used if columns else set()
    return made + tuple(FieldEdge((column,), None) for column in sorted(dropped))


def field_edge(leaf: Leaf, path: str) -> FieldEdge:
    """Return the field at a path, and what it is made of."""
    return FieldEdge(leaf.origins, path, ", ".join(dict.fromkeys(leaf.transforms)) if leaf.transforms else "")


def leaves(node: Node, path: str = "") -> Iterator[tuple[str, Leaf]]:
    """Yield the single values below a node that are known by name, each with its path."""
    if not isinstance(node, Struct):
        return
    for name, inner in node.fields:
        if isinstance(inner, Leaf):
            yield path + name, inner
        elif isinstance(inner, Opaque):
            yield from [(path + name, Leaf((inner.place,)))] if inner.place else ()
        else:
            yield from leaves(inner, f"{path}{name}.")
