"""Columns that hold more than one field: a struct, or a whole record, as JSON, a VARIANT or the like."""

from __future__ import annotations

from kc_lineage_dagster.derive.records import Leaf, Node, Opaque, Struct


def gathered(node: Node, how: str) -> Node:
    """Return one value that holds all of a node; Opaque where not all of it is known. ``how``: what puts it
    together.

    >>> gathered(Struct((("id", Leaf(("id",))), ("total", Leaf(("total",))))), "JSON")
    Leaf(origins=('id', 'total'), transforms=('JSON',), constant=None)
    """
    found = _all(node)
    if found is None:
        return Opaque()
    origins = dict.fromkeys(origin for leaf in found for origin in leaf.origins)
    transforms = dict.fromkeys(transform for leaf in found for transform in leaf.transforms)
    return Leaf(tuple(origins), (*transforms, how))


def top_level(node: Node, how: str) -> Node:
    """Return columns of which each holds a field of the record, with everything inside that.

    >>> address = Struct((("city", Leaf(("address.city",))),))
    >>> top_level(Struct((("address", address),)), "VARIANT").fields
    (('address', Leaf(origins=('address.city',), transforms=('VARIANT',), constant=None)),)
    """
    if not isinstance(node, Struct):
        return node
    fields = ((name, gathered(field, how) if isinstance(field, Struct) else field) for name, field in node.fields)
    return Struct(tuple(fields), node.columns)


def _all(node: Node) -> list[Leaf] | None:
    if isinstance(node, Leaf):
        return [node]
    if isinstance(node, Opaque):
        return [Leaf((node.place,))] if node.place else None
    if not isinstance(node, Struct) or node.columns is not None:
        return None
    inside = [_all(field) for _, field in node.fields]
    return None if None in inside else [leaf for leaves in inside for leaf in leaves or ()]
