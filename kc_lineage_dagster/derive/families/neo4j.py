"""Neo4j's connectors copy topics into nodes and relationships of a graph, and a graph into topics; datasets are node
labels and relationship types.

Each topic of a sink has a Cypher statement (``neo4j.cypher.topic.<topic>``) or a pattern
(``neo4j.pattern.topic.<topic>``) that names them. A source has a query with one topic, or patterns of changes for each
topic.

Source: ``org.neo4j.connectors.kafka.sink.SinkConfiguration``, ``source.SourceConfiguration``,
https://neo4j.com/docs/kafka/current/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kc_lineage_dagster.derive.config import REFERENCE, Config, entries, first, is_reference, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SinkFamily, SourceFamily, topic_of
from kc_lineage_dagster.derive.readers.cypher import has_dynamic_labels, pattern_labels, read_labels, written_labels
from kc_lineage_dagster.derive.readers.json_maps import text_map
from kc_lineage_dagster.derive.readers.topic_sources import flows
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PLATFORM = "neo4j"
# SinkConfiguration.kt: the topic is the end of the key; before version 5.1 the words stood the other way round
_CYPHER_KEYS = ("neo4j.cypher.topic.{}", "neo4j.topic.cypher.{}")
_PATTERN_KEYS = (
    "neo4j.pattern.topic.{}",
    "neo4j.topic.pattern.node.{}",
    "neo4j.topic.pattern.relationship.{}",
)
# Confluent Cloud has JSON instead: topic -> statement or pattern
_CYPHER_MAP, _PATTERN_MAP = "neo4j.cypher.topic.map", "neo4j.pattern.topic.map"
# keys that list topics whose records carry the labels themselves
_BY_CONTENT = (
    "neo4j.cud.topics",
    "neo4j.topic.cud",
    "neo4j.cdc.schema.topics",
    "neo4j.topic.cdc.schema",
    "neo4j.cdc.source-id.topics",
    "neo4j.topic.cdc.sourceId",
)
# SourceConfiguration.kt: CDC_PATTERNS_REGEX, CDC_PATTERN_ARRAY_REGEX
_CDC_KEY = re.compile(r"neo4j\.cdc\.topic\.(?P<topic>[A-Za-z0-9._-]+?)\.patterns(?:\.\d+\.pattern)?")


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    topic = topic_of(record)
    maps = {key: text_map(config, key) for key in (_CYPHER_MAP, _PATTERN_MAP)}
    broken = next((found for found in maps.values() if isinstance(found, Unresolved)), None)
    if broken:
        yield broken
        return
    mapped = {key: found.get(topic) for key, found in maps.items() if not isinstance(found, Unresolved)}
    cypher = first(config, *(key.format(topic) for key in _CYPHER_KEYS)) or mapped[_CYPHER_MAP]
    pattern = first(config, *(key.format(topic) for key in _PATTERN_KEYS)) or mapped[_PATTERN_MAP]
    if cypher or pattern:
        yield from _labels(topic, cypher, pattern)
    elif any(topic in items(re.sub("[;]", ",", config.get(key, ""))) for key in _BY_CONTENT):
        yield Unresolved(topic, "its records carry the labels they are written to")
    else:
        yield Unresolved(topic, "no Cypher statement or pattern is configured for it")


def _labels(topic: str, cypher: str | None, pattern: str | None) -> Iterator[Dataset | Unresolved]:
    text = cypher or pattern or ""
    if is_reference(text):
        yield Unresolved(topic, f"its statement {REFERENCE}")
        return
    found = written_labels(text) if cypher else _of_pattern(text)
    yield from (Dataset(_PLATFORM, label) for label in found)
    if cypher and has_dynamic_labels(cypher):
        yield Unresolved(topic, "its Cypher statement takes labels from the records")
    elif not found:
        yield Unresolved(topic, "its statement names no label that is written")


def _of_pattern(pattern: str) -> tuple[str, ...]:
    """Return the labels of a pattern: ``(:User{!id})``, once ``User{!id}`` and ``User{!id} BOUGHT{a} Product{!id}``."""
    if "(" in pattern:
        return pattern_labels(pattern)
    words = re.sub(r"\{[^{}]*\}", " ", pattern).replace(":", " ").split()
    return tuple(dict.fromkeys(words)) if all(re.fullmatch(r"\w+", word) for word in words) else ()


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    numbered = entries(config, lambda key, _: _CDC_KEY.fullmatch(key))
    cdc = [(found["topic"], value) for key, value in numbered.items() if (found := _CDC_KEY.fullmatch(key))]
    for topic, patterns in cdc:
        yield from flows(_origins(topic, pattern_labels(patterns)), (topic,), topic, evidence)
    if cdc and (first(config, "neo4j.source-strategy") or "CDC").upper() == "CDC":
        return
    query, topic_key = first(config, "neo4j.query", "neo4j.source.query"), "neo4j.query.topic"
    topic = first(config, topic_key, "topic")
    what = "neo4j.query"
    yield from flows(_origins(what, read_labels(query or "")), (topic,) if topic else (), topic_key, evidence)


def _origins(what: str, labels: Sequence[str]) -> tuple[Dataset | Unresolved, ...]:
    found = tuple(Dataset(_PLATFORM, label) for label in labels)
    return found or (Unresolved(what, "names no label or relationship type"),)


_SPELLED = "the label or relationship type alone"

FAMILIES = (
    SinkFamily(
        name="neo4j_sink",
        classes=(
            "org.neo4j.connectors.kafka.sink.Neo4jConnector",
            "streams.kafka.connect.sink.Neo4jSinkConnector",
            "Neo4jSink",
        ),
        platform=_PLATFORM,
        writes=_writes,
        rule="org.neo4j.connectors.kafka.sink.SinkConfiguration, https://neo4j.com/docs/kafka/current/sink/",
        naming=(_CYPHER_MAP, _PATTERN_MAP, *_BY_CONTENT),
        never_known="labels that the records carry: CDC, CUD, dynamic labels",
        spelled=_SPELLED,
    ),
    SourceFamily(
        name="neo4j_source",
        classes=(
            "org.neo4j.connectors.kafka.source.Neo4jConnector",
            "streams.kafka.connect.source.Neo4jSourceConnector",
        ),
        platform=_PLATFORM,
        reads=_reads,
        rule="org.neo4j.connectors.kafka.source.SourceConfiguration, https://neo4j.com/docs/kafka/current/source/",
        naming=("topic", "neo4j.query.topic", "neo4j.query", "neo4j.source.query"),
        never_known="labels that a query does not name",
        spelled=_SPELLED,
    ),
)
