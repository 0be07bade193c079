"""Sinks to MongoDB, MongoDB's own, the one it grew out of, and StartApp's, copy each topic into a collection, named
``<database>.<collection>``.

``collection`` names the collection; without it the collection has the topic's name. ``topic.override.<topic>.<key>``
says otherwise for one topic, ``namespace.mapper`` lets fields of each record decide. StartApp's sink lists the
collections in the order of the topics.

Source: ``com.mongodb.kafka.connect.sink.MongoSinkTopicConfig``, ``MongoSinkConfig``,
https://github.com/hpgrahsl/kafka-connect-mongodb (README)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.family import SinkFamily, makes_all, topic_of
from kc_lineage_dagster.derive.readers.mongodb_documents import document_fields
from kc_lineage_dagster.derive.records import Node, Record
from kc_lineage_dagster.derive.sink_topics import hidden_topics
from kc_lineage_dagster.derive.transforms.fields import constant_at
from kc_lineage_dagster.java_regex import compile_java
from kc_lineage_dagster.lineage import Dataset, Unresolved

_MAPPER = "com.mongodb.kafka.connect.sink.namespace.mapping.DefaultNamespaceMapper"
_BY_FIELD = "com.mongodb.kafka.connect.sink.namespace.mapping.FieldPathNamespaceMapper"

_DATABASE_OF_URI = re.compile(r"mongodb(?:\+srv)?://[^/]+/([^?/]+)")
_COLLECTIONS = "db.collections"


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    topic = topic_of(record)
    if not _subscribed(config, topic):
        yield Unresolved(topic, "transforms made this name, which is not among the sink's topics: its task fails")
        return

    def value(key: str) -> str | None:
        return first(config, f"topic.override.{topic}.{key}", key)

    database, collection = value("database"), value("collection") or topic
    mapper = value("namespace.mapper")
    if mapper == _BY_FIELD:
        named = [_by_field(value, record, part) for part in ("database", "collection")]
        if "" in named:
            yield Unresolved(topic, f"namespace.mapper = {mapper}: the content of each record names its collection")
            return
        database, collection = named[0] or database, named[1] or collection
    elif mapper not in (None, _MAPPER):
        yield Unresolved(topic, f"namespace.mapper = {mapper}: names collections by code that is not known")
        return
    yield _namespace(database, collection)


def _by_field(value: Callable[[str], str | None], record: Record, part: str) -> str | None:
    """Return the part of a name that ``FieldPathNamespaceMapper`` takes from a field.

    None where no key names a field for the part, "" where the text depends on the record.
    """
    for where, node in (("key", record.key), ("value", record.value)):
        field = value(f"namespace.mapper.{where}.{part}.field")
        if field is not None:
            return constant_at(node, tuple(field.split("."))) or ""
    return None


def _columns(config: Config, record: Record, target: Dataset) -> Node:
    topic = topic_of(record)
    return document_fields(record, lambda key: first(config, f"topic.override.{topic}.{key}", key))


def _subscribed(config: Config, topic: str) -> bool:
    """Tell whether the sink accepts records of this topic, by the name that the transforms leave."""
    if hidden_topics(config):
        return True
    pattern = first(config, "topics.regex")
    named = items(config.get("topics"))
    if named or pattern is None:
        return topic in named
    regex = compile_java(pattern)
    return getattr(regex, "matches", lambda name: False)(topic) is True


def _writes_of_old(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    topic = topic_of(record)
    found = _DATABASE_OF_URI.match(first(config, "mongodb.connection.uri") or "")
    database = first(config, "mongodb.database") or (found.group(1) if found else None)
    yield _namespace(database, first(config, f"mongodb.collection.{topic}", "mongodb.collection") or topic)


def _writes_of_startapp(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    """Yield the collection that stands in ``db.collections`` where the topic stands in ``topics``."""
    topic, topics, collections = topic_of(record), items(config.get("topics")), items(config.get(_COLLECTIONS))
    if len(topics) != len(collections):
        yield Unresolved(_COLLECTIONS, f"has {len(collections)} entries for {len(topics)} topics: the connector fails")
    elif topic not in topics:
        yield Unresolved(topic, "is not in topics, where the connector looks for its collection")
    else:
        yield _namespace(first(config, "db.name"), collections[topics.index(topic)])


def _namespace(database: str | None, collection: str) -> Dataset | Unresolved:
    if database is None:
        return Unresolved(collection, "the configuration names no database")
    return Dataset("mongodb", f"{database}.{collection}")


FAMILIES = (
    SinkFamily(
        name="mongodb_sink",
        classes=(
            "com.mongodb.kafka.connect.MongoSinkConnector",
            "com.amazonaws.msk.kafka.mongodb.connect.KafkaMongodbMetricsSinkConnector",  # the same with metrics
            "MongoDbAtlasSink",
        ),
        platform="mongodb",
        writes=_writes,
        by_content=True,
        columns=_columns,
        makes_columns=makes_all,
        rule="https://www.mongodb.com/docs/kafka-connector/current/sink-connector/configuration-properties/topic-override/",
        naming=("database", "collection", "namespace.mapper"),
        never_known="collections that FieldPathNamespaceMapper reads from records",
        spelled="database.collection",
    ),
    SinkFamily(
        name="mongodb_sink_old",
        classes=("at.grahsl.kafka.connect.mongodb.MongoDbSinkConnector",),
        platform="mongodb",
        writes=_writes_of_old,
        rule="https://github.com/hpgrahsl/kafka-connect-mongodb",
        naming=("mongodb.database", "mongodb.collection"),
        spelled="database.collection",
    ),
    SinkFamily(
        name="mongodb_sink_startapp",
        classes=("com.startapp.data.MongoSinkConnector",),
        platform="mongodb",
        writes=_writes_of_startapp,
        rule="https://github.com/startappdev/kafka-connect-mongodb",
        naming=("db.name", _COLLECTIONS),
        spelled="database.collection",
    ),
)
