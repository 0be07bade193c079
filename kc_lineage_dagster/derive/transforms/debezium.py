"""Debezium's transforms: topics merged or chosen, change events reduced to rows (``debezium_unwrap``), outbox rows
routed (``debezium_outbox``).

Source: https://debezium.io/documentation/reference/stable/transformations/index.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from kc_lineage_dagster.derive.config import first, flag, items
from kc_lineage_dagster.derive.records import ANY_TOPIC, Leaf, Node, Opaque, Record, TopicPattern
from kc_lineage_dagster.derive.transforms import fields
from kc_lineage_dagster.derive.transforms.debezium_outbox import event_router, mongo_event_router
from kc_lineage_dagster.derive.transforms.debezium_unwrap import extract_new_document_state, extract_new_record_state
from kc_lineage_dagster.derive.transforms.naming import NAMING_STYLES
from kc_lineage_dagster.derive.transforms.routing import by_name, by_rule, rule
from kc_lineage_dagster.derive.transforms.simple import (
    NodeChange,
    content_filter,
    forgotten,
    missing,
    on_record,
    on_value,
    unchanged,
)
from kc_lineage_dagster.derive.transforms.steps import Build, Transform, TransformOptions
from kc_lineage_dagster.java_regex import Hole, Preimage, Refused, compile_java
from kc_lineage_dagster.lineage import Unresolved


def by_logical_table_router(options: TransformOptions) -> Transform | Unresolved:
    """Renames topics as ``to_logical_topic_router`` does; it is the older name of that transform.

    Source: https://debezium.io/documentation/reference/stable/transformations/topic-routing.html
    """
    return _merged(options, "__dbz__physicalTableIdentifier")


def to_logical_topic_router(options: TransformOptions) -> Transform | Unresolved:
    """Renames a topic that ``topic.regex`` matches as a whole: replaces its first find by ``topic.replacement``.

    The key gets the field ``key.field.name``, unless ``key.enforce.uniqueness`` is false.

    Source: ``io.debezium.transforms.ToLogicalTopicRouter``, since version 3.7
    """
    return _merged(options, "__dbz__sourceIdentifier")


def _merged(options: TransformOptions, key_field: str) -> Transform | Unresolved:
    config = options.config
    for key in ("topic.regex", "topic.replacement"):
        if key not in config:
            return missing(key)
    if first(config, "key.field.regex") and not first(config, "key.field.replacement"):
        return Unresolved("key.field.replacement", "must not be empty when key.field.regex is set")
    found = rule("topic.regex", config["topic.regex"], config["topic.replacement"])
    if isinstance(found, Unresolved):
        return found
    table = config.get("key.field.name", key_field)
    enforced = flag(config, "key.enforce.uniqueness", default=True)

    def with_table(record: Record) -> Record:
        return replace(record, key=fields.put(record.key, {table: Leaf()})) if enforced else record

    return by_rule(options.alias, found, empty_keeps=True, also=with_table)


def content_based_router(options: TransformOptions) -> Transform | Unresolved:
    """Names topics by a script, of which only choices among fixed texts are understood.

    ``topic.expression`` is the script; null in it keeps the topic. ``topic.regex`` limits the transform to topics that
    match as a whole.

    Source: https://debezium.io/documentation/reference/stable/transformations/content-based-routing.html
    """
    expression = first(options.config, "topic.expression")
    if expression is None:
        return missing("topic.expression")
    limit = options.config.get("topic.regex")
    regex = compile_java(limit) if limit else None
    if isinstance(regex, Refused):
        return Unresolved("topic.regex", regex.reason)
    reason = f"{options.alias}: its script chooses the topic by the content of each record"
    choices = _choices(expression)
    anything = TopicPattern(ANY_TOPIC, f"${{{expression}}}")

    def step(record: Record) -> tuple[Record, ...]:
        if regex is not None and regex.matches(str(record.topic)) is False:
            return (record,)
        if choices is None:
            return (record.to(anything),)
        topics = (record.topic if choice is None else choice for choice in choices)
        return tuple(record.to(topic).doubt(reason) for topic in topics)

    def undo(topic: str) -> tuple[Preimage, ...] | None:
        return None if choices is None or topic in choices else ()

    return Transform(options.alias, step, by_topic=regex is not None, undo=undo)


_CHOICE = re.compile(r"""(?:[^?'"]|'[^']*'|"[^"]*")+\?(?!:)""")
_FIXED = re.compile(r"""null|'([^'\\$]*)'|"([^"\\$]*)\"""")


def _choices(expression: str) -> tuple[str | None, ...] | None:
    """Return the fixed results of ``condition ? 'a' : condition ? 'b' : null``; None when the script is
    anything else.
    """
    found: list[str | None] = []
    rest = expression.strip()
    while choice := _CHOICE.match(rest):
        result, colon, rest = rest[choice.end() :].partition(":")
        fixed = _FIXED.fullmatch(result.strip())
        if not fixed or not colon:
            return None
        found.append(fixed[1] if fixed[1] is not None else fixed[2])
        rest = rest.strip()
    last = _FIXED.fullmatch(rest)
    return (*found, last[1] if last[1] is not None else last[2]) if last else None


def timescale_db(options: TransformOptions) -> Transform:
    """Sends changes of chunks to the topic of their hypertable, which only the database knows.

    Chunks are tables of the schemas ``schema.list`` (``_timescaledb_internal``); the topic begins with
    ``target.topic.prefix``.

    Source: https://debezium.io/documentation/reference/stable/transformations/timescaledb.html
    """
    schemas = items(options.config.get("schema.list", "_timescaledb_internal"))
    prefix = options.config.get("target.topic.prefix", "timescaledb") + "."
    pattern = TopicPattern((prefix, Hole(".+")), f"{prefix}${{schema}}.${{hypertable}}")
    reason = f"{options.alias}: only the database knows the hypertable of a chunk"

    def step(record: Record) -> tuple[Record, ...]:
        if not any(f".{schema}." in f".{record.topic}" for schema in schemas):
            return (record,)
        return record.doubt(reason), record.to(pattern).doubt(reason)

    return Transform(options.alias, step, by_topic=True, undo=lambda topic: None if pattern.fits(topic) else ())


@on_value
def header_to_value(options: TransformOptions) -> NodeChange | Unresolved:
    """Copies or moves headers to ``fields``, which may be paths; what a header holds is not known.

    Source: https://debezium.io/documentation/reference/stable/transformations/header-to-value.html
    """
    paths = [tuple(name.split(".")) for name in items(options.config.get("fields"))]

    def change(node: Node) -> Node:
        for path in paths:
            node = fields.put_at(node, path, Opaque())
        return node

    return change if paths else missing("fields")


@on_value
def extract_schema_to_new_record(options: TransformOptions) -> NodeChange | Unresolved:
    """Adds the table's schema to change events as ``sourceSchema``.

    Source: ``io.debezium.transforms.ExtractSchemaToNewRecord``.
    """
    return lambda node: fields.put(node, {"sourceSchema": Leaf()}) if fields.is_envelope(node) else node


@on_value
def remove_field(options: TransformOptions) -> NodeChange | Unresolved:
    """Removes the fields at the paths ``field_names``.

    Source: ``io.debezium.connector.vitess.transforms.RemoveField``.
    """
    return _at_paths(options, fields.without_at)


@on_value
def replace_field_value(options: TransformOptions) -> NodeChange | Unresolved:
    """Puts ``field_value`` in place of the fields at the paths ``field_names``.

    Source: ``io.debezium.connector.vitess.transforms.ReplaceFieldValue``.
    """
    return _at_paths(options, lambda node, path: fields.put_at(node, path, Leaf()))


def _at_paths(options: TransformOptions, at: Callable[[Node, fields.Path], Node]) -> NodeChange | Unresolved:
    paths = [tuple(name.split(".")) for name in items(options.config.get("field_names"))]

    def change(node: Node) -> Node:
        for path in paths:
            node = at(node, path)
        return node

    return change if paths else missing("field_names")


def collection_name_transformation(options: TransformOptions) -> Transform | Unresolved:
    """Spells topics in ``collection.naming.style``, with a prefix and a suffix.

    Source: https://debezium.io/documentation/reference/stable/connectors/jdbc.html (CollectionNameTransformation).
    """
    prefix, suffix = (options.config.get(f"collection.naming.{part}", "") for part in ("prefix", "suffix"))
    style = options.config.get("collection.naming.style", "default").lower()
    if style not in NAMING_STYLES:
        return Unresolved("collection.naming.style", f"{style} is no style that is known")

    def undo(topic: str) -> tuple[Preimage, ...] | None:
        affixed = topic.startswith(prefix) and topic.endswith(suffix) and len(topic) > len(prefix) + len(suffix)
        if style != "default" or not affixed:
            return None if affixed else ()
        return ((topic[len(prefix) : len(topic) - len(suffix)],),)

    return by_name(options.alias, lambda topic: prefix + NAMING_STYLES[style](topic) + suffix, undo)


@on_record
def field_name_transformation(options: TransformOptions) -> fields.RecordChange | Unresolved:
    """Spells the fields of key and value (of ``before``, ``after``) in ``column.naming.style``, with prefix and suffix.

    Source: https://debezium.io/documentation/reference/stable/connectors/jdbc.html (FieldNameTransformation).
    """
    prefix, suffix = (options.config.get(f"column.naming.{part}", "") for part in ("prefix", "suffix"))
    style = options.config.get("column.naming.style", "default").lower()
    if style not in NAMING_STYLES:
        return Unresolved("column.naming.style", f"{style} is no style that is known")

    def spelled(node: Node) -> Node:
        styled = node if style == "default" else fields.respelled(node, NAMING_STYLES[style])
        return fields.affixed(styled, prefix, suffix)

    def value(node: Node) -> Node:
        change_event = fields.is_envelope(node)
        if change_event is None:
            return Opaque()
        parts = {part: fields.field_at(node, (part,)) for part in ("before", "after")} if change_event else {}
        return fields.put(node, {k: spelled(v) for k, v in parts.items() if v}) if parts else spelled(node)

    return lambda record: replace(record, key=spelled(record.key), value=value(record.value))


_SAME_FIELDS: Mapping[str, str] = {
    "TimezoneConverter": "Changes the content of time fields (``TimezoneConverter``).",
    "partitions.PartitionRouting": "Chooses the partition within the topic (``PartitionRouting``).",
    "SchemaChangeEventFilter": "Drops schema change events only (``SchemaChangeEventFilter``).",
    "ExtractChangedRecordState": "Changes headers only (``ExtractChangedRecordState``).",
    "tracing.ActivateTracingSpan": "Changes headers only (``ActivateTracingSpan``).",
    "openlineage.OpenLineage": "Reports to OpenLineage and changes nothing (``OpenLineage``).",
    "EnforceRecordSize": "Shortens the content of long fields (``EnforceRecordSize``).",
    "VectorToJsonConverter": "Changes the type of vector fields (``VectorToJsonConverter``).",
    "SwapGeometryCoordinates": "Changes the content of geometry fields (``SwapGeometryCoordinates``).",
    "GeometryFormatTransformer": "Changes the content of geometry fields (``GeometryFormatTransformer``).",
}
_SAME_FIELDS_OF_CONNECTORS: Mapping[str, str] = {
    "mysql.transforms.ReadToInsertEvent": "Changes the content of ``op`` (``ReadToInsertEvent``).",
    "postgresql.transforms.DecodeLogicalDecodingMessageContent": "Changes messages, not rows.",
    "vitess.transforms.FilterTransactionTopicRecords": "Drops transaction metadata only.",
    "vitess.transforms.UseLocalVgtid": "Changes the content of ``source.vgtid``.",
}

TRANSFORMS: Mapping[str, Build] = {
    **{f"io.debezium.transforms.{name}": unchanged(doc) for name, doc in _SAME_FIELDS.items()},
    **{f"io.debezium.connector.{name}": unchanged(doc) for name, doc in _SAME_FIELDS_OF_CONNECTORS.items()},
    "io.debezium.transforms.Filter": content_filter(
        "condition", "Drops records by a script on their content (``Filter``)."
    ),
    "io.debezium.transforms.ByLogicalTableRouter": by_logical_table_router,
    "io.debezium.transforms.ToLogicalTopicRouter": to_logical_topic_router,
    "io.debezium.ai.docling.FieldToDocling": forgotten("Adds ``field.docling``, made of a field.", of=on_value),
    "io.debezium.ai.embeddings.FieldToEmbedding": forgotten("Adds ``field.embedding``, made of a field.", of=on_value),
    "io.debezium.transforms.ContentBasedRouter": content_based_router,
    "io.debezium.transforms.ExtractNewRecordState": extract_new_record_state,
    "io.debezium.transforms.UnwrapFromEnvelope": extract_new_record_state,
    "io.debezium.transforms.ExtractSchemaToNewRecord": extract_schema_to_new_record,
    "io.debezium.transforms.HeaderToValue": header_to_value,
    "io.debezium.transforms.outbox.EventRouter": event_router,
    "io.debezium.connector.mongodb.transforms.ExtractNewDocumentState": extract_new_document_state,
    "io.debezium.connector.mongodb.transforms.UnwrapFromMongoDbEnvelope": extract_new_document_state,
    "io.debezium.connector.mongodb.transforms.outbox.MongoEventRouter": mongo_event_router,
    "io.debezium.connector.postgresql.transforms.timescaledb.TimescaleDb": timescale_db,
    "io.debezium.connector.vitess.transforms.RemoveField": remove_field,
    "io.debezium.connector.vitess.transforms.ReplaceFieldValue": replace_field_value,
    "io.debezium.connector.jdbc.transforms.CollectionNameTransformation": collection_name_transformation,
    "io.debezium.connector.jdbc.transforms.FieldNameTransformation": field_name_transformation,
    "io.debezium.connector.jdbc.transforms.ConvertCloudEventToSaveableForm": forgotten(
        "Builds a row from a CloudEvents message; which fields that has is not known.", of=on_value
    ),
}
