"""Transforms that people have published for others and that rename topics: each says its own source."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from kc_lineage_dagster.derive.config import first, items
from kc_lineage_dagster.derive.records import ANY_TOPIC, Opaque, Record, TopicPattern
from kc_lineage_dagster.derive.transforms import fields
from kc_lineage_dagster.derive.transforms.jcustenborder import lower_case_topic
from kc_lineage_dagster.derive.transforms.routing import by_content, by_field, by_name
from kc_lineage_dagster.derive.transforms.simple import missing
from kc_lineage_dagster.derive.transforms.steps import Build, Transform, TransformOptions
from kc_lineage_dagster.java_regex import Hole, Preimage
from kc_lineage_dagster.lineage import Unresolved

_BRACES, _JSON_PATH = re.compile(r"\{(.*?)\}"), re.compile(r"\$((?:\.\w+)+)")
_INNER_CAPITAL, _WORD = re.compile(r"(?<!^)(?=[A-Z])"), re.compile(r"(?<=[^A-Z])(?=[A-Z])|(?<!^)(?=[A-Z][a-z])")


def _from_parts(alias: str, part: str, parts: tuple[str | fields.Path, ...]) -> Transform:
    """Return a transform that joins text and the contents of fields to a topic.

    Args:
        alias: The transform's name.
        part: ``key`` or ``value``, where the fields are.
        parts: ``str`` for text, a path for a field; () for one that is never known.
    """
    shown = "".join(one if isinstance(one, str) else f"${{{'.'.join((part, *one))}}}" for one in parts)
    pattern = TopicPattern(tuple(one if isinstance(one, str) else Hole(".*") for one in parts), shown)

    def step(record: Record) -> tuple[Record, ...]:
        node = record.key if part == "key" else record.value
        texts = [one if isinstance(one, str) else fields.constant_at(node, one) if one else None for one in parts]
        known = [text for text in texts if text is not None]
        return (record.to("".join(known) if len(known) == len(texts) else pattern),)

    return Transform(alias, step, undo=lambda topic: None if pattern.fits(topic) else (), by_content=True)


def payload_basis_router(options: TransformOptions) -> Transform | Unresolved:
    """Renames every topic to ``replacement``, where ``{$.name}`` is the content of a field.

    Source: https://github.com/rerorero/kafka-smt-jsonpath-tools (``PayloadBasisRouter``)
    """
    replacement = options.config.get("replacement")
    if replacement is None:
        return missing("replacement")
    if options.part not in ("Key", "Value"):
        return Unresolved("type", f"{options.class_name} exists only as $Key and $Value")
    parts: list[str | fields.Path] = []
    for at, text in enumerate(_BRACES.split(replacement)):
        path = _JSON_PATH.fullmatch(text.strip())
        parts.append(text if at % 2 == 0 else tuple(path[1][1:].split(".")) if path else ())
    return _from_parts(options.alias, options.part.lower(), tuple(one for one in parts if one != ""))


def extract_topic_name(options: TransformOptions) -> Transform | Unresolved:
    """Makes ``prefix`` and the content of ``field`` the topic; a record without that field keeps its topic.

    Source: https://github.com/toniiiik/kafka-transforms (``ExtractTopicName``)
    """
    field, prefix = first(options.config, "field"), options.config.get("prefix", "")
    if field is None:
        return missing("field")
    if options.part not in ("Key", "Value"):
        return Unresolved("type", f"{options.class_name} exists only as $Key and $Value")
    part = options.part.lower()
    pattern = TopicPattern(ANY_TOPIC, f"{prefix}${{{part}.{field}}}")
    return by_content(options.alias, pattern) if prefix else by_field(options.alias, part, (field,), pattern)


def extract_topic(options: TransformOptions) -> Transform | Unresolved:
    """Makes the content of ``value``, a path that ``delimiter`` divides, the topic.

    Source: https://github.com/rochapaulo/kafka-connect-transform-commons (``ExtractTopic``)
    """
    path, delimiter = first(options.config, "value"), options.config.get("delimiter")
    if path is None or not delimiter:
        return missing("value, delimiter")
    return by_field(options.alias, "value", tuple(path.split(delimiter)), TopicPattern(ANY_TOPIC, f"${{value.{path}}}"))


def generate_index(options: TransformOptions) -> Transform | Unresolved:
    """Joins the contents of ``field.name`` (a list) with ``$``, and adds ``descriptor`` for some records.

    Source: https://github.com/andonyns/ed-fi-kafka-connect-transforms (``GenerateIndexFromResource``)
    """
    names = items(options.config.get("field.name"))
    if not names:
        return missing("field.name")
    joined = [part for name in names for part in ("$", (name,))][1:]
    return _from_parts(options.alias, "value", (*joined, ()))


def birdie_outbox(options: TransformOptions) -> Transform | Unresolved:
    """Makes the column ``topic``, or where it is empty or missing the option ``topic``, the topic, after
    ``topic-prefix`` and a dot; ``@`` begins a number of partitions. The column ``payload`` becomes the value.

    Source: https://github.com/birdiecare/connect-smts (``Outbox``)
    """
    prefix, fixed = first(options.config, "topic-prefix"), first(options.config, "topic")
    start = f"{prefix}." if prefix else ""
    pattern = TopicPattern((start, *ANY_TOPIC) if start else ANY_TOPIC, f"{start}${{topic}}")

    def step(record: Record) -> tuple[Record, ...]:
        column, payload = (fields.field_at(record.value, (name,)) for name in ("topic", "payload"))
        text = fixed if column is None else fields.constant_at(record.value, ("topic",))
        topic = f"{start}{text}".partition("@")[0] if text else pattern
        return (replace(record, value=payload or Opaque()).to(topic),)

    return Transform(options.alias, step, undo=lambda topic: None if pattern.fits(topic) else (), by_content=True)


def mongo_event_router(options: TransformOptions) -> Transform | Unresolved:
    """Makes ``aggregateType`` of the document, in lower case, and ``_events`` the topic, and of the event a new value.

    Source: ``io.github.oun.kafka.transform.outbox.MongoEventRouter``
    """
    pattern = TopicPattern((*ANY_TOPIC, "_events"), "${aggregateType}_events")
    return by_content(options.alias, pattern, lambda record: replace(record, key=Opaque(), value=Opaque()))


def upper_case_topic(options: TransformOptions) -> Transform:
    """Spells the topic in upper case (``TableToUpperCase``); which letters it had before cannot be told."""
    return by_name(options.alias, str.upper, lambda topic: None if topic == topic.upper() else ())


def snake_case_topic(options: TransformOptions) -> Transform:
    """Puts ``_`` before the capitals inside the parts between dots, and spells all in lower case.

    Source: https://github.com/glints-dev/glints-kafka-connect-transforms (``TopicCamelCaseToSnakeCase``)
    """

    def spell(topic: str) -> str | None:
        parts = topic.rstrip(".").split(".")  # Java leaves out empty parts at the end; others stop the task
        return ".".join(_INNER_CAPITAL.sub("_", part) for part in parts).lower() if all(parts) else None

    def undo(topic: str) -> tuple[Preimage, ...] | None:
        return None if topic == topic.lower() else ()

    return by_name(options.alias, spell, undo)


def upper_snake_case_topic(options: TransformOptions) -> Transform:
    """Puts ``_`` between the words of a name in camel case, and spells all in upper case.

    Source: https://github.com/purbon/kafka-connect-transformations (``ConvertTopicNameTransformation``)
    """

    def undo(topic: str) -> tuple[Preimage, ...] | None:
        return None if topic == topic.upper() else ()

    return by_name(options.alias, lambda topic: _WORD.sub("_", topic).upper(), undo)


TRANSFORMS: Mapping[str, Build] = {
    **{f"{owner}.github.rerorero.kafka.smt.PayloadBasisRouter": payload_basis_router for owner in ("com", "io")},
    "almeida.paulorocha.kafka.connect.transform.extracttopic.ExtractTopic": extract_topic,
    "com.birdie.kafka.connect.smt.Outbox": birdie_outbox,
    "com.github.edfiallianceoss.kafka.connect.transforms.GenerateIndexFromResource": generate_index,
    "com.glints.kafka.connect.transforms.TopicCamelCaseToSnakeCase": snake_case_topic,
    "com.purbon.kafka.connect.smt.ConvertTopicNameTransformation": upper_snake_case_topic,
    "io.github.oun.kafka.transform.outbox.MongoEventRouter": mongo_event_router,
    "name.ekt.kafka.connect.transform.TableToLowerCase": lower_case_topic,
    "name.ekt.kafka.connect.transform.TableToUpperCase": upper_case_topic,
    "sk.toniiiik.kafka.connect.transform.common.ExtractTopicName": extract_topic_name,
}
