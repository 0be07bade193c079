"""Debezium's transforms that put the state of a row, or of a document, in place of the change event around it.

Source: https://debezium.io/documentation/reference/stable/transformations/event-flattening.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from kc_lineage_dagster.derive.config import Config, first, flag, items
from kc_lineage_dagster.derive.records import ANY_TOPIC, Leaf, Node, Opaque, Record, TopicPattern
from kc_lineage_dagster.derive.transforms import fields
from kc_lineage_dagster.derive.transforms.steps import Transform, TransformOptions

_REWRITES = ("rewrite", "rewrite-with-tombstone")
# where a field that add.fields names without its struct is found; all others are in source
_STRUCTS: Mapping[str, fields.Path] = {
    **dict.fromkeys(("op", "ts_ms", "ts_us", "ts_ns"), ()),
    **dict.fromkeys(("id", "total_order", "data_collection_order"), ("transaction",)),
    "updateDescription": ("updateDescription",),
}


@dataclass(frozen=True, slots=True)
class _Added:
    """One entry of ``add.fields``: where it comes from in the change event, and its name in the row."""

    path: fields.Path
    name: str


def extract_new_record_state(options: TransformOptions) -> Transform:
    """Puts ``after`` in place of the change event; records that are no change events pass unchanged.

    ``add.fields`` adds fields of the change event (``__op``, ``__source_ts_ms``),
    ``delete.tombstone.handling.mode=rewrite`` adds ``__deleted``. ``route.by.field`` makes the content of that column
    the topic.

    Source: https://debezium.io/documentation/reference/stable/transformations/event-flattening.html
    """

    def change(record: Record) -> Record:
        return replace(record, value=_row(record.value, options))

    return _routed(options, change)


def extract_new_document_state(options: TransformOptions) -> Transform:
    """Puts the document of ``after`` in place of a MongoDB change event.

    ``add.fields`` and ``__deleted`` are as in ExtractNewRecordState. With ``flatten.struct`` nested fields are drawn
    up, their names joined by ``flatten.struct.delimiter`` (``_``).

    Source: https://debezium.io/documentation/reference/stable/transformations/mongodb-event-flattening.html
    """
    delimiter = options.config.get("flatten.struct.delimiter", "_")
    flatten = flag(options.config, "flatten.struct")

    def change(record: Record) -> Record:
        value = _row(record.value, options)
        key = fields.hoisted(fields.field_at(record.key, ("id",)) or Opaque(), "id")
        return replace(record, key=key, value=fields.flattened(value, delimiter) if flatten else value)

    return _routed(options, change)


def _row(value: Node, options: TransformOptions) -> Node:
    change_event = fields.is_envelope(value)
    if change_event is None:
        # a topic's records may be change events or rows already; a family's rows stay rows
        return Opaque() if options.kind == "sink" else value
    if not change_event:
        return value
    after = fields.field_at(value, ("after",)) or Opaque()
    row = (after.text or after) if isinstance(after, Opaque) else after
    added = {one.name: node for one in _added(options.config) if (node := _content(value, one.path)) is not None}
    return fields.put(row, {**_deleted(options.config), **added}) if added or _deleted(options.config) else row


def _added(config: Config) -> list[_Added]:
    prefix = config.get("add.fields.prefix", "__")
    return [_entry(entry, prefix) for entry in items(config.get("add.fields"))]


def _entry(entry: str, prefix: str) -> _Added:
    source, _, name = entry.partition(":")
    steps = tuple(source.split(".")[:2])
    path = steps if len(steps) == 2 else (*_STRUCTS.get(source, ("source",)), source)
    return _Added(path, prefix + (name or "_".join(steps)))


def _content(value: Node, path: fields.Path) -> Node | None:
    """Return what the change event holds at a path; what is in ``source`` or ``transaction`` is made by the
    connector.
    """
    found = fields.field_at(value, path) or fields.field_at(value, path[-1:])
    return Leaf() if isinstance(found, Opaque) and path[0] in ("source", "transaction") else found


def _deleted(config: Config) -> dict[str, Node]:
    if first(config, "delete.tombstone.handling.mode") in _REWRITES:
        return {"__deleted": Leaf()}
    # the old key works until Debezium 2.x and counts for nothing in 3.x
    return {"__deleted": Opaque()} if first(config, "delete.handling.mode") == "rewrite" else {}


def _routed(options: TransformOptions, change: fields.RecordChange) -> Transform:
    field = first(options.config, "route.by.field")
    if field is None:
        return Transform(options.alias, lambda record: (change(record),))
    pattern = TopicPattern(ANY_TOPIC, f"${{{field}}}")

    def step(record: Record) -> tuple[Record, ...]:
        return (record if fields.is_change_event(record) is False else change(record).to(pattern),)

    return Transform(options.alias, step, undo=lambda topic: None)
