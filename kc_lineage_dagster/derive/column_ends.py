"""The end of the chain: which fields that arrive the dataset there has, and which columns of the origin are lost.

Names are those that DataHub shows of a dataset.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from kc_lineage_dagster.derive.columns import KnownColumns, Paths
from kc_lineage_dagster.derive.readers.sql_platforms import PLATFORMS, reflected
from kc_lineage_dagster.derive.records import Leaf, Node, Struct, field_edge, leaves
from kc_lineage_dagster.derive.transforms.fields import field_at
from kc_lineage_dagster.lineage import FieldEdge


def held(node: Node, names: Paths | None, *, flat: bool = False) -> tuple[FieldEdge, ...]:
    """Return the fields of a node that the dataset at the end of an edge has.

    Args:
        node: The fields as they arrive.
        names: The fields of that dataset, as paths joined with dots; None where they are not known: then all fields
            that are known by name count.
        flat: Whether the columns of the edge's origin have no fields inside.
    """
    own = dict(leaves(node))
    if names is None:
        return tuple(field_edge(leaf, path) for path, leaf in own.items())
    found: list[FieldEdge] = []
    for name in names:
        leaf = own.get(name) or _unnamed(node, name, flat)
        if leaf is not None:
            found.append(field_edge(leaf, name))
    return tuple(found)


def _unnamed(node: Node, name: str, flat: bool) -> Leaf | None:
    leaf = field_at(node, tuple(name.split(".")))
    if not isinstance(leaf, Leaf) or not leaf.origins or (flat and "." in leaf.origins[0]):
        return None
    return leaf


def matched(node: Node, names: Sequence[str]) -> tuple[FieldEdge, ...]:
    """Return the fields of a node that a table has as columns, under the columns' names: equal, or the only one that is
    equal but for letter case.
    """
    exact, counts = frozenset(names), Counter(name.lower() for name in names)
    lower = {name.lower(): name for name in names if counts[name.lower()] == 1}
    found: dict[str, FieldEdge] = {}
    for path, leaf in leaves(node):
        name = path if path in exact else lower.get(path.lower())
        if name is not None and (name == path or name not in found):
            found[name] = field_edge(leaf, name)
    return tuple(found.values())


def lost(node: Node, known: KnownColumns) -> tuple[FieldEdge, ...]:
    """Return the columns of the origin that are known not to arrive, each as a field edge to nothing."""
    if not _all_named(node):
        return ()
    used = {origin for _, leaf in leaves(node) for origin in leaf.origins}
    return tuple(
        FieldEdge((path,), None) for _, inner in leaves(known.tree) for path in inner.origins if path not in used
    )


def _all_named(node: Node) -> bool:
    if isinstance(node, Struct):
        return node.columns is None and all(_all_named(inner) or name in _BOOK_KEEPING for name, inner in node.fields)
    return isinstance(node, Leaf)


# fields of a change event that hold nothing of the row
_BOOK_KEEPING = frozenset({"source", "transaction"})


def is_flat(platform: str) -> bool:
    """Tell whether a platform's columns have no fields inside."""
    return platform in PLATFORMS and not PLATFORMS[platform].nested


def downstream_as_shown(edges: Iterable[FieldEdge], platform: str) -> tuple[FieldEdge, ...]:
    """Return field edges whose ends are columns of a table that no catalog knows, under the names that DataHub's
    ingestion of the platform would show.
    """
    spell = _shown(platform)
    if spell is None:
        return tuple(edges)
    return tuple(
        edge if edge.downstream is None else replace(edge, downstream=spell(edge.downstream)) for edge in edges
    )


def upstream_as_shown(edges: Iterable[FieldEdge], platform: str) -> tuple[FieldEdge, ...]:
    """Return field edges whose starts are columns of a table that no catalog knows, under the names that DataHub's
    ingestion of the platform would show.
    """
    spell = _shown(platform)
    return (
        tuple(edges)
        if spell is None
        else tuple(replace(edge, upstream=tuple(map(spell, edge.upstream))) for edge in edges)
    )


def _shown(platform: str) -> Callable[[str], str] | None:
    if platform == "snowflake":
        return str.lower
    rules = PLATFORMS.get(platform)
    return reflected if rules is not None and rules.folds("a") == "A" else None
