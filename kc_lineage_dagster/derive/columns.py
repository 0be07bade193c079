"""Column lineage: what becomes of fields between two ends whose columns, or fields, are known.

The edges are decided before this. Here the chain runs once more over a record whose columns are listed by name, and
what arrives is compared with what the other end is known to have. A column that nobody can know is not named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.readers.sql_platforms import PLATFORMS, reflected
from kc_lineage_dagster.derive.records import (
    Columns,
    Leaf,
    Node,
    Opaque,
    Record,
    Struct,
    TopicPattern,
)
from kc_lineage_dagster.derive.transforms.steps import Chain, Outcome, Transform, backwards, run

Paths = tuple[str, ...]

# Converters that write one value without names, or put the record into a structure of their own.
_WITHOUT_FIELDS = (
    "org.apache.kafka.connect.storage.StringConverter",
    "org.apache.kafka.connect.converters.",
    "io.debezium.converters.",
    "io.confluent.connect.replicator.util.ByteArrayConverter",
)


@dataclass(frozen=True, slots=True)
class KnownColumns:
    """The columns that a dataset is known to have, under the names that its records use.

    ``paths``: from such a name to the path that DataHub shows. ``tree``: the same columns as nodes.
    """

    paths: Mapping[str, str]
    tree: Struct

    @classmethod
    def of(cls, platform: str, shown: Sequence[str]) -> KnownColumns:
        """Build from the paths that DataHub shows of a dataset of this platform."""
        rules = PLATFORMS.get(platform)
        if rules is None or rules.nested:
            return cls({path: path for path in shown}, tree(shown))
        stored = {column: column for column in shown}
        if rules.folds("a") == "A":
            # SQLAlchemy shows in lower case what such databases store in upper case
            stored = {
                column if reflected(upper := rules.folds(column)) != column else upper: column for column in shown
            }
        return cls(stored, Struct(tuple((name, Leaf((path,))) for name, path in stored.items())))

    def path(self, name: str) -> str | None:
        """Return the path of a column; of one that differs in letter case only where no other column is alike."""
        return self.paths.get(name) or next(iter(_alike(name, self.paths.items())), None)


def tree(paths: Iterable[str]) -> Struct:
    """Return the fields at these paths, each made of itself; a path with others below it is a struct."""
    fields: dict[str, dict[str, object]] = {}
    for path in paths:
        reduce(lambda inside, step: inside.setdefault(step, {}), path.split("."), fields)  # type: ignore[arg-type, return-value]
    return _struct(fields, "")


def _struct(fields: Mapping[str, object], below: str) -> Struct:
    inner = ((name, below + name, inside) for name, inside in fields.items())
    return Struct(
        tuple(
            (name, _struct(inside, f"{path}.") if isinstance(inside, dict) and inside else Leaf((path,)))
            for name, path, inside in inner
        )
    )


def _alike(name: str, named: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return what stands under the only name that is equal to this one but for letter case; () for none or several."""
    lower = name.lower()
    found = tuple(value for key, value in named if key.lower() == lower)
    return found if len(found) == 1 else ()


# ---- the start of the chain


def columns_listed(node: Node, known: KnownColumns) -> Node:
    """Return a node with its unnamed columns listed by name, without those that the origin does not have."""
    return _listed(node, known) or Opaque()


def _listed(node: Node, known: KnownColumns) -> Node | None:
    if isinstance(node, Leaf):
        paths = [known.path(origin) for origin in node.origins]
        return None if None in paths else replace(node, origins=tuple(path for path in paths if path))
    if isinstance(node, Opaque):
        text = _listed(node.text, known) if node.text else None
        return replace(node, text=text) if isinstance(text, Struct) else node
    named = ((name, _listed(inner, known)) for name, inner in node.fields)
    fields = {name: inner for name, inner in named if inner is not None}
    columns = node.columns
    if columns is None:
        return Struct(tuple(fields.items()))
    if columns.some:
        return Struct(tuple(fields.items()), replace(columns, chosen=_Having(known.paths, columns.chosen)))
    if columns == _ALL and not fields:
        return known.tree
    for column, inner in known.tree.fields:
        arriving = _arriving(columns, column, inner)
        if arriving is not None:
            fields.setdefault(columns.name(column), arriving)
    return Struct(tuple(fields.items()))


_ALL = Columns()


def _arriving(columns: Columns, column: str, inner: Node) -> Node | None:
    """Return a column that is known by name, as the lists of the connector let it through."""
    chosen = columns.leaf(column)
    if chosen is None or columns.chosen is None or not isinstance(inner, Leaf):
        return None if chosen is None else inner
    return Leaf(inner.origins if chosen.origins == (column,) else chosen.origins, chosen.transforms)


@dataclass(frozen=True, eq=False)
class _Having:
    """Lets through those of some unnamed columns that the dataset is known to have, each under the path that DataHub
    shows.
    """

    paths: Mapping[str, str]
    chosen: Callable[[str], Leaf | None] | None

    def __call__(self, column: str) -> Leaf | None:
        path = self.paths.get(column)
        if path is None:
            return None
        found = Leaf((column,)) if self.chosen is None else self.chosen(column)
        return found and Leaf((path,) if found.origins == (column,) else found.origins, found.transforms)


def itself(node: Node, below: str = "") -> Node:
    """Return a topic's fields as readers of the topic see them: each is made of itself."""
    if not isinstance(node, Struct):
        return Opaque(constants=node.constants) if isinstance(node, Opaque) else Opaque()
    fields = tuple((name, _itself(inner, below + name)) for name, inner in node.fields)
    columns = node.columns
    if columns is None:
        return Struct(fields)
    gone = frozenset(columns.name(column) for column in columns.excluded) - {name for name, _ in node.fields}
    return Struct(fields, Columns(excluded=gone, below=below, some=columns.some))


def _itself(node: Node, path: str) -> Node:
    if isinstance(node, Struct):
        return itself(node, f"{path}.")
    if isinstance(node, Leaf):
        return Leaf((path,), constant=node.constant)
    return Opaque(constants=node.constants, place=path)


# ---- the chain


def cautious(chain: Chain) -> Chain:
    """Return the chain as it is for fields: after a transform that nobody knows, nothing is known of them."""
    if all(transform.known for transform in chain):
        return chain
    return tuple(transform if transform.known else Transform(transform.alias, _forget) for transform in chain)


def _forget(record: Record) -> tuple[Record, ...]:
    return (replace(record, key=Opaque(), value=Opaque()),)


def arriving(chain: Chain, record: Record, topic: str) -> tuple[Node, Node]:
    """Return key and value of a record as they are when it arrives at a topic.

    Both are Opaque where several ways through the chain lead to the topic and differ in fields, or where none leads
    there.

    Args:
        chain: The transforms; see ``cautious`` for those that nobody knows.
        record: The record before the first transform, its columns listed by name where they are known.
        topic: The topic after the last transform.
    """
    ends = tuple(_ends(chain, run(chain, record), topic))
    keys, values = {end.key for end in ends}, {end.value for end in ends}
    return (keys.pop() if len(keys) == 1 else Opaque(), values.pop() if len(values) == 1 else Opaque())


def _ends(chain: Chain, outcomes: Iterable[Outcome], topic: str) -> Iterator[Record]:
    for outcome in outcomes:
        pattern = outcome.record.topic
        if outcome.at == len(chain):
            if pattern == topic or (isinstance(pattern, TopicPattern) and pattern.fits(topic)):
                yield outcome.record
        elif isinstance(pattern, TopicPattern):
            for name in backwards(chain, topic)[outcome.at].exact:
                if pattern.fits(name):
                    yield from _ends(chain, run(chain, outcome.record.to(name), outcome.at), topic)


def converted(node: Node, part: str, config: Config) -> Node:
    """Return key or value as the connector's own converter leaves it: Opaque where the converter writes no field names.

    A connector that names no converter uses the worker's, which the configuration does not tell; that one is taken to
    keep names.

    Args:
        node: The fields of key or value before they are converted.
        part: ``key`` or ``value``.
        config: The connector's configuration.
    """
    converter = first(config, f"{part}.converter") or ""
    return Opaque() if converter.startswith(_WITHOUT_FIELDS) else node
