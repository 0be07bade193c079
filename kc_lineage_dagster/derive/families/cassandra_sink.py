"""Sinks to Cassandra and ScyllaDB copy topics into tables, named ``<keyspace>.<table>``.

DataStax' sink writes a topic into every table that a key ``topic.<topic>.<keyspace>.<table>.mapping`` names.
Confluent's and ScyllaDB's write it into the table named after the topic, in ``cassandra.keyspace`` or
``scylladb.keyspace``; names without quotes are folded to lower case, as CQL folds them.

Source: ``com.datastax.oss.kafka.sink.config.CassandraSinkConfig``, ``io.connect.scylladb.ScyllaDbSinkTaskHelper``,
https://docs.confluent.io/kafka-connect-cassandra/current/overview.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, entries, first, pairs
from kc_lineage_dagster.derive.family import SinkFamily, makes_all, topic_of
from kc_lineage_dagster.derive.readers.one_column import top_level
from kc_lineage_dagster.derive.records import Node, Opaque, Record, Struct
from kc_lineage_dagster.derive.transforms.fields import field_at
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PLATFORM = "cassandra"
# TOPIC_KS_TABLE_SETTING_PATTERN of both connectors: keyspace and table hold no dot, so the rest is the topic
_KEY = re.compile(
    r"topic\.(?P<topic>[A-Za-z0-9._-]+)\.(?P<keyspace>[^.]+)\.(?P<table>[^.]+)\."
    r"(?:mapping|consistencyLevel|ttl|ttlSeconds|nullToUnset|deletesEnabled|ttlTimeUnit|timestampTimeUnit)"
)


def _tables(config: Config, topic: str) -> tuple[tuple[str, str], ...]:
    def of_topic(key: str, _: str) -> bool:
        found = _KEY.fullmatch(key)
        return found is not None and found["topic"] == topic

    found = filter(None, map(_KEY.fullmatch, entries(config, of_topic)))
    return tuple(dict.fromkeys((match["keyspace"].strip('"'), match["table"].strip('"')) for match in found))


def _writes_datastax(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    topic = topic_of(record)
    tables = _tables(config, topic)
    yield from (Dataset(_PLATFORM, f"{keyspace}.{table}") for keyspace, table in tables)
    if not tables:
        yield Unresolved(topic, "no key topic.<topic>.<keyspace>.<table>.mapping names it")


def _columns_datastax(config: Config, record: Record, target: Dataset) -> Node:
    """Return the columns of a table's mapping, ``column=value.field, column=key``.

    What else a mapping may hold (headers, functions) stays unknown.
    """
    keyspace, _, table = target.name.partition(".")
    keys = (
        f"topic.{topic_of(record)}.{one}.{other}.mapping"
        for one in (keyspace, f'"{keyspace}"')
        for other in (table, f'"{table}"')
    )
    mapping = pairs(first(config, *keys), "=")
    parts = {"key": record.key, "value": record.value}
    found: dict[str, Node] = {}
    for column, source in mapping.items():
        part, *path = source.split(".")
        node = field_at(parts[part], tuple(path)) if part in parts else None
        found[column.strip('"') if column.startswith('"') else column.lower()] = node or Opaque()
    return top_level(Struct(tuple(found.items())), "mapping")


def _writes_scylla(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    """Yield the table named after the topic, with underscores for dots and dashes (since 1.0.1, of 2021).

    A key ``topic.<topic>.<keyspace>.<table>.mapping`` may give another keyspace but no other table
    (``ScyllaDbSinkTaskHelper``).
    """
    topic = topic_of(record).replace(".", "_").replace("-", "_")
    tables = _tables(config, topic) or _tables(config, topic_of(record))
    keyspaces = tuple(dict.fromkeys(keyspace for keyspace, _ in tables))
    keyspace = keyspaces[0] if keyspaces else first(config, "scylladb.keyspace")
    if keyspace is None:
        yield Unresolved("scylladb.keyspace", "is not set")
    elif len(keyspaces) > 1:
        yield Unresolved(topic, f"several keyspaces are named for it: {', '.join(keyspaces)}")
    elif any(_folded(table) not in (_folded(topic), _folded(topic_of(record))) for _, table in tables):
        yield Unresolved(
            topic, "a key names another table for it, but the connector writes to one named after the topic"
        )
    else:
        yield Dataset(_PLATFORM, f"{_folded(keyspace)}.{_folded(topic)}")


def _writes_confluent(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    keyspace = first(config, "cassandra.keyspace")
    if keyspace is None:
        yield Unresolved("cassandra.keyspace", "is not set")
    else:
        yield Dataset(_PLATFORM, f"{_folded(keyspace)}.{_folded(topic_of(record))}")


def _folded(identifier: str) -> str:
    """Return an identifier in lower case, as CQL folds it; one with other than word characters stays, being quoted."""
    return identifier.lower() if re.fullmatch(r"\w+", identifier, re.ASCII) else identifier


_SPELLED = "keyspace.table"

FAMILIES = (
    SinkFamily(
        name="cassandra_sink_datastax",
        classes=(
            "com.datastax.oss.kafka.sink.CassandraSinkConnector",
            "com.datastax.kafkaconnector.DseSinkConnector",
        ),
        platform=_PLATFORM,
        writes=_writes_datastax,
        columns=_columns_datastax,
        makes_columns=makes_all,
        rule="com.datastax.oss.kafka.sink.config.CassandraSinkConfig, github.com/datastax/kafka-sink",
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="cassandra_sink_confluent",
        classes=(
            "io.confluent.connect.cassandra.CassandraSinkConnector",
            "com.github.jcustenborder.kafka.connect.cassandra.CassandraSinkConnector",  # what Confluent's grew out of
        ),
        platform=_PLATFORM,
        writes=_writes_confluent,
        rule="https://docs.confluent.io/kafka-connect-cassandra/current/overview.html",
        naming=("cassandra.keyspace",),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="scylladb_sink",
        classes=("io.connect.scylladb.ScyllaDbSinkConnector",),
        platform=_PLATFORM,
        writes=_writes_scylla,
        rule="io.connect.scylladb.ScyllaDbSinkTaskHelper, github.com/scylladb/kafka-connect-scylladb",
        naming=("scylladb.keyspace",),
        never_known="a keyspace that a record's header names",
        spelled=f"{_SPELLED}, ingested by DataHub's Cassandra source",
    ),
)
