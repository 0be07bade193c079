"""The documents that MongoDB's sink writes: their id, and what the post processors leave of the value.

Source: https://www.mongodb.com/docs/kafka-connector/current/sink-connector/configuration-properties/post-processors/,
``com.mongodb.kafka.connect.sink.processor``, ``com.mongodb.kafka.connect.sink.cdc.debezium.rdbms.RdbmsInsert``
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from kc_lineage_dagster.derive.config import items
from kc_lineage_dagster.derive.records import Leaf, Node, Opaque, Record, Struct
from kc_lineage_dagster.derive.transforms import fields

# From a setting to its value for the topic at hand.
Setting = Callable[[str], "str | None"]

ID = "_id"
_ID_ADDER = "DocumentIdAdder"
_RELATIONAL = ("RdbmsHandler", "MysqlHandler", "PostgresHandler")


def document_fields(record: Record, setting: Setting) -> Node:
    """Return the fields of a record's document, Opaque where code or options that are not known decide.

    >>> record = Record(None, "orders", Opaque(), Struct((("total", Leaf(("total",))),)))
    >>> [name for name, _ in document_fields(record, {}.get).fields]
    ['total', '_id']
    """
    handler = setting("change.data.capture.handler")
    if handler is not None:
        return _of_change(record) if handler.rpartition(".")[2] in _RELATIONAL else Opaque()
    value = record.value
    for name in items(setting("post.processor.chain")) or (_ID_ADDER,):
        processor = _PROCESSORS.get(name.rpartition(".")[2])
        value = processor(value, record.key, setting) if processor else Opaque()
    return value


def _of_change(record: Record) -> Node:
    """Return the row of a change event; the columns of its key are in the id and nowhere else."""
    row = fields.state(record.value)
    if not isinstance(record.key, Struct) or record.key.columns is not None or not record.key.fields:
        return Opaque()
    names = [name for name, _ in record.key.fields]
    return fields.put(fields.without(row, names), {ID: record.key})


def _with_id(value: Node, key: Node, setting: Setting) -> Node:
    strategy = (setting("document.id.strategy") or "BsonOidStrategy").rpartition(".")[2]
    part = _IDS.get(strategy)
    found = part(value, key, setting) if part else None
    return value if found is None else fields.put(value, {ID: found})


def _part(of: str) -> Callable[[Node, Node, Setting], Node | None]:
    def chosen(value: Node, key: Node, setting: Setting) -> Node | None:
        names = items(setting(f"document.id.strategy.partial.{of}.projection.list"))
        kind = (setting(f"document.id.strategy.partial.{of}.projection.type") or "").lower()
        node = key if of == "key" else value
        if not names or any("*" in name or "." in name for name in names):
            return Opaque()
        return fields.only(node, names) if kind in ("allowlist", "whitelist") else fields.without(node, names)

    return chosen


# Strategies by the class's simple name; others make up an id, or take what is there.
_IDS: Mapping[str, Callable[[Node, Node, Setting], Node | None]] = {
    "BsonOidStrategy": lambda value, key, setting: Leaf(),
    "UuidStrategy": lambda value, key, setting: Leaf(),
    "KafkaMetaDataStrategy": lambda value, key, setting: Leaf(),
    "FullKeyStrategy": lambda value, key, setting: key,
    "ProvidedInKeyStrategy": lambda value, key, setting: fields.field_at(key, (ID,)),
    "ProvidedInValueStrategy": lambda value, key, setting: None,
    "PartialKeyStrategy": _part("key"),
    "PartialValueStrategy": _part("value"),
}


def _projected(keeps: bool) -> Callable[[Node, Node, Setting], Node]:
    def projected(value: Node, key: Node, setting: Setting) -> Node:
        names = items(setting("value.projection.list"))
        if any("*" in name or "." in name for name in names):
            return Opaque()
        return fields.only(value, (*names, ID)) if keeps else fields.without(value, names)

    return projected


def _renamed(value: Node, key: Node, setting: Setting) -> Node:
    try:
        pairs = json.loads(setting("field.renamer.mapping") or "[]")
        names = {pair["oldName"].removeprefix("value."): pair["newName"] for pair in pairs if "key." not in str(pair)}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Opaque()
    nested = any("." in old or not isinstance(new, str) for old, new in names.items())
    return Opaque() if nested else fields.renamed(value, names)


_PROCESSORS: Mapping[str, Callable[[Node, Node, Setting], Node]] = {
    _ID_ADDER: _with_id,
    "AllowListValueProjector": _projected(keeps=True),
    "WhitelistValueProjector": _projected(keeps=True),
    "BlockListValueProjector": _projected(keeps=False),
    "BlacklistValueProjector": _projected(keeps=False),
    "RenameByMapping": _renamed,
    "KafkaMetaAdder": lambda value, key, setting: value,
    "NullFieldValueRemover": lambda value, key, setting: value,
}
