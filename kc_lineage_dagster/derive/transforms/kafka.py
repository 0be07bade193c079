"""Apache Kafka's own transforms: topics renamed by a pattern or a time, and fields kept, dropped, added, masked,
flattened.

Source: the classes of ``org.apache.kafka.connect.transforms``
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kc_lineage_dagster.derive.config import first, items
from kc_lineage_dagster.derive.records import Leaf, Node, Opaque, Record
from kc_lineage_dagster.derive.transforms import fields
from kc_lineage_dagster.derive.transforms.routing import by_rule, rule
from kc_lineage_dagster.derive.transforms.simple import (
    NodeChange,
    adding,
    content,
    missing,
    on_part,
    on_record,
    unchanged,
)
from kc_lineage_dagster.derive.transforms.steps import Build, Transform, TransformOptions
from kc_lineage_dagster.derive.transforms.timestamps import TopicFormat, time_pattern
from kc_lineage_dagster.lineage import Unresolved


def regex_router(options: TransformOptions) -> Transform | Unresolved:
    """Replaces the first find in a topic that ``regex`` matches as a whole by ``replacement`` (``RegexRouter``)."""
    for key in ("regex", "replacement"):
        if key not in options.config:
            return missing(key)
    found = rule("regex", options.config["regex"], options.config["replacement"])
    return found if isinstance(found, Unresolved) else by_rule(options.alias, found)


def timestamp_router(options: TransformOptions) -> Transform | Unresolved:
    """Renames a topic to ``topic.format`` with the topic and the record's time, as ``timestamp.format`` prints it
    (``TimestampRouter``).

    A record without a timestamp fails; which ones have none is known from evidence only.
    """
    return timestamped(options, "timestamp.format")


def timestamped(options: TransformOptions, key: str) -> Transform | Unresolved:
    """Return a transform that makes topics of a topic and a time; ``key``: the option that holds the date pattern."""
    time = time_pattern(options.config.get(key, "yyyyMMdd"))
    if isinstance(time, Unresolved):
        return Unresolved(key, time.reason)
    made = TopicFormat(options.config.get("topic.format", "${topic}-${timestamp}"), time)

    def step(record: Record) -> tuple[Record, ...]:
        return (record.to(made.topic(record.topic)),)

    return Transform(options.alias, step, undo=made.topics_before)


def drop_all(options: TransformOptions) -> Transform:
    """Drops every record; meant to be guarded by a predicate (``Filter``)."""
    return Transform(options.alias, lambda record: ())


@on_part
def replace_field(options: TransformOptions) -> NodeChange | Unresolved:
    """Keeps the fields of ``include`` without those of ``exclude``, then renames; all three look at the old names
    (``ReplaceField``; before Kafka 3.0 ``whitelist`` and ``blacklist``).
    """
    exclude = items(first(options.config, "exclude", "blacklist"))
    include = items(first(options.config, "include", "whitelist"))
    renames = rename_pairs(options)
    if isinstance(renames, Unresolved):
        return renames

    def change(node: Node) -> Node:
        kept = fields.without(node, exclude)
        return fields.renamed(fields.only(kept, include) if include else kept, renames)

    return change


def rename_pairs(options: TransformOptions) -> dict[str, str] | Unresolved:
    """Return the option ``renames``, a list of ``old:new``."""
    pairs: dict[str, str] = {}
    for entry in items(options.config.get("renames")):
        old, _, new = entry.rstrip(":").partition(":")
        if not new or ":" in new:
            return Unresolved("renames", f"{entry} is not of the form old:new")
        pairs[old] = new
    return pairs


def insert_field(options: TransformOptions) -> Transform | Unresolved:
    """Adds topic, partition, offset, timestamp or a fixed value under the given names (``InsertField``).

    A ``!`` or ``?`` at the end does not belong to the name. Only sink records have an offset. The topic is the one that
    the record has at this point of the chain, so what every record holds there is known, as is the fixed value.
    """
    config = options.config
    if first(config, "offset.field") and options.kind == "source":
        return Unresolved("offset.field", "every record fails: only records on their way to a sink have an offset")
    names = [name for key in _INSERTED if (name := first(config, key))]
    topic, static, text = first(config, "topic.field"), first(config, "static.field"), config.get("static.value")
    made: dict[str, Node] = {_without_mark(name): Leaf() for name in names}
    if static and text and text.strip():
        made[_without_mark(static)] = Leaf(constant=text)
    return adding(options, made, topic and _without_mark(topic))


_INSERTED = ("partition.field", "offset.field", "timestamp.field")


def _without_mark(name: str) -> str:
    return name[:-1] if name[-1] in "!?" else name


@on_part
def mask_field(options: TransformOptions) -> NodeChange | Unresolved:
    """Replaces the content of ``fields`` by a constant, so nothing of the column arrives (``MaskField``)."""
    names = items(options.config.get("fields"))
    masked = Leaf(transforms=("MaskField",))
    return (lambda node: fields.overwritten(node, names, masked)) if names else missing("fields")


@on_part
def flatten(options: TransformOptions) -> NodeChange | Unresolved:
    """Draws nested fields up, their names joined by ``delimiter``, which is ``.`` by default (``Flatten``)."""
    delimiter = options.config.get("delimiter", ".")
    return lambda node: fields.flattened(node, delimiter)


@on_part
def hoist_field(options: TransformOptions) -> NodeChange | Unresolved:
    """Puts the whole under the single field ``field`` (``HoistField``)."""
    name = options.config.get("field")
    return (lambda node: fields.hoisted(node, name)) if name is not None else missing("field")


@on_part
def extract_field(options: TransformOptions) -> NodeChange | Unresolved:
    """Puts the content of ``field`` in place of the whole; a path in ``field.syntax.version`` V2 (``ExtractField``)."""
    name = options.config.get("field")
    if name is None:
        return missing("field")
    nested = (first(options.config, "field.syntax.version") or "V1").upper() == "V2"
    path = field_path(name) if nested else (name,)
    if isinstance(path, Unresolved):
        return path
    return lambda node: fields.field_at(node, path) or Opaque()


def field_path(text: str) -> fields.Path | Unresolved:
    """Return a path with dots, steps in backticks where they hold dots themselves.

    Source: ``org.apache.kafka.connect.transforms.field.SingleFieldPath`` (KIP-821).
    """
    steps: list[str] = []
    rest = text
    while rest.startswith("`") or "." in rest:
        if not rest.startswith("`"):
            step, _, rest = rest.partition(".")
            steps.append(step)
            continue
        end = _closing_backtick(rest)
        if end is None:
            return Unresolved(f"field {text}", "a backtick is not closed")
        steps.append(rest[1:end].replace("\\`", "`"))
        if end == len(rest) - 1:
            return tuple(steps)
        rest = rest[end + 2 :]
    return (*steps, rest)


def _closing_backtick(text: str) -> int | None:
    """Return the backtick that ends the step: followed by a dot or the end, and not escaped."""
    ends = (at for at in range(1, len(text)) if text[at] == "`" and text[at + 1 : at + 2] in ("", "."))
    return next((at for at in ends if text[at - 1] != "\\"), None)


@on_record
def value_to_key(options: TransformOptions) -> fields.RecordChange | Unresolved:
    """Makes a new key of ``fields`` of the value (``ValueToKey``)."""
    names = items(options.config.get("fields"))
    if not names:
        return missing("fields")
    return lambda record: replace(record, key=fields.only(record.value, names))


@on_part
def header_from(options: TransformOptions) -> NodeChange | Unresolved:
    """Copies ``fields`` into headers, and with ``operation=move`` takes them away (``HeaderFrom``)."""
    names = items(options.config.get("fields"))
    operation = first(options.config, "operation")
    if operation not in ("move", "copy"):
        return Unresolved("operation", "must be move or copy")
    return (lambda node: fields.without(node, names)) if operation == "move" else (lambda node: node)


def _cast(spec: str | None) -> tuple[str, ...]:
    """Return the fields that ``spec`` lists as ``field:type``; ``*`` for one type for the whole."""
    entries = items(spec)
    return tuple(entry.rpartition(":")[0] or "*" for entry in entries)


_PACKAGE = "org.apache.kafka.connect.transforms"
TRANSFORMS: Mapping[str, Build] = {
    f"{_PACKAGE}.Cast": content(("spec",), "Changes the types of fields, not their names (``Cast``).", _cast),
    f"{_PACKAGE}.DropHeaders": unchanged("Changes headers only (``DropHeaders``)."),
    f"{_PACKAGE}.ExtractField": extract_field,
    f"{_PACKAGE}.Filter": drop_all,
    f"{_PACKAGE}.Flatten": flatten,
    f"{_PACKAGE}.HeaderFrom": header_from,
    f"{_PACKAGE}.HoistField": hoist_field,
    f"{_PACKAGE}.InsertField": insert_field,
    f"{_PACKAGE}.InsertHeader": unchanged("Changes headers only (``InsertHeader``)."),
    f"{_PACKAGE}.MaskField": mask_field,
    f"{_PACKAGE}.RegexRouter": regex_router,
    f"{_PACKAGE}.ReplaceField": replace_field,
    f"{_PACKAGE}.SetSchemaMetadata": unchanged("Changes the schema's name and version only (``SetSchemaMetadata``)."),
    f"{_PACKAGE}.TimestampConverter": content(
        ("field",), "Changes the type of a time field, not its name (``TimestampConverter``)."
    ),
    f"{_PACKAGE}.TimestampRouter": timestamp_router,
    f"{_PACKAGE}.ValueToKey": value_to_key,
}
