"""Connectors for HTTP copy answers of web services into topics, and topics into calls of web services, which are no
datasets of a catalog.

So sources have no upstream and sinks no target. A source's topics are ``topic.name.pattern`` with each entity
(Confluent's version 1), ``api<n>.topics`` (version 2), ``kafka.topic`` (Castorm's) or
``rest.source.destination.topics``.

Source: https://docs.confluent.io/kafka-connectors/http-source/current/,
https://docs.confluent.io/cloud/current/connectors/cc-http-source-v2.html,
https://github.com/castorm/kafka-connect-http, https://github.com/llofberg/kafka-connect-rest
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, entries, first, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.places import no_dataset, nowhere
from kc_lineage_dagster.derive.readers.topic_sources import flows, into_topic, into_topics
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Unresolved

_NUMBERED = re.compile(r"api\d+\.topics")
_SINK_REASON = "is posted to a web service, which is no dataset of a catalog"


def _reads_v1(config: Config, evidence: Evidence) -> Iterator[Found]:
    """Yield the topics of version 1: ``topic.name.pattern`` with each listed entity for ``${entityName}``."""
    pattern, entities = first(config, "topic.name.pattern"), items(config.get("entity.names"))
    if pattern is None or "${" not in pattern:
        yield from flows((), (pattern,) if pattern else (), "topic.name.pattern", evidence)
    elif not entities:
        yield Unresolved("entity.names", "is not set, and the topic's name is made of it")
    else:
        yield from (Record(None, pattern.replace("${entityName}", entity)) for entity in entities)


def _reads_v2(config: Config, evidence: Evidence) -> Iterator[Found]:
    """Yield the topics of version 2: its endpoints are numbered, and each has topics of its own."""
    numbered = sorted(entries(config, lambda key, _: _NUMBERED.fullmatch(key)).items())
    topics = [topic for _, value in numbered for topic in items(value)]
    yield from flows((), tuple(dict.fromkeys(topics)), "api1.topics", evidence)


_DOCS = "https://docs.confluent.io/kafka-connectors"
_NEVER = "what a web service stands for"

FAMILIES = (
    SourceFamily(
        name="http_source",
        classes=("io.confluent.connect.http.HttpSourceConnector", "HttpSource"),
        platform="(nothing upstream)",
        reads=_reads_v1,
        rule=f"{_DOCS}/http-source/current/",
        naming=("topic.name.pattern", "entity.names"),
        never_known=_NEVER,
    ),
    SourceFamily(
        name="http_source_v2",
        classes=("io.confluent.connect.http.source.GenericHttpSourceConnector", "HttpSourceV2"),
        platform="(nothing upstream)",
        reads=_reads_v2,
        rule="https://docs.confluent.io/cloud/current/connectors/cc-http-source-v2.html",
        never_known=_NEVER,
    ),
    SourceFamily(
        name="http_source_castorm",
        classes=("com.github.castorm.kafka.connect.http.HttpSourceConnector",),
        platform="(nothing upstream)",
        reads=into_topic(nowhere, "kafka.topic"),
        rule="https://github.com/castorm/kafka-connect-http",
        naming=("kafka.topic",),
        never_known=_NEVER,
    ),
    SourceFamily(
        name="rest_source",
        classes=("com.tm.kafka.connect.rest.RestSourceConnector",),
        platform="(nothing upstream)",
        reads=into_topics(nowhere, "rest.source.destination.topics"),
        rule="https://github.com/llofberg/kafka-connect-rest",
        naming=("rest.source.destination.topics",),
        never_known=_NEVER,
    ),
    SinkFamily(
        name="http_sink",
        classes=(
            "io.confluent.connect.http.HttpSinkConnector",
            "io.confluent.connect.http.sink.GenericHttpSinkConnector",
            "io.aiven.kafka.connect.http.HttpSinkConnector",
            "io.lenses.streamreactor.connect.http.sink.HttpSinkConnector",
            "com.tm.kafka.connect.rest.RestSinkConnector",
            "io.github.clescot.kafka.connect.http.sink.HttpSinkConnector",
            "com.github.clescot.kafka.connect.http.sink.HttpSinkConnector",
            "com.github.clescot.kafka.connect.http.sink.WsSinkConnector",
            "com.tecton.kafka.connect.TectonHttpSinkConnector",
            "uk.co.threefi.connect.http.HttpSinkConnector",
            "HttpSink",
            "HttpSinkV2",
        ),
        platform="(no dataset)",
        writes=no_dataset(_SINK_REASON),
        rule=f"{_DOCS}/http/current/",
        never_known=_NEVER,
    ),
)
