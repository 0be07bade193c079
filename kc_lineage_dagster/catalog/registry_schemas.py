"""Read schemas as a registry holds them (Avro, JSON Schema, Protobuf): the name of the record and the paths of fields.

The paths are those that DataHub's Kafka source ends up with, without types (``after.id``), so that lineage can compare
them: a record in an array or in a union adds no step. A text that cannot be read has no known fields.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kc_lineage_dagster.catalog.protobuf import message_fields
from kc_lineage_dagster.wording import encodable

_DEEPEST = 25
_MOST = 10_000  # fields


@dataclass(frozen=True, slots=True)
class Subject:
    """What a schema says of records.

    ``name``: the full name of the record, None where it has none.
    ``fields``: the paths of its fields, None where they are not known.
    """

    name: str | None = None
    fields: tuple[str, ...] | None = None


UNREADABLE = Subject()


def read_schema(kind: str, text: str, references: Mapping[str, str]) -> Subject:
    """Return the name and the fields of a schema; ``UNREADABLE`` for a text that cannot be read.

    Args:
        kind: ``AVRO``, ``JSON`` or ``PROTOBUF``, as the registry's ``schemaType`` says.
        text: The schema as the registry holds it.
        references: The schemas that ``text`` names -> their texts.
    """
    try:
        subject = _READERS[kind](text, references)
        fields = None if subject.fields is None else tuple(map(encodable, subject.fields))
        return Subject(subject.name and encodable(subject.name), fields)
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, RecursionError):
        return UNREADABLE


# ---- Avro

# Records and other named types by full name, each with the namespace that names inside it are looked up in.
_Named = dict[str, tuple[Any, str]]


def _avro(text: str, references: Mapping[str, str]) -> Subject:
    named: _Named = {}
    for other in references.values():
        _declare(_json_or_name(other), "", named)
    schema = _json_or_name(text)
    _declare(schema, "", named)
    record = _record_of(schema, "", named)
    if record is None:
        return Subject(_avro_name(schema, ""), ())
    fields = tuple(dict.fromkeys(path for path, _ in zip(_avro_fields(*record, named, ""), range(_MOST), strict=False)))
    return Subject(_avro_name(*record), fields)


def _json_or_name(text: str) -> Any:
    return json.loads(text) if text.lstrip()[:1] in ('"', "{", "[") else text.strip()


def _avro_name(schema: Any, space: str) -> str | None:
    if not isinstance(schema, Mapping) or not isinstance(schema.get("name"), str):
        return None
    name, given = schema["name"], schema.get("namespace", space)
    return name if "." in name or not given else f"{given}.{name}"


def _declare(schema: Any, space: str, named: _Named) -> None:
    """Remember every record, enum and fixed by its full name, with the namespace it was met in."""
    if isinstance(schema, list):
        for one in schema:
            _declare(one, space, named)
    elif isinstance(schema, Mapping):
        full = _avro_name(schema, space)
        if full and schema.get("type") in ("record", "error", "enum", "fixed"):
            named[full] = (schema, full.rpartition(".")[0])
            space = full.rpartition(".")[0]
        for key in ("type", "items", "values"):
            _declare(schema.get(key), space, named)
        for one in schema.get("fields") or ():
            _declare(one.get("type"), space, named)


def _record_of(schema: Any, space: str, named: _Named) -> tuple[Any, str] | None:
    """Return the record, with its namespace, that a schema is or holds behind names, unions, arrays and maps."""
    if isinstance(schema, str):
        found = named.get(schema if "." in schema else f"{space}.{schema}" if space else schema) or named.get(schema)
        return _record_of(*found, named) if found else None
    if isinstance(schema, list):
        records = [found for one in schema if (found := _record_of(one, space, named))]
        return records[0] if len(records) == 1 else None
    if not isinstance(schema, Mapping):
        return None
    kind = schema.get("type")
    if kind in ("record", "error"):
        return schema, space
    if kind in ("array", "map"):
        return _record_of(schema.get("items" if kind == "array" else "values"), space, named)
    return _record_of(kind, space, named)


def _avro_fields(record: Any, space: str, named: _Named, path: str) -> Iterator[str]:
    yield from _avro_inside(record, space, named, path, ())


def _avro_inside(record: Any, space: str, named: _Named, path: str, above: tuple[str | None, ...]) -> Iterator[str]:
    name = _avro_name(record, space)
    if name in above or len(above) > _DEEPEST:
        return
    own = name.rpartition(".")[0] if name else space
    for one in record["fields"]:
        here = path + str(one["name"])
        yield here
        inner = _record_of(one["type"], own, named)
        if inner is not None:
            yield from _avro_inside(*inner, named, f"{here}.", (*above, name))


# ---- JSON Schema


def _json_schema(text: str, references: Mapping[str, str]) -> Subject:
    root = json.loads(text)
    others = {name: json.loads(other) for name, other in references.items()}
    walk = _JsonSchema(root, others)
    title = root.get("title") if isinstance(root, Mapping) else None
    fields = tuple(dict.fromkeys(path for path, _ in zip(walk.fields(root, "", 0), range(_MOST), strict=False)))
    return Subject(title if isinstance(title, str) else None, fields)


@dataclass(frozen=True, slots=True)
class _JsonSchema:
    """A JSON Schema, with the documents that its ``$ref`` name.

    ``root``: the document. ``others``: the name of a referenced document -> the document.
    """

    root: Any
    others: Mapping[str, Any]

    def fields(self, schema: Any, path: str, depth: int) -> Iterator[str]:
        schema = self._resolved(schema)
        if not isinstance(schema, Mapping) or depth > _DEEPEST:
            return
        for name, inner in sorted((schema.get("properties") or {}).items(), key=lambda item: _position(item[1])):
            yield path + name
            yield from self.fields(inner, f"{path}{name}.", depth + 1)
        for branch in ("oneOf", "anyOf", "allOf"):
            for one in schema.get(branch) or ():
                yield from self.fields(one, path, depth + 1)
        if isinstance(schema.get("items"), Mapping):
            yield from self.fields(schema["items"], path, depth + 1)

    def _resolved(self, schema: Any) -> Any:
        for _ in range(_DEEPEST):
            if not isinstance(schema, Mapping) or not isinstance(schema.get("$ref"), str):
                return schema
            name, _, pointer = schema["$ref"].partition("#")
            document = self.others.get(name) if name else self.root
            for step in filter(None, pointer.split("/")):
                step = step.replace("~1", "/").replace("~0", "~")
                document = document.get(step) if isinstance(document, Mapping) else None
            schema = document
        return None


def _position(schema: Any) -> int:
    """Return the position that Connect's converter notes of a field (``connect.index``); 0 without one."""
    position = schema.get("connect.index") if isinstance(schema, Mapping) else None
    return position if isinstance(position, int) else 0


# ---- Protobuf


def _protobuf(text: str, references: Mapping[str, str]) -> Subject:
    name, fields = message_fields(text, references)
    return Subject(name, tuple(dict.fromkeys(fields))[:_MOST])


_READERS = {"AVRO": _avro, "JSON": _json_schema, "PROTOBUF": _protobuf}
