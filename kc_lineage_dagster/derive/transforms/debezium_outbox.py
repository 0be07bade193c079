"""Debezium's outbox event routers: rows of an outbox table become events, on topics named after the content of a
column.

Source: https://debezium.io/documentation/reference/stable/transformations/outbox-event-router.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from kc_lineage_dagster.derive.config import Config, flag, items
from kc_lineage_dagster.derive.records import Columns, Leaf, Node, Opaque, Record, Struct, Topic, TopicPattern
from kc_lineage_dagster.derive.transforms import fields
from kc_lineage_dagster.derive.transforms.routing import Rule, rule
from kc_lineage_dagster.derive.transforms.steps import PERHAPS_NO_OUTBOX, Transform, TransformOptions
from kc_lineage_dagster.java_regex import Preimage
from kc_lineage_dagster.lineage import Unresolved


@dataclass(frozen=True, slots=True)
class _Inside:
    """Gives every field the same column as its origin: what is inside a column's text comes out of that column."""

    column: Leaf

    def __call__(self, name: str) -> Leaf:
        return self.column


@dataclass(frozen=True, slots=True)
class _Outbox:
    """The columns of an outbox table that the router reads, and which of them it keeps beside the payload."""

    id: str
    key: str
    payload: str
    route: str
    beside: Mapping[str, str]
    expand: bool

    def event(self, record: Record, row: Node) -> Record | None:
        """Return the event of a row; None when a column that must be there is known to be missing: the record fails."""
        needed = (self.id, self.payload, self.route)
        if any(fields.field_at(row, (column,)) is None for column in needed):
            return None
        payload = self._expanded(row) if self.expand else self._column(row, self.payload)
        beside = ((name, self._column(row, column)) for column, name in self.beside.items())
        value = Struct((("payload", payload), *beside)) if self.beside else payload
        return replace(record, key=self._column(row, self.key), value=value)

    def _expanded(self, row: Node) -> Node:
        """Return the fields of the JSON text in the payload, which only the records name."""
        column = self._column(row, self.payload)
        if not isinstance(column, Leaf):
            return Opaque()
        return Struct(
            columns=Columns(some=True, chosen=_Inside(Leaf(column.origins, (*column.transforms, "EventRouter"))))
        )

    def _column(self, row: Node, column: str) -> Node:
        return fields.field_at(row, (column,)) or Opaque()


def event_router(options: TransformOptions) -> Transform | Unresolved:
    """Makes events of the rows of an outbox table: puts ``table.field.event.payload`` in place of the change event, and
    names the topic after what is in ``route.by.field``.

    ``route.by.field`` (``aggregatetype``) goes through ``route.topic.regex`` and ``route.topic.replacement``
    (``outbox.event.${routedByValue}``). Records that are no change events pass unchanged; a row of another table,
    without these columns, fails.

    Source: https://debezium.io/documentation/reference/stable/transformations/outbox-event-router.html
    """
    return _router(options, _OF_TABLES, "id")


def mongo_event_router(options: TransformOptions) -> Transform | Unresolved:
    """Makes events of the documents of an outbox collection, as the outbox event router does of rows; its keys begin
    with ``collection.``.

    Source: https://debezium.io/documentation/reference/stable/transformations/mongodb-outbox-event-router.html
    """
    return _router(options, _OF_COLLECTIONS, "_id")


@dataclass(frozen=True, slots=True)
class _Keys:
    """The keys that say which columns of its table a router reads, and what it makes of them."""

    id: str
    key: str
    payload: str
    placement: str
    expand: str


_OF_TABLES = _Keys(
    id="table.field.event.id",
    key="table.field.event.key",
    payload="table.field.event.payload",
    placement="table.fields.additional.placement",
    expand="table.expand.json.payload",
)
_OF_COLLECTIONS = _Keys(
    id="collection.field.event.id",
    key="collection.field.event.key",
    payload="collection.field.event.payload",
    placement="collection.fields.additional.placement",
    expand="collection.expand.json.payload",
)


def _router(options: TransformOptions, keys: _Keys, default_id: str) -> Transform | Unresolved:
    config = options.config
    routing = _routing(config)
    beside = _beside(config, keys.placement)
    if isinstance(routing, Unresolved):
        return routing
    if isinstance(beside, Unresolved):
        return beside
    outbox = _Outbox(
        id=config.get(keys.id, default_id),
        key=config.get(keys.key, "aggregateid"),
        payload=config.get(keys.payload, "payload"),
        route=config.get("route.by.field", "aggregatetype"),
        beside=beside,
        expand=flag(config, keys.expand),
    )
    return _transform(options, outbox, routing)


def _transform(options: TransformOptions, outbox: _Outbox, routing: Rule) -> Transform:
    topic, doubts = _topic(routing, outbox.route)
    guarded = "predicate" in options.config

    def step(record: Record) -> tuple[Record, ...]:
        change_event = fields.is_change_event(record)
        if change_event is False:
            return (record,)
        row = fields.field_at(record.value, ("after",)) if change_event else record.value
        event = outbox.event(record, row or Opaque())
        if event is None:
            return ()
        surely = guarded or isinstance(topic, TopicPattern) or _known(row, outbox)
        extra = () if surely else (PERHAPS_NO_OUTBOX,)
        return (replace(event, topic=topic, doubts=(*record.doubts, *doubts, *extra)),)

    def undo(after: str) -> tuple[Preimage, ...] | None:
        reached = topic.fits(after) if isinstance(topic, TopicPattern) else topic == after
        return None if reached or doubts else ()

    return Transform(options.alias, step, undo=undo)


def _known(row: Node | None, outbox: _Outbox) -> bool:
    """Tell whether the columns of the outbox are known by name."""
    return isinstance(row, Struct) and all(row.get(column) for column in (outbox.id, outbox.payload, outbox.route))


def _topic(routing: Rule, column: str) -> tuple[Topic, tuple[str, ...]]:
    """Return the name of an event's topic, and what is uncertain about it.

    A value that ``route.topic.regex`` does not match becomes a topic of its own name; such topics are not looked for.
    """
    parts = routing.outputs()
    doubts = (
        ()
        if routing.matches_everything
        else (f"values of {column} that route.topic.regex does not match name other topics",)
    )
    if all(isinstance(part, str) for part in parts):
        return "".join(str(part) for part in parts), doubts
    return TopicPattern(parts, routing.replacement), doubts


def _routing(config: Config) -> Rule | Unresolved:
    pattern = config.get("route.topic.regex", "(?<routedByValue>.*)")
    replacement = config.get("route.topic.replacement", "outbox.event.${routedByValue}")
    # Confluent Cloud compiles it with RE2/J, where named groups are written (?P<name>...)
    return rule("route.topic.regex", pattern, replacement, re2="(?P<" in pattern)


def _beside(config: Config, key: str) -> dict[str, str] | Unresolved:
    """Return what ``key`` (``column:header|envelope|partition[:alias]``) puts into the event."""
    placed: dict[str, str] = {}
    for entry in items(config.get(key)):
        column, placement, alias = ([part.strip() for part in entry.split(":")] + ["", ""])[:3]
        if placement.lower() not in ("header", "envelope", "partition"):
            return Unresolved(key, f"{entry} is not of the form column:placement[:alias]")
        if placement.lower() == "envelope":
            placed[column] = alias or column
    return placed
