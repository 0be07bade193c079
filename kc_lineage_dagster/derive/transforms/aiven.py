"""Aiven's transforms: topics named after fields or schemas, and fields joined, hashed or copied from the key.

Source: https://github.com/Aiven-Open/transforms-for-apache-kafka-connect
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kc_lineage_dagster.derive.config import first, items
from kc_lineage_dagster.derive.records import ANY_TOPIC, Leaf, Node, Opaque, Record, TopicPattern
from kc_lineage_dagster.derive.transforms import fields
from kc_lineage_dagster.derive.transforms.routing import by_content, by_field
from kc_lineage_dagster.derive.transforms.simple import (
    NodeChange,
    content,
    forgotten,
    missing,
    on_part,
    on_record,
    on_value,
    unchanged,
)
from kc_lineage_dagster.derive.transforms.steps import Build, Transform, TransformOptions
from kc_lineage_dagster.lineage import Unresolved


def extract_topic(options: TransformOptions) -> Transform | Unresolved:
    """Makes the content of ``field.name`` of key or value, or the whole of it, the topic (``ExtractTopic``)."""
    if options.part not in ("Key", "Value"):
        return Unresolved("type", f"{options.class_name} exists only as $Key and $Value")
    field, part = first(options.config, "field.name"), options.part.lower()
    pattern = TopicPattern(ANY_TOPIC, f"${{{part}.{field}}}" if field else f"${{{part}}}")
    return by_field(options.alias, part, (field,) if field else (), pattern)


def extract_topic_from_schema(options: TransformOptions) -> Transform:
    """Makes the name of the value's schema the topic, through a map or a regular expression
    (``ExtractTopicFromSchemaName``, ``ExtractTopicFromValueSchema``).
    """
    return by_content(options.alias, TopicPattern(ANY_TOPIC, "${name of the value's schema}"))


@on_part
def concat_fields(options: TransformOptions) -> NodeChange | Unresolved:
    """Adds ``output.field.name``, which joins the contents of ``field.names`` (``ConcatFields``)."""
    output = first(options.config, "output.field.name")
    if output is None:
        return missing("output.field.name")
    paths = [tuple(name.split(".")) for name in items(options.config.get("field.names"))]

    def change(node: Node) -> Node:
        columns = [column for path in paths for column in fields.origins(fields.field_at(node, path))]
        unknown = any(isinstance(fields.field_at(node, path), Opaque) for path in paths)
        made = Opaque() if unknown else Leaf(tuple(dict.fromkeys(columns)), ("ConcatFields",))
        return fields.put(node, {output: made})

    return change


@on_record
def key_to_value(options: TransformOptions) -> fields.RecordChange | Unresolved:
    """Copies ``key.fields`` (``*``: the whole key) into the value as ``value.fields``, by default under the same names
    and the whole key as ``_key`` (``KeyToValue``).
    """
    keys = items(options.config.get("key.fields"))
    if not keys:
        return missing("key.fields")
    given = items(options.config.get("value.fields"))
    names = [*given, *keys[len(given) :]]
    copies = {("_key" if name == "*" else name): key for key, name in zip(keys, names, strict=False)}

    def change(record: Record) -> Record:
        copied = {
            name: record.key if key == "*" else fields.field_at(record.key, (key,)) or Opaque()
            for name, key in copies.items()
        }
        return replace(record, value=fields.put(record.value, copied))

    return change


_PACKAGE = "io.aiven.kafka.connect.transforms"
_SAME_FIELDS: Mapping[str, str] = {
    "DropValueIfHeaderSet": "Sets some values to null, depending on headers (``DropValueIfHeaderSet``).",
    "ExtractTimestamp": "Takes the record's time from a field (``ExtractTimestamp``).",
    "FilterByFieldValue": "Drops records by content; the edge stays (``FilterByFieldValue``).",
    "FilterByValueRegex": "Drops records by content; the edge stays (``FilterByValueRegex``).",
    "TombstoneHandler": "Drops tombstones, or fails on them (``TombstoneHandler``).",
}
_CONTENT: Mapping[str, str] = {
    "CaseTransform": "Changes the letters of fields' contents, not of their names (``CaseTransform``).",
    "Hash": "Puts a hash in place of a field's content (``Hash``).",
    "HashField": "Puts a hash in place of a field's content (``HashField``, now ``Hash``).",
    "StringToDateTime": "Changes the type of a field (``StringToDateTime``).",
}
TRANSFORMS: Mapping[str, Build] = {
    **{f"{_PACKAGE}.{name}": content(("field.names", "field.name", "fields"), doc) for name, doc in _CONTENT.items()},
    **{f"{_PACKAGE}.{name}": unchanged(doc) for name, doc in _SAME_FIELDS.items()},
    f"{_PACKAGE}.ConcatFields": concat_fields,
    f"{_PACKAGE}.ExtractTopic": extract_topic,
    f"{_PACKAGE}.ExtractTopicFromEventType": extract_topic_from_schema,
    f"{_PACKAGE}.ExtractTopicFromSchemaName": extract_topic_from_schema,
    f"{_PACKAGE}.ExtractTopicFromValueSchema": extract_topic_from_schema,
    f"{_PACKAGE}.KeyToValue": key_to_value,
    f"{_PACKAGE}.MakeTombstone": forgotten("Sets the value to null (``MakeTombstone``).", of=on_value),
}
