"""Confluent's transforms: topics renamed by RE2/J, a field or a time, and fields kept, dropped and renamed by path.

Source: https://docs.confluent.io/kafka-connectors/transforms/current/overview.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kc_lineage_dagster.derive.config import first, items
from kc_lineage_dagster.derive.records import ANY_TOPIC, Node, Opaque, Struct, TopicPattern
from kc_lineage_dagster.derive.transforms import fields
from kc_lineage_dagster.derive.transforms.kafka import flatten, rename_pairs, timestamped
from kc_lineage_dagster.derive.transforms.routing import by_field, by_rule, rule
from kc_lineage_dagster.derive.transforms.simple import (
    NodeChange,
    content_filter,
    forgotten,
    missing,
    on_part,
    unchanged,
)
from kc_lineage_dagster.derive.transforms.steps import Build, Transform, TransformOptions
from kc_lineage_dagster.lineage import Unresolved


def topic_regex_router(options: TransformOptions) -> Transform | Unresolved:
    """Renames topics as Kafka's RegexRouter does, with a regular expression of RE2/J (``TopicRegexRouter``, Confluent
    Cloud).

    Source: https://docs.confluent.io/cloud/current/connectors/transforms/topicregexrouter.html
    """
    for key in ("regex", "replacement"):
        if key not in options.config:
            return missing(key)
    found = rule("regex", options.config["regex"], options.config["replacement"], re2=True)
    return found if isinstance(found, Unresolved) else by_rule(options.alias, found)


def extract_topic(options: TransformOptions) -> Transform | Unresolved:
    """Makes the content of ``field`` of key or value, the whole of it, or a header, the topic (``ExtractTopic``).

    Source: https://docs.confluent.io/kafka-connectors/transforms/current/extracttopic.html
    """
    part = (options.part or "").lower()
    if part not in ("key", "value", "header"):
        return Unresolved("type", f"{options.class_name} exists only as $Key, $Value and $Header")
    field = first(options.config, "field")
    shown = f"${{{part}.{field}}}" if field else f"${{{part}}}"
    path = _path(field) if field else ()
    return by_field(options.alias, part, path, TopicPattern(ANY_TOPIC, shown))


def _path(field: str) -> fields.Path:
    """Return a name, or a JSON path such as ``$["a"]["b"]`` or ``$.a.b`` (``field.format``)."""
    if not field.startswith("$"):
        return (field,)
    return tuple(re.findall(r"[^$.\[\]'\"]+", field))


def message_timestamp_router(options: TransformOptions) -> Transform | Unresolved:
    """Renames a topic to ``topic.format`` with the topic and a time from the value, as ``topic.timestamp.format``
    prints it (``MessageTimestampRouter``).

    Source: https://docs.confluent.io/kafka-connectors/transforms/current/messagetimestamprouter.html
    """
    return timestamped(options, "topic.timestamp.format")


@on_part
def replace_field(options: TransformOptions) -> NodeChange | Unresolved:
    """Keeps, drops and renames fields as Kafka's ReplaceField does, but names may be paths with dots, and a renamed
    field stays in place (``ReplaceField``).

    Source: https://docs.confluent.io/kafka-connectors/transforms/current/replacefield-confluent.html
    """
    exclude = items(options.config.get("exclude"))
    include = items(options.config.get("include"))
    renames = rename_pairs(options)
    if isinstance(renames, Unresolved):
        return renames
    return lambda node: _chosen(node, "", _Choice(frozenset(exclude), frozenset(include), renames))


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which fields are kept, and under which names; all by their old paths."""

    exclude: frozenset[str]
    include: frozenset[str]
    renames: Mapping[str, str]

    def keeps(self, path: str) -> bool:
        """Tell whether a field is kept: not excluded; with ``include`` only what it names, what is below that, and the
        parents of that.
        """
        chosen = (one.startswith(f"{path}.") or f"{path}.".startswith(f"{one}.") for one in self.include)
        return path not in self.exclude and (not self.include or any(chosen))

    def keeps_others(self, parent: str) -> bool:
        """Tell whether fields below a parent that no option names are kept."""
        return not self.include or any(f"{parent}.".startswith(f"{one}.") for one in self.include)

    def names_below(self, parent: str) -> list[str]:
        """Return the fields directly below a parent (``""``: the top) that are named, or that hold some that are."""
        paths = (*self.exclude, *self.include, *self.renames)
        start = f"{parent}." if parent else ""
        return list(dict.fromkeys(path[len(start) :].partition(".")[0] for path in paths if path.startswith(start)))


def _chosen(node: Node, parent: str, choice: _Choice) -> Node:
    if not isinstance(node, Struct):
        return node if parent else Opaque()
    known = fields.drawn_out(node, choice.names_below(parent))
    kept: dict[str, Node] = {}
    for name, field in known.fields:
        path = f"{parent}.{name}" if parent else name
        if choice.keeps(path):
            kept[choice.renames.get(path, name)] = _chosen(field, path, choice)
    return Struct(tuple(kept.items()), known.columns if choice.keeps_others(parent) else None)


_CONTENT = "Drops records by a JSON path on their content (``Filter``)."
_PACKAGE = "io.confluent.connect.transforms"
TRANSFORMS: Mapping[str, Build] = {
    "io.confluent.connect.cloud.transforms.TopicRegexRouter": topic_regex_router,
    f"{_PACKAGE}.TopicRegexRouter": topic_regex_router,
    f"{_PACKAGE}.Drop": forgotten("Sets key or value to null (``Drop``)."),
    f"{_PACKAGE}.ExtractTopic": extract_topic,
    f"{_PACKAGE}.Flatten": flatten,
    f"{_PACKAGE}.Filter": content_filter("filter.condition", _CONTENT),
    f"{_PACKAGE}.GzipDecompress": forgotten("Decompresses the whole (``GzipDecompress``)."),
    f"{_PACKAGE}.MessageTimestampRouter": message_timestamp_router,
    f"{_PACKAGE}.ReplaceField": replace_field,
    f"{_PACKAGE}.TombstoneHandler": unchanged("Drops tombstones, or fails on them (``TombstoneHandler``)."),
}
