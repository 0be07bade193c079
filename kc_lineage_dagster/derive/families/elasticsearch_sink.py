"""Sinks to Elasticsearch copy each topic into an index, or into a data stream.

An index has the topic's name in lower case, without a leading ``-`` or ``_``. A data stream is
``<type>-<dataset>-<namespace>`` of ``data.stream.*``. Maps name other indices: ``topic.index.map`` (up to version 10,
and Aiven's), ``topic.to.external.resource.mapping``, ``topic.to.resource.mapping`` (version 2 of Confluent Cloud); only
Elasticsearch knows the index behind an alias in a map.

Source: ``io.confluent.connect.elasticsearch.ElasticsearchSinkTask``,
https://docs.confluent.io/cloud/current/connectors/cc-elasticsearch-service-sink-v2.html,
https://github.com/Aiven-Open/elasticsearch-connector-for-apache-kafka
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first, major_version, pairs
from kc_lineage_dagster.derive.family import SinkFamily, makes_all, topic_of
from kc_lineage_dagster.derive.readers.search_index import data_stream_of, index_of
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PLATFORM = "elasticsearch"
_LAST_WITH_MAP, _FIRST_WITH_RESOURCES = 10, 14  # major versions
_V1_MAP, _V2_MAP = "topic.to.external.resource.mapping", "topic.to.resource.mapping"

_DEFAULT_BUILDER = "com.ibm.eventstreams.connect.elasticsink.builders.DefaultIndexBuilder"


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    topic = topic_of(record)
    usage = first(config, "external.resource.usage") or "disabled"
    if usage.lower() != "disabled":
        yield _mapped(topic, config.get(_V1_MAP), usage)
    elif first(config, _V1_MAP) and (major_version(config) or _FIRST_WITH_RESOURCES) >= _FIRST_WITH_RESOURCES:
        yield Unresolved(topic, f"{_V1_MAP} is refused without external.resource.usage")
    elif mapped := _by_index_map(config, topic):
        yield mapped
    else:
        yield Dataset(_PLATFORM, data_stream_of(config, topic) or index_of(topic))


def _by_index_map(config: Config, topic: str) -> Dataset | Unresolved | None:
    """Return the index that ``topic.index.map`` gives, which versions after 10 ignore; None without an entry."""
    index, version = pairs(config.get("topic.index.map")).get(topic), major_version(config)
    if index is None or (version is not None and version > _LAST_WITH_MAP):
        return None
    # of an unknown version the index is only known when it is the same without the map
    if version is not None or index == (data_stream_of(config, topic) or index_of(topic)):
        return Dataset(_PLATFORM, index)
    return Unresolved(
        topic,
        "topic.index.map names an index for it up to version 10, later versions ignore the map: the answer of "
        "/connector-plugins or connector.plugin.version tells which one it is",
    )


def _writes_v2(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    topic = topic_of(record)
    creates = (first(config, "auto.create") or "").lower()
    if creates == "false":
        yield _mapped(topic, config.get(_V2_MAP), first(config, "resource.type") or "INDEX")
    elif creates == "true" or first(config, _V2_MAP) is None:
        yield Dataset(_PLATFORM, data_stream_of(config, topic) or index_of(topic))
    else:
        yield Unresolved(topic, f"{_V2_MAP} counts only with auto.create=false, which is not set")


def _writes_aiven(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    topic = topic_of(record)
    mapped = pairs(config.get("topic.index.map")).get(topic)
    yield Dataset(_PLATFORM, mapped or topic.lower())


def _writes_ibm(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    topic, builder = topic_of(record), first(config, "es.index.builder") or _DEFAULT_BUILDER
    if builder == _DEFAULT_BUILDER:
        yield Dataset(_PLATFORM, topic.lower())
    else:
        yield Unresolved(topic, f"the class {builder} names its index")


def _mapped(topic: str, mapping: str | None, usage: str) -> Dataset | Unresolved:
    target = pairs(mapping).get(topic)
    if target is None:
        return Unresolved(topic, "is mapped to no resource, which the connector refuses")
    if usage.upper().startswith("ALIAS"):
        return Unresolved(topic, f"is written to the alias {target}; only Elasticsearch knows the index behind it")
    return Dataset(_PLATFORM, target)


_RULE = "io.confluent.connect.elasticsearch.ElasticsearchSinkTask, github.com/confluentinc/kafka-connect-elasticsearch"
_SPELLED = "the index or data stream; a collapsed name (collapse_urns) of DataHub's ingestion is not followed"

FAMILIES = (
    SinkFamily(
        name="elasticsearch_sink",
        classes=("io.confluent.connect.elasticsearch.ElasticsearchSinkConnector", "ElasticsearchSink"),
        platform=_PLATFORM,
        writes=_writes,
        makes_columns=makes_all,
        rule=_RULE,
        naming=(
            "external.resource.usage",
            _V1_MAP,
            "topic.index.map",
            "data.stream.type",
            "data.stream.dataset",
            "data.stream.namespace",
        ),
        never_known="the index behind an alias",
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="elasticsearch_sink_v2",
        classes=("ElasticsearchSinkV2",),
        platform=_PLATFORM,
        writes=_writes_v2,
        makes_columns=makes_all,
        rule="https://docs.confluent.io/cloud/current/connectors/cc-elasticsearch-service-sink-v2.html",
        naming=(
            "auto.create",
            _V2_MAP,
            "resource.type",
            "data.stream.type",
            "data.stream.dataset",
            "data.stream.namespace",
        ),
        never_known="the index behind an alias",
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="elasticsearch_sink_aiven",
        classes=("io.aiven.connect.elasticsearch.ElasticsearchSinkConnector",),
        platform=_PLATFORM,
        writes=_writes_aiven,
        makes_columns=makes_all,
        rule="https://github.com/Aiven-Open/elasticsearch-connector-for-apache-kafka",
        naming=("topic.index.map",),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="elasticsearch_sink_ibm",
        classes=("com.ibm.eventstreams.connect.elasticsink.ElasticSinkConnector",),
        platform=_PLATFORM,
        writes=_writes_ibm,
        rule="https://github.com/ibm-messaging/kafka-connect-elastic-sink",
        naming=("es.index.builder",),
        never_known="indexes that a class of one's own names",
        spelled=_SPELLED,
    ),
)
