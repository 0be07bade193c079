"""Connectors for Azure Cosmos DB copy containers into topics and topics into containers, named
``<database>.<container>``.

A map of ``topic#container`` pairs says which belongs to which, in both directions. Version 2 of the source reads the
containers that it lists, or all of a database; those that the map leaves out share their names with their topics.

Source: https://github.com/microsoft/kafka-connect-cosmosdb,
https://github.com/Azure/azure-sdk-for-java/tree/main/sdk/cosmos/azure-cosmos-kafka-connect
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first, flag, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, Selection, SinkFamily, SourceFamily, topic_of
from kc_lineage_dagster.derive.records import ACTIVE_TOPICS, Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PLATFORM = "cosmosdb"
_DATABASE_V1 = ("connect.cosmos.databasename", "connect.cosmosdb.databasename")
_MAP_V1 = ("connect.cosmos.containers.topicmap", "connect.cosmosdb.containers.topicmap")
_SOURCE, _SINK = "azure.cosmos.source", "azure.cosmos.sink"
_DATABASES = (*_DATABASE_V1, f"{_SOURCE}.database.name", f"{_SINK}.database.name")
_MAPS = (*_MAP_V1, f"{_SOURCE}.containers.topicMap", f"{_SINK}.containers.topicMap")


def _pairs(config: Config) -> tuple[tuple[str, str], ...]:
    """Return the pairs (topic, container) of ``topic#container`` entries; neither name can hold ``#``."""
    split = (item.partition("#") for item in items(first(config, *_MAPS)))
    return tuple((topic.strip(), container.strip()) for topic, middle, container in split if middle)


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    topic, database = topic_of(record), first(config, *_DATABASES)
    containers = [container for mapped, container in _pairs(config) if mapped == topic]
    if database is None:
        yield Unresolved("the database's name", "is not set")
    elif not containers:
        yield Unresolved(topic, "the topic map names no container for it")
    else:
        yield from (Dataset(_PLATFORM, f"{database}.{container}") for container in containers)


def _reads_v1(config: Config, evidence: Evidence) -> Iterator[Found]:
    database = first(config, *_DATABASES)
    if database is None:
        yield Unresolved("the database's name", "is not set")
        return
    for topic, container in _pairs(config):
        yield Record(Dataset(_PLATFORM, f"{database}.{container}"), topic)


def _reads_v2(config: Config, evidence: Evidence) -> Iterator[Found]:
    """Yield what version 2 reads: the listed containers or all of a database, named like their topics unless mapped."""
    database = first(config, *_DATABASES)
    if database is None:
        yield Unresolved(f"{_SOURCE}.database.name", "is not set")
        return
    topics = {container: topic for topic, container in _pairs(config)}
    if flag(config, f"{_SOURCE}.containers.includeAll"):
        for container, topic in topics.items():
            yield Record(Dataset(_PLATFORM, f"{database}.{container}"), topic)
        yield Selection(f"all containers of {database}", lambda topic: _unmapped(database, topics, topic))
        return
    for container in items(config.get(f"{_SOURCE}.containers.includedList")):
        yield Record(Dataset(_PLATFORM, f"{database}.{container}"), topics.get(container, container))


def _unmapped(database: str, topics: dict[str, str], topic: str) -> Record | None:
    if topic in topics or topic in topics.values():
        return None
    return Record(Dataset(_PLATFORM, f"{database}.{topic}"), topic, evidence=(ACTIVE_TOPICS,))


_PACKAGE = "com.azure.cosmos.kafka.connect"
_RULE_V1 = "https://github.com/microsoft/kafka-connect-cosmosdb"
_RULE_V2 = "https://github.com/Azure/azure-sdk-for-java/tree/main/sdk/cosmos/azure-cosmos-kafka-connect"
_SPELLED = "database.container (DataHub has no platform and no ingestion of it)"

FAMILIES = (
    SinkFamily(
        name="cosmosdb_sink",
        classes=(
            f"{_PACKAGE}.sink.CosmosDBSinkConnector",
            f"{_PACKAGE}.CosmosSinkConnector",
            "CosmosDbSink",
            "CosmosDbSinkV2",
        ),
        platform=_PLATFORM,
        writes=_writes,
        rule=f"{_RULE_V1}, {_RULE_V2}",
        naming=(*_DATABASES, *_MAPS),
        spelled=_SPELLED,
    ),
    SourceFamily(
        name="cosmosdb_source",
        classes=(f"{_PACKAGE}.source.CosmosDBSourceConnector", "CosmosDbSource"),
        platform=_PLATFORM,
        reads=_reads_v1,
        rule=_RULE_V1,
        naming=(*_DATABASES, *_MAPS),
        spelled=_SPELLED,
    ),
    SourceFamily(
        name="cosmosdb_source_v2",
        classes=(f"{_PACKAGE}.CosmosSourceConnector", "CosmosDbSourceV2"),
        platform=_PLATFORM,
        reads=_reads_v2,
        rule=_RULE_V2,
        naming=(*_DATABASES, *_MAPS, f"{_SOURCE}.containers.includeAll"),
        selecting=(f"{_SOURCE}.containers.includedList",),
        spelled=_SPELLED,
    ),
)
