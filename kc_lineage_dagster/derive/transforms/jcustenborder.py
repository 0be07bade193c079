"""Jeremy Custenborder's transforms, also shipped by Confluent: topics and fields in another letter case, patterns over
names and contents.

Source: https://github.com/jcustenborder/kafka-connect-transform-common
"""

from __future__ import annotations

from collections.abc import Mapping

from kc_lineage_dagster.derive.config import first, items
from kc_lineage_dagster.derive.records import ANY_TOPIC, Leaf, Node, Opaque, TopicPattern
from kc_lineage_dagster.derive.transforms import fields
from kc_lineage_dagster.derive.transforms.naming import Spell, recase
from kc_lineage_dagster.derive.transforms.routing import by_content, by_name
from kc_lineage_dagster.derive.transforms.simple import (
    NodeChange,
    adding,
    content,
    forgotten,
    missing,
    on_part,
    unchanged,
)
from kc_lineage_dagster.derive.transforms.steps import Build, Transform, TransformOptions
from kc_lineage_dagster.java_regex import Preimage, Refused, compile_java
from kc_lineage_dagster.lineage import Unresolved


def change_topic_case(options: TransformOptions) -> Transform | Unresolved:
    """Spells the topic in the case format ``to``, read as being in ``from`` (``ChangeTopicCase``).

    Backwards, only the name that is in ``from`` is looked for.
    """
    formats = _case_formats(options)
    if isinstance(formats, Unresolved):
        return formats
    spell, back = formats

    def undo(topic: str) -> tuple[Preimage, ...] | None:
        before = back(topic)
        return ((before,),) if spell(before) == topic else None

    return by_name(options.alias, spell, undo)


def _case_formats(options: TransformOptions) -> tuple[Spell, Spell] | Unresolved:
    names = tuple(first(options.config, key) or "" for key in ("from", "to"))
    there, back = recase(*names), recase(*reversed(names))
    if there is None or back is None:
        return Unresolved("from, to", f"{names[0]} and {names[1]} are not both case formats")
    return there, back


def lower_case_topic(options: TransformOptions) -> Transform:
    """Spells the topic in lower case (``LowerCaseTopic``); which letters it had before cannot be told."""

    def undo(topic: str) -> tuple[Preimage, ...] | None:
        return None if topic == topic.lower() else ()

    return by_name(options.alias, str.lower, undo)


def schema_name_to_topic(options: TransformOptions) -> Transform | Unresolved:
    """Makes the name of the schema of key or value the topic (``SchemaNameToTopic``)."""
    if options.part not in ("Key", "Value"):
        return Unresolved("type", f"{options.class_name} exists only as $Key and $Value")
    return by_content(options.alias, TopicPattern(ANY_TOPIC, f"${{name of the {options.part.lower()}'s schema}}"))


@on_part
def change_case(options: TransformOptions) -> NodeChange | Unresolved:
    """Spells the fields' names in the case format ``to``, read as being in ``from`` (``ChangeCase``)."""
    formats = _case_formats(options)
    return formats if isinstance(formats, Unresolved) else lambda node: fields.respelled(node, formats[0])


@on_part
def pattern_rename(options: TransformOptions) -> NodeChange | Unresolved:
    """Replaces every find of ``field.pattern`` in the fields' names by ``field.replacement``; without
    ``field.pattern.flags`` upper and lower case are alike (``PatternRename``).
    """
    pattern, replacement = options.config.get("field.pattern"), options.config.get("field.replacement")
    if pattern is None or replacement is None:
        return missing("field.pattern, field.replacement")
    flags = items(options.config.get("field.pattern.flags", "CASE_INSENSITIVE"))
    regex = compile_java(pattern, ignore_case="CASE_INSENSITIVE" in flags)
    if isinstance(regex, Refused):
        return Unresolved("field.pattern", regex.reason)
    if set(flags) - {"CASE_INSENSITIVE"}:
        return lambda node: Opaque()

    def spell(name: str) -> str | None:
        renamed = regex.replace_all(name, replacement)
        return None if isinstance(renamed, Refused) else renamed

    return lambda node: fields.respelled(node, spell)


@on_part
def extract_nested_field(options: TransformOptions) -> NodeChange | Unresolved:
    """Copies a field of a nested struct to the top (``ExtractNestedField``)."""
    keys = ("input.outer.field.name", "input.inner.field.name", "output.field.name")
    outer, inner, output = (first(options.config, key) for key in keys)
    if outer is None or inner is None or output is None:
        return missing(", ".join(keys))
    return lambda node: fields.put(node, {output: fields.field_at(node, (outer, inner)) or Opaque()})


@on_part
def header_to_field(options: TransformOptions) -> NodeChange | Unresolved:
    """Copies headers into fields, ``header.mappings`` is a list of ``header:type[:field]``; what they hold is not known
    (``HeaderToField``).
    """
    mappings = [entry.split(":") for entry in items(options.config.get("header.mappings"))]
    if not mappings or any(len(parts) not in (2, 3) for parts in mappings):
        return Unresolved("header.mappings", "is not a list of header:type[:field]")
    added: dict[str, Node] = {(parts[2] if len(parts) == 3 else parts[0].strip()): Opaque() for parts in mappings}
    return lambda node: fields.put(node, added)


@on_part
def pattern_map_string(options: TransformOptions) -> NodeChange | Unresolved:
    """Puts what a pattern makes of ``src.field.name`` into ``dest.field.name`` (``PatternMapString``)."""
    source, target = (first(options.config, key) for key in ("src.field.name", "dest.field.name"))
    if source is None or target is None:
        return missing("src.field.name, dest.field.name")

    def change(node: Node) -> Node:
        found = fields.field_at(node, (source,))
        if found is None:
            return node
        return fields.put(node, {target: fields.changed(found, ("*",), "PatternMapString")})

    return change


def topic_name_to_field(options: TransformOptions) -> Transform | Unresolved:
    """Adds a field with the topic's name (``TopicNameToField``)."""
    name = first(options.config, "field")
    return adding(options, {}, name) if name else missing("field")


def made_fields(key: str, doc: str, default: str | None = None) -> Build:
    """Return a builder of transforms that add the fields listed under a key, which hold nothing of the origin.

    Args:
        key: The option that lists the fields.
        doc: What the transforms do.
        default: The list where the option is not set; None: then it is required.
    """

    def plan(options: TransformOptions) -> NodeChange | Unresolved:
        names = items(options.config.get(key, default))
        made: Mapping[str, Node] = dict.fromkeys(names, Leaf())
        return (lambda node: fields.put(node, made)) if names else missing(key)

    plan.__doc__ = doc
    return on_part(plan)


_SAME_FIELDS: Mapping[str, str] = {
    "AdjustPrecisionAndScale": "Changes decimal types (``AdjustPrecisionAndScale``).",
    "ChangeScale": "Changes decimal types (``ChangeScale``).",
    "Debug": "Changes nothing (``Debug``).",
    "ExtractTimestamp": "Takes the record's time from a field (``ExtractTimestamp``).",
    "NormalizeSchema": "Changes schemas, not which fields there are (``NormalizeSchema``).",
    "PatternFilter": "Drops records by content; which ones is not known, so the edge stays (``PatternFilter``).",
    "SetMaximumPrecision": "Changes decimal types (``SetMaximumPrecision``).",
    "TimestampNow": "Sets the record's time (``TimestampNow``).",
}
_CONTENT: Mapping[str, str] = {
    "BytesToString": "Changes the type of fields (``BytesToString``).",
    "FieldToJSON": "Changes a field's content to JSON text (``FieldToJSON``).",
    "PatternReplace": "Changes fields' contents (``PatternReplace``).",
    "ToHash": "Puts a hash in place of fields' contents (``ToHash``).",
    "ToLong": "Changes the type of fields (``ToLong``).",
}
_FORGOTTEN: Mapping[str, str] = {
    "Compress": "Compresses the whole (``Compress``).",
    "Decompress": "Decompresses the whole (``Decompress``).",
    "ExtractXPath": "Takes what an XPath selects from XML (``ExtractXPath``).",
    "GzipCompress": "Compresses the whole (``GzipCompress``).",
    "GzipDecompress": "Decompresses the whole (``GzipDecompress``).",
    "SetNull": "Sets the whole to null (``SetNull``).",
    "ToJSON": "Makes JSON text of the whole (``ToJSON``).",
}
_PACKAGE = "com.github.jcustenborder.kafka.connect.transform.common"
TRANSFORMS: Mapping[str, Build] = {
    **{f"{_PACKAGE}.{name}": unchanged(doc) for name, doc in _SAME_FIELDS.items()},
    **{f"{_PACKAGE}.{name}": content(("fields", "field"), doc) for name, doc in _CONTENT.items()},
    **{f"{_PACKAGE}.{name}": forgotten(doc) for name, doc in _FORGOTTEN.items()},
    f"{_PACKAGE}.ChangeCase": change_case,
    f"{_PACKAGE}.ChangeTopicCase": change_topic_case,
    f"{_PACKAGE}.ExtractNestedField": extract_nested_field,
    f"{_PACKAGE}.HeaderToField": header_to_field,
    f"{_PACKAGE}.LowerCaseTopic": lower_case_topic,
    f"{_PACKAGE}.PatternMapString": pattern_map_string,
    f"{_PACKAGE}.PatternRename": pattern_rename,
    f"{_PACKAGE}.SchemaNameToTopic": schema_name_to_topic,
    f"{_PACKAGE}.TimestampNowField": made_fields(
        "fields", "Adds fields with the worker's time (``TimestampNowField``)."
    ),
    f"{_PACKAGE}.TopicNameToField": topic_name_to_field,
    "com.github.jcustenborder.kafka.connect.json.FromJson": forgotten("Reads JSON text by a schema (``FromJson``)."),
    "com.github.jcustenborder.kafka.connect.transform.xml.FromXml": forgotten("Reads XML by a schema (``FromXml``)."),
}
