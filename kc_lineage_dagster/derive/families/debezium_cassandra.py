"""Debezium for Cassandra copies every table with change data capture switched on into the topic
``<prefix>.<keyspace>.<table>``.

No list chooses tables: Cassandra decides which are captured, so only active topics tell them.

Source: https://debezium.io/documentation/reference/stable/connectors/cassandra.html#cassandra-topic-names
"""

from __future__ import annotations

from kc_lineage_dagster.derive.readers.debezium_topics import DebeziumTables, debezium

TABLES = DebeziumTables(
    platform="cassandra",
    dataset=("keyspace", "table"),
    layouts={"schema": (("keyspace", "table"),)},
    lists=(),
    prefix=("topic.prefix", "kafka.topic.prefix"),
)

FAMILY = debezium(
    "debezium_cassandra",
    (
        "io.debezium.connector.cassandra.CassandraConnector",
        "io.debezium.connector.cassandra.Cassandra3Connector",
        "io.debezium.connector.cassandra.Cassandra4Connector",
        "io.debezium.connector.dse.DseConnector",
    ),
    TABLES,
    "https://debezium.io/documentation/reference/stable/connectors/cassandra.html#cassandra-topic-names",
    never_known="the tables, until their topics are active: Cassandra decides which are captured",
    spelled="keyspace.table",
)
