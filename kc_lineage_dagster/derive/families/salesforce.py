"""Connectors for Salesforce copy objects and events into topics, and topics into objects.

Datasets are named by the sObject's or event's API name, as in DataHub. Each connector has its own keys for them:
``salesforce.object``, ``salesforce.platform.event.name``, ``salesforce.cdc.name``, a SOQL query. A source's topic is
``kafka.topic``, which may hold the object's name.

Source: https://docs.confluent.io/kafka-connectors/salesforce/current/,
https://docs.confluent.io/cloud/current/connectors/cc-salesforce-source-v2.html,
https://aiven.io/docs/products/kafka/kafka-connect/howto/salesforce-source-connector
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first, flag, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, Reads, SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.places import Places, always, place
from kc_lineage_dagster.derive.readers.topic_sources import flows
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PLATFORM = "salesforce"
_OBJECT = place(_PLATFORM, "salesforce.object", "salesforce.sink.object")
_EVENT = place(_PLATFORM, "salesforce.platform.event.name")
_OBJECT_TYPE, _LOWERCASE = "${_ObjectType}", "kafka.topic.lowercase"
_QUERIES, _IN_BRACKETS = "salesforce.bulk.api.queries", re.compile(r"\([^()]*\)")
_CDC_KEYS = ("salesforce.cdc.name", "salesforce.cdc.channel")
# OrderChangeEvent belongs to Order, Invoice__ChangeEvent to Invoice__c, ChangeEvents to all objects
_CHANGE_EVENT = re.compile(r"(?:/data/)?(?P<object>\w+?)(?P<custom>__)?ChangeEvent")


def _changed_object(config: Config) -> Iterator[Dataset | Unresolved]:
    name = first(config, *_CDC_KEYS) or ""
    found = _CHANGE_EVENT.fullmatch(name)
    if found:
        yield Dataset(_PLATFORM, found["object"] + ("__c" if found["custom"] else ""))
    else:
        yield Unresolved(name or _CDC_KEYS[0], "is no change event of one object")


def _objects(config: Config) -> Iterator[Dataset | Unresolved]:
    """Yield the objects that are read: listed for the bulk connector, or one under the older key."""
    names = items(first(config, "salesforce.objects", "salesforce.object"))
    yield from (Dataset(_PLATFORM, name) for name in names)
    if not names:
        yield Unresolved("salesforce.object", "is not set")


def _reader(origins: Places, lowers: bool) -> Reads:
    """Return a reader of connectors whose ``kafka.topic`` may hold ``${_ObjectType}``, the object's name.

    ``lowers``: whether the connector writes topics in lower case unless ``kafka.topic.lowercase`` is false.
    """

    def reads(config: Config, evidence: Evidence) -> Iterator[Found]:
        topic, found = first(config, "kafka.topic"), tuple(origins(config))
        spelled = str.lower if lowers and flag(config, _LOWERCASE, default=True) else str
        if topic is None or _OBJECT_TYPE not in topic:
            yield from flows(found, (spelled(topic),) if topic else (), "kafka.topic", evidence)
            return
        for item in found:
            yield (
                item if isinstance(item, Unresolved) else Record(item, spelled(topic.replace(_OBJECT_TYPE, item.name)))
            )

    return reads


def _reads_v2(config: Config, evidence: Evidence) -> Iterator[Found]:
    """Yield what version 2 of Confluent Cloud reads: each of ``sobject.names``, to ``<topic.prefix>.<object>``."""
    prefix, names = first(config, "topic.prefix"), items(config.get("sobject.names"))
    if prefix is None:
        yield Unresolved("topic.prefix", "is not set, and no topic can be named without it")
        return
    yield from (Record(Dataset(_PLATFORM, name), f"{prefix}.{name}") for name in names)
    if not names:
        yield Unresolved("sobject.names", "is not set")


def _reads_aiven(config: Config, evidence: Evidence) -> Iterator[Found]:
    """Yield what Aiven's source reads: objects of queries to ``<topic.prefix>.bulkApi.<object>``, or to ``topic``."""
    queries = [query for query in (config.get(_QUERIES) or "").split(";") if query.strip()]
    found = [_queried(query) for query in queries] or [Unresolved(_QUERIES, "is not set")]
    topic, prefix = first(config, "topic"), first(config, "topic.prefix")
    if topic or not prefix:
        yield from flows(found, (topic,) if topic else (), "topic.prefix", evidence)
        return
    for item in found:
        yield item if isinstance(item, Unresolved) else Record(item, f"{prefix}.bulkApi.{item.name}")


def _queried(query: str) -> Dataset | Unresolved:
    """Return the object of a SOQL query; subqueries in brackets read only its children."""
    while (outside := _IN_BRACKETS.sub("", query)) != query:
        query = outside
    found = re.search(r"\bfrom\s+(\w+)", query, re.IGNORECASE)
    return Dataset(_PLATFORM, found[1]) if found else Unresolved(_QUERIES, "names no object to read")


_SOURCES: tuple[tuple[str, tuple[str, ...], Places, tuple[str, ...]], ...] = (
    (
        "pushtopic",
        ("io.confluent.salesforce.SalesforcePushTopicSourceConnector", "SalesforcePushTopicSource"),
        _OBJECT,
        ("salesforce.object",),
    ),
    (
        "platform_event",
        ("io.confluent.salesforce.SalesforcePlatformEventSourceConnector", "SalesforcePlatformEventSource"),
        _EVENT,
        ("salesforce.platform.event.name",),
    ),
    (
        "cdc",
        ("io.confluent.salesforce.SalesforceCdcSourceConnector", "SalesforceCdcSource"),
        _changed_object,
        _CDC_KEYS,
    ),
    (
        "bulk",
        (
            "io.confluent.connect.salesforce.SalesforceBulkApiSourceConnector",
            "SalesforceBulkApiSource",
            "SalesforceBulkApiV2Source",
        ),
        _objects,
        ("salesforce.object", "salesforce.objects"),
    ),
)
_SINKS: tuple[tuple[str, tuple[str, ...], Places, tuple[str, ...]], ...] = (
    (
        "sobject",
        ("io.confluent.salesforce.SalesforceSObjectSinkConnector", "SalesforceSObjectSink"),
        _OBJECT,
        ("salesforce.object",),
    ),
    (
        "platform_event",
        ("io.confluent.salesforce.SalesforcePlatformEventSinkConnector", "SalesforcePlatformEventSink"),
        _EVENT,
        ("salesforce.platform.event.name",),
    ),
    (
        "bulk",
        ("io.confluent.connect.salesforce.SalesforceBulkApiSinkConnector", "SalesforceBulkApiV2Sink"),
        _OBJECT,
        ("salesforce.object", "salesforce.sink.object"),
    ),
)
_RULE = "https://docs.confluent.io/kafka-connectors/salesforce/current/"
_AIVEN = "https://aiven.io/docs/products/kafka/kafka-connect/howto"
_SPELLED = "the sObject's or event's API name"

FAMILIES = (
    SourceFamily(
        name="salesforce_source_v2",
        classes=("SalesforceSourceV2",),
        platform=_PLATFORM,
        reads=_reads_v2,
        rule="https://docs.confluent.io/cloud/current/connectors/cc-salesforce-source-v2.html",
        naming=("topic.prefix", "sobject.names"),
        spelled=_SPELLED,
    ),
    SourceFamily(
        name="salesforce_source_aiven",
        classes=("io.aiven.kafka.connect.salesforce.source.SalesforceSourceConnector",),
        platform=_PLATFORM,
        reads=_reads_aiven,
        rule=f"{_AIVEN}/salesforce-source-connector",
        naming=("topic", "topic.prefix", _QUERIES),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="salesforce_sink_aiven",
        classes=("io.aiven.kafka.connect.salesforce.sink.SalesforceSinkConnector",),
        platform=_PLATFORM,
        writes=always(place(_PLATFORM, "salesforce.bulk.api.sink.object")),
        rule=f"{_AIVEN}/salesforce-sink-connector",
        naming=("salesforce.bulk.api.sink.object",),
        spelled=_SPELLED,
    ),
    *(
        SourceFamily(
            name=f"salesforce_{name}_source",
            classes=classes,
            platform=_PLATFORM,
            reads=_reader(origins, lowers=name != "bulk"),
            rule=_RULE,
            naming=("kafka.topic", _LOWERCASE, *keys),
            never_known="the objects behind a channel of all change events",
            spelled=_SPELLED,
        )
        for name, classes, origins, keys in _SOURCES
    ),
    *(
        SinkFamily(
            name=f"salesforce_{name}_sink",
            classes=classes,
            platform=_PLATFORM,
            writes=always(targets),
            rule=_RULE,
            naming=keys,
            spelled=_SPELLED,
        )
        for name, classes, targets, keys in _SINKS
    ),
)
