"""What transforms do to fields, as pure functions on the nodes of ``records.py``.

A value whose fields are not known (``Opaque``) or that is no struct stays as it is: what happens inside is not
followed. None of these functions names an origin column that was not there before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from kc_lineage_dagster.derive.records import ALL_COLUMNS, Columns, Leaf, Node, Opaque, Record, Struct

Path = tuple[str, ...]
RecordChange = Callable[[Record], Record]


@dataclass(frozen=True, slots=True)
class FlatColumns(Columns):
    """Columns after a flattening: a name that holds ``delimiter`` may have been a path, so its column is not known.

    A delimiter of ``.`` joins paths as ``Leaf.origins`` writes them, so there the name is right either way.
    """

    delimiter: str = "."


def envelope(source: Mapping[str, str] | None = None) -> Struct:
    """Return the value of a Debezium change event whose ``after`` holds the columns of the table.

    ``source``: what every event holds in fields of its ``source``.

    Source: https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-change-events-value
    """
    return Struct(
        (
            ("before", ALL_COLUMNS),
            ("after", ALL_COLUMNS),
            ("source", Opaque(constants=tuple(source.items()) if source else ())),
            ("op", Leaf()),
            ("ts_ms", Leaf()),
            ("ts_us", Leaf()),
            ("ts_ns", Leaf()),
            ("transaction", Opaque()),
        )
    )


def is_envelope(node: Node) -> bool | None:
    """Tell whether a value is a Debezium change event; None when its fields are not all known."""
    if not isinstance(node, Struct):
        return False if isinstance(node, Leaf) else None
    if all(node.get(name) is not None for name in ("after", "source", "op")):
        return True
    return False if node.columns is None else None


def state(value: Node) -> Node:
    """Return the row of a Debezium change event; a value that is not known to be one is returned unchanged."""
    return (field_at(value, ("after",)) or Opaque()) if is_envelope(value) else value


def is_change_event(record: Record) -> bool | None:
    """Tell whether records are Debezium change events; those without an origin (heartbeats, ...) are not."""
    return False if record.origin is None else is_envelope(record.value)


def field_at(node: Node, path: Path) -> Node | None:
    """Return the field at a path; None when there is none, Opaque when nothing is known of the field."""
    if not path:
        return node
    if isinstance(node, Opaque):
        text = dict(node.constants).get(path[0]) if len(path) == 1 else None
        return Opaque() if text is None else Leaf(constant=text)
    if not isinstance(node, Struct):
        return Opaque()
    named = node.get(path[0])
    return field_at(named, path[1:]) if named is not None else _column_at(node.columns, path)


def _column_at(columns: Columns | None, path: Path) -> Node | None:
    column = _column(columns, path[0])
    if columns is None or column is None:
        return None
    if _may_be_path(columns, column) or (isinstance(columns, FlatColumns) and len(path) > 1):
        return Opaque()
    return columns.leaf(column, path[1:])


def _may_be_path(columns: Columns | None, column: str) -> bool:
    return isinstance(columns, FlatColumns) and columns.delimiter != "." and columns.delimiter in column


def _column(columns: Columns | None, name: str) -> str | None:
    """Return the origin column that arrives under a name, when it is one of the columns that are not known by name."""
    if columns is None or not (name.startswith(columns.prefix) and name.endswith(columns.suffix)):
        return None
    column = name[len(columns.prefix) : len(name) - len(columns.suffix)]
    return column if column and column not in columns.excluded else None


def origins(node: Node | None) -> tuple[str, ...]:
    """Return the columns a field is made of, as far as they are known, each once."""
    if isinstance(node, Leaf):
        return node.origins
    if isinstance(node, Struct):
        return tuple(dict.fromkeys(column for _, field in node.fields for column in origins(field)))
    return ()


def put(node: Node, fields: Mapping[str, Node]) -> Node:
    """Add these fields to the node, or replace them in place."""
    if isinstance(node, Opaque):
        return _with_constants(node, fields)
    if not isinstance(node, Struct):
        return Opaque()
    return replace(node, fields=tuple({**dict(node.fields), **fields}.items()))


def _with_constants(node: Opaque, fields: Mapping[str, Node]) -> Opaque:
    known = {name: text for name, text in node.constants if name not in fields}
    for name, field in fields.items():
        if isinstance(field, Leaf) and field.constant is not None:
            known[name] = field.constant
    return Opaque(constants=tuple(known.items()))


def constant_at(node: Node, path: Path) -> str | None:
    """Return the text that every record holds at a path; None where that depends on the record."""
    found = field_at(node, path)
    return found.constant if isinstance(found, Leaf) else None


def put_at(node: Node, path: Path, field: Node) -> Node:
    """Add or replace one field below structs; inside a column nothing is followed any further.

    Args:
        node: The whole.
        path: The names of the structs on the way, then that of the field.
        field: What is put there.
    """
    return _below(node, path, lambda parent, name: put(parent, {name: field}))


def without(node: Node, names: Collection[str]) -> Node:
    """Leave out these fields."""
    if not isinstance(node, Struct):
        return Opaque()
    fields = tuple((name, field) for name, field in node.fields if name not in names)
    return Struct(fields, _excluding(node.columns, names))


def without_at(node: Node, path: Path) -> Node:
    """Leave out the field at a path; inside a column nothing is followed any further."""
    return _below(node, path, lambda parent, name: without(parent, (name,)))


def _below(node: Node, path: Path, change: Callable[[Node, str], Node]) -> Node:
    if len(path) == 1:
        return change(node, path[0])
    if not isinstance(node, Struct):
        return node
    known = drawn_out(node, path[:1])
    parent = known.get(path[0])
    return put(known, {path[0]: _below(parent, path[1:], change)}) if isinstance(parent, Struct) else known


def only(node: Node, names: Collection[str]) -> Node:
    """Keep these fields and no others."""
    if not isinstance(node, Struct):
        return Opaque()
    return Struct(tuple((name, field) for name, field in drawn_out(node, names).fields if name in names))


def renamed(node: Node, names: Mapping[str, str]) -> Node:
    """Rename fields, all at once: a swap is possible."""
    if not isinstance(node, Struct):
        return Opaque()
    known = drawn_out(node, names)
    fields = {names.get(name, name): field for name, field in known.fields}
    return Struct(tuple(fields.items()), known.columns)


def drawn_out(node: Struct, names: Collection[str]) -> Struct:
    """List by name those of these fields that are among the unnamed columns."""
    found = {name: field_at(node, (name,)) for name in names if node.get(name) is None}
    fields = tuple((name, field) for name, field in found.items() if field is not None)
    return Struct((*node.fields, *fields), _excluding(node.columns, [name for name, _ in fields]))


def respelled(node: Node, spell: Callable[[str], str | None]) -> Node:
    """Rename every field by a function of its name.

    The whole is Opaque when the function answers None for a name, or when there are columns that are not known by name.
    """
    if not isinstance(node, Struct) or node.columns is not None:
        return Opaque()
    spelled = [(spell(name), field) for name, field in node.fields]
    fields = tuple((name, field) for name, field in spelled if name is not None)
    return Struct(fields) if len(fields) == len(spelled) else Opaque()


def affixed(node: Node, prefix: str, suffix: str) -> Node:
    """Put a text before and after every field's name.

    Args:
        node: The whole; what is no struct becomes Opaque.
        prefix: Put before each name.
        suffix: Put after each name.
    """
    if not isinstance(node, Struct):
        return Opaque()
    columns = node.columns and replace(
        node.columns, prefix=prefix + node.columns.prefix, suffix=node.columns.suffix + suffix
    )
    return Struct(tuple((f"{prefix}{name}{suffix}", field) for name, field in node.fields), columns)


def overwritten(node: Node, names: Collection[str], field: Node) -> Node:
    """Replace the content of those of these fields that exist.

    Args:
        node: The whole; what is no struct becomes Opaque.
        names: The fields.
        field: Their new content.
    """
    if not isinstance(node, Struct):
        return Opaque()
    known = drawn_out(node, names)
    return put(known, {name: field for name in names if known.get(name) is not None})


def changed(node: Node, names: Collection[str], transform: str) -> Node:
    """Note on fields that a transform changed their content; only fields that are known by name are noted.

    Args:
        node: The whole.
        names: The fields; ``*`` means all of them.
        transform: Its simple class name, as edges show it.
    """
    if isinstance(node, Leaf):
        return Leaf(node.origins, (*node.transforms, transform)) if "*" in names and node.origins else node
    if not isinstance(node, Struct):
        return node
    fields = (
        (name, changed(field, ("*",), transform) if "*" in names or name in names else field)
        for name, field in node.fields
    )
    return replace(node, fields=tuple(fields))


def common(one: Node, other: Node) -> Node:
    """Return what is known of a value that is one of two: the fields that both have alike. Of the others nothing is
    known, nor of the whole where the unnamed columns differ.

    >>> kept, old, new = ("id", Leaf(("id",))), ("name", Leaf(("name",))), ("title", Leaf(("name",)))
    >>> [name for name, field in common(Struct((kept, old)), Struct((kept, new))).fields if isinstance(field, Leaf)]
    ['id']
    """
    if one == other:
        return one
    if not isinstance(one, Struct) or not isinstance(other, Struct):
        return Opaque()
    gone = [node.columns.name(column) for node in (one, other) if node.columns for column in node.columns.excluded]
    names = dict.fromkeys((*gone, *(name for name, _ in (*one.fields, *other.fields))))
    left, right = drawn_out(one, names), drawn_out(other, names)
    columns = left.columns
    if columns != right.columns:
        if columns is None or right.columns is None:
            return Opaque()
        columns = replace(columns, excluded=columns.excluded | right.columns.excluded)
        if columns != replace(right.columns, excluded=columns.excluded):
            return Opaque()
    pairs = [(name, left.get(name), right.get(name)) for name in names]
    fields = tuple(
        (name, common(here, there) if here and there else Opaque()) for name, here, there in pairs if here or there
    )
    return Struct(fields, columns)


def hoisted(node: Node, name: str) -> Struct:
    """Make the node the single field of a new struct."""
    return Struct(((name, node),))


def flattened(node: Node, delimiter: str) -> Node:
    """Draw the fields of known structs up to the top, their names joined.

    Of several sets of columns that are not known by name only one can be kept: the top's own, else that of ``after``.
    """
    if not isinstance(node, Struct):
        return Opaque()
    fields: dict[str, Node] = {}
    sets: dict[str, Columns] = {}

    def walk(struct: Struct, path: str) -> None:
        if struct.columns is not None:
            sets[path] = struct.columns
        for name, field in struct.fields:
            if isinstance(field, Struct):
                walk(field, f"{path}{name}{delimiter}")
            else:
                # what may be a struct may come out under other names
                fields[path + name] = Opaque() if isinstance(field, Opaque) else field

    walk(node, "")
    kept = next((path for path in ("", f"after{delimiter}", *sets) if path in sets), None)
    columns = _flat_columns(sets[kept], kept, delimiter) if kept is not None else None
    return Struct(tuple(fields.items()), columns)


def _flat_columns(columns: Columns, path: str, delimiter: str) -> FlatColumns:
    return FlatColumns(
        columns.excluded,
        path + columns.prefix,
        columns.suffix,
        columns.below,
        columns.some,
        columns.chosen,
        columns.spell,
        delimiter=delimiter,
    )


def _excluding(columns: Columns | None, names: Collection[str]) -> Columns | None:
    found = (_column(columns, name) for name in names)
    gone = frozenset(column for column in found if column is not None and not _may_be_path(columns, column))
    return replace(columns, excluded=columns.excluded | gone) if columns is not None and gone else columns
