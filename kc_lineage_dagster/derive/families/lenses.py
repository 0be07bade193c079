"""Lenses' Stream Reactor copies topics into the places of some twenty systems, and places into topics, as statements of
KCQL say.

``connect.<system>.kcql`` holds them: ``INSERT INTO place SELECT ... FROM topic`` for a sink, the other way round for a
source. The connectors of all systems share the rule; the tables below say what differs. Classes moved from
``com.datamountaineer.streamreactor.connect`` to ``io.lenses.streamreactor.connect``; Hive's were in
``com.landoop.streamreactor.connect`` first.

Source: https://docs.lenses.io/latest/connectors/kafka-connectors, https://github.com/lensesio/stream-reactor
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from kc_lineage_dagster.derive.config import Config, first, major_version
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SinkFamily, SourceFamily, topic_of
from kc_lineage_dagster.derive.readers.kcql import Statement, parse_kcql
from kc_lineage_dagster.derive.readers.subscriptions import pattern_of, subscribed
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_ROOTS = (
    "io.lenses.streamreactor.connect",
    "com.datamountaineer.streamreactor.connect",
    "com.landoop.streamreactor.connect",
)
# clauses and words by which each record names its place: dates, fields, metadata
_BY_CONTENT = frozenset({"WITHINDEXSUFFIX", "WITHTARGET"})
_METADATA = ("_key", "_value", "_header", "_topic", "_partition", "_timestamp")
_BUCKETS = frozenset({"s3", "gcs", "abs"})
_SLASHES = re.compile("/+")
_ONLY_LEADING = 9  # the major version since which only a leading slash of an MQTT topic is dropped


@dataclass(frozen=True, slots=True)
class _System:
    """One system and its connectors.

    Args:
        platform: DataHub's id.
        key: The word in ``connect.<key>.kcql``.
        classes: Class names, below the project's packages.
        inside: Keys of the database or keyspace that a name in KCQL is in; () where there is none.
        lower: Whether the system folds unquoted names to lower case.
    """

    platform: str
    key: str
    classes: tuple[str, ...]
    inside: tuple[str, ...] = ()
    lower: bool = False


_SINKS = (
    _System(
        "mongodb",
        "mongo",
        ("mongodb.sink.MongoSinkConnector",),
        ("connect.mongo.db", "connect.mongo.database", "connect.mongo.sink.db"),
    ),
    _System("redis", "redis", ("redis.sink.RedisSinkConnector",)),
    _System(
        "cassandra",
        "cassandra",
        ("cassandra.sink.CassandraSinkConnector", "cassandra.CassandraSinkConnector"),
        ("connect.cassandra.key.space", "connect.cassandra.sink.key.space"),
        lower=True,
    ),
    _System(
        "influxdb",
        "influx",
        ("influx.InfluxSinkConnector",),
        ("connect.influx.db", "connect.influx.connection.database", "connect.influx.sink.db"),
    ),
    _System(
        "elasticsearch",
        "elastic",
        (
            "elastic.ElasticSinkConnector",
            "elastic5.ElasticSinkConnector",
            "elastic6.ElasticSinkConnector",
            "elastic7.ElasticSinkConnector",
            "elastic8.Elastic8SinkConnector",
        ),
    ),
    _System("opensearch", "opensearch", ("opensearch.OpenSearchSinkConnector",)),
    _System("kudu", "kudu", ("kudu.sink.KuduSinkConnector",)),
    _System("mqtt", "mqtt", ("mqtt.sink.MqttSinkConnector",)),
    _System("jms", "jms", ("jms.sink.JMSSinkConnector",)),
    _System(
        "cosmosdb",
        "documentdb",
        ("azure.documentdb.sink.DocumentDbSinkConnector",),
        ("connect.documentdb.db", "connect.documentdb.database.name", "connect.documentdb.sink.database"),
    ),
    _System("cosmosdb", "cosmosdb", ("azure.cosmosdb.sink.CosmosDbSinkConnector",), ("connect.cosmosdb.db",)),
    _System("s3", "s3", ("aws.s3.sink.S3SinkConnector",)),
    _System("gcs", "gcpstorage", ("gcp.storage.sink.GCPStorageSinkConnector",)),
    _System("abs", "datalake", ("datalake.sink.DatalakeSinkConnector",)),
    _System("servicebus", "servicebus", ("azure.servicebus.sink.AzureServiceBusSinkConnector",)),
    # of releases before 8
    _System("coap", "coap", ("coap.sink.CoapSinkConnector",)),
    _System("hazelcast", "hazelcast", ("hazelcast.sink.HazelCastSinkConnector",)),
    _System("hbase", "hbase", ("hbase.HbaseSinkConnector",)),
    _System("hive", "hive", ("hive.sink.HiveSinkConnector",), ("connect.hive.database.name",)),
    _System("pulsar", "pulsar", ("pulsar.sink.PulsarSinkConnector",)),
    _System(
        "rethinkdb",
        "rethink",
        ("rethink.sink.ReThinkSinkConnector",),
        ("connect.rethink.db", "connect.rethink.sink.db"),
    ),
    _System("voltdb", "volt", ("voltdb.VoltSinkConnector",)),
)

_SOURCES = (
    _System("mqtt", "mqtt", ("mqtt.source.MqttSourceConnector",)),
    _System("jms", "jms", ("jms.source.JMSSourceConnector",)),
    _System(
        "cassandra",
        "cassandra",
        ("cassandra.source.CassandraSourceConnector",),
        ("connect.cassandra.key.space", "connect.cassandra.source.key.space"),
        lower=True,
    ),
    _System("s3", "s3", ("aws.s3.source.S3SourceConnector",)),
    _System("gcs", "gcpstorage", ("gcp.storage.source.GCPStorageSourceConnector",)),
    _System("servicebus", "servicebus", ("azure.servicebus.source.AzureServiceBusSourceConnector",)),
    _System("pubsub", "pubsub", ("gcp.pubsub.source.GCPPubSubSourceConnector",)),
    _System("eventhubs", "eventhubs", ("azure.eventhubs.source.AzureEventHubsSourceConnector",)),
    # of releases before 8
    _System("coap", "coap", ("coap.source.CoapSourceConnector",)),
    _System("hive", "hive", ("hive.source.HiveSourceConnector",), ("connect.hive.database.name",)),
    _System("pulsar", "pulsar", ("pulsar.source.PulsarSourceConnector",)),
    _System(
        "rethinkdb",
        "rethink",
        ("rethink.source.ReThinkSourceConnector",),
        ("connect.rethink.db", "connect.rethink.source.db"),
    ),
)


def _keys(system: _System, direction: str) -> tuple[str, ...]:
    """Return the keys of KCQL statements, newest first; keys with ``sink`` or ``source`` are from before 2018."""
    return (f"connect.{system.key}.kcql", f"connect.{system.key}.{direction}.kcql")


def _statements(config: Config, keys: tuple[str, ...]) -> tuple[Statement | Unresolved, ...]:
    text = first(config, *keys)
    return parse_kcql(text) if text else (Unresolved(keys[0], "is not set"),)


def _writes(system: _System, config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    topic = topic_of(record)
    found = _statements(config, _keys(system, "sink"))
    yield from (item for item in found if isinstance(item, Unresolved))
    statements = [item for item in found if isinstance(item, Statement)]
    mine = [item for item in statements if item.origin == topic]
    if not mine and system.platform in _BUCKETS:
        # a statement with `*` reads the topics that no other statement names
        mine = [item for item in statements if item.origin == "*"]
    for statement in mine:
        yield _written(system, config, statement, topic)
    if statements and not mine:
        yield Unresolved(topic, "no KCQL statement reads it")


def _written(system: _System, config: Config, statement: Statement, topic: str) -> Dataset | Unresolved:
    target = statement.target
    if target is None:
        return Unresolved(topic, "its KCQL statement has no INTO, so the records' keys decide")
    if statement.clauses & _BY_CONTENT or target.startswith(_METADATA) or "PUBSUB" in statement.clauses:
        return Unresolved(topic, "each record decides where it goes, by a clause of its KCQL statement")
    if system.platform in _BUCKETS and "PARTITIONBY" not in statement.clauses:
        # objects are <prefix>/<topic>/<partition>/<offset>; with PARTITIONBY, folders of values come before the topic
        return Dataset(system.platform, f"{_path(target)}/{topic}")
    return _place(system, config, target)


def _place(system: _System, config: Config, name: str) -> Dataset | Unresolved:
    """Return the dataset that a name in KCQL stands for."""
    if system.platform in _BUCKETS:
        return Dataset(system.platform, _path(name))
    if system.lower and name != name.lower():
        return Unresolved(name, "whether its capital letters are kept depends on the connector's version")
    if not system.inside or (system.lower and "." in name):
        return Dataset(system.platform, name)
    outer = first(config, *system.inside)
    return Dataset(system.platform, f"{outer}.{name}") if outer else Unresolved(system.inside[0], "is not set")


def _path(bucket_and_prefix: str) -> str:
    """Return ``bucket:prefix`` in DataHub's spelling: ``bucket/prefix``."""
    return bucket_and_prefix.replace(":", "/", 1).rstrip("/")


def _reads(system: _System, config: Config, evidence: Evidence) -> Iterator[Found]:
    for item in _statements(config, _keys(system, "source")):
        if isinstance(item, Unresolved):
            yield item
            continue
        origin = _origin(system, config, item)
        if isinstance(origin, Unresolved):
            yield origin
        target = _topic(config, item, origin)
        if isinstance(target, Unresolved):
            yield target
        else:
            yield Record(origin if isinstance(origin, Dataset) else None, target)


def _topic(config: Config, statement: Statement, origin: Dataset | Unresolved) -> str | Unresolved:
    """Return the topic behind INTO. ``$`` is the MQTT topic itself with ``_`` for slashes; a slash at its beginning is
    dropped, before version 9 the first slash wherever it is.

    Source: ``MqttManager.replaceSlashes``
    """
    target = statement.target
    if target == "$" and isinstance(origin, Dataset) and origin.platform == "mqtt":
        since_9, before_9 = (_SLASHES.sub("_", one) for one in (origin.name.removeprefix("/"), _without_slash(origin)))
        version = major_version(config)
        if since_9 != before_9 and version is None:
            reason = f"is written to {before_9} before version 9 of the connector, to {since_9} since"
            return Unresolved(statement.origin, reason)
        return since_9 if version is None or version >= _ONLY_LEADING else before_9
    if target is None or "$" in target or target.startswith(_METADATA):
        return Unresolved(statement.origin, "its KCQL statement does not name the topic it is written to")
    return target


def _without_slash(mqtt_topic: Dataset) -> str:
    return mqtt_topic.name.replace("/", "", 1)


def _origin(system: _System, config: Config, statement: Statement) -> Dataset | Unresolved:
    name = statement.origin
    if system.platform == "mqtt":
        by_regex = "*" in name or "WITHREGEX" in statement.clauses
        return pattern_of("mqtt", name) if by_regex else subscribed("mqtt", name)
    if system.platform == "pubsub":
        return Unresolved(name, "is a subscription, and only Google knows the topic behind it")
    return _place(system, config, name)


def _classes(system: _System) -> tuple[str, ...]:
    return tuple(f"{root}.{name}" for root in _ROOTS for name in system.classes)


_RULE = "https://docs.lenses.io/latest/connectors/kafka-connectors, github.com/lensesio/stream-reactor"
_SPELLED = (
    "as DataHub spells the platform: database.collection, keyspace.table, bucket/prefix/topic; else the name in KCQL"
)

FAMILIES = (
    *(
        SinkFamily(
            name=f"lenses_{system.key}_sink",
            classes=_classes(system),
            platform=system.platform,
            writes=partial(_writes, system),
            rule=_RULE,
            naming=(*_keys(system, "sink"), *system.inside),
            never_known="places that a field, a date or a record's metadata names",
            spelled=_SPELLED,
        )
        for system in _SINKS
    ),
    *(
        SourceFamily(
            name=f"lenses_{system.key}_source",
            classes=_classes(system),
            platform=system.platform,
            reads=partial(_reads, system),
            rule=_RULE,
            naming=(*_keys(system, "source"), *system.inside),
            never_known="the topics behind an MQTT pattern",
            spelled=_SPELLED,
        )
        for system in _SOURCES
    ),
)
