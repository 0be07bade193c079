"""ScyllaDB's CDC source, built on Debezium, copies each table of ``scylla.table.names`` into the topic
``<prefix>.<keyspace>.<table>``.

The prefix is ``topic.prefix``, until 1.2.2 ``scylla.name``.

Source: https://github.com/scylladb/scylla-cdc-source-connector (README)
"""

from __future__ import annotations

from kc_lineage_dagster.derive.readers.debezium_topics import DebeziumTables, ListKeys, debezium

TABLES = DebeziumTables(
    platform="scylladb",
    dataset=("keyspace", "table"),
    layouts={"schema": (("keyspace", "table"),), "database": (("keyspace", "table"),)},
    lists=(ListKeys(("scylla.table.names",), (), (("keyspace", "table"),)),),
    prefix=("topic.prefix", "scylla.name"),
)

FAMILY = debezium(
    "debezium_scylla",
    ("com.scylladb.cdc.debezium.connector.ScyllaConnector",),
    TABLES,
    "https://github.com/scylladb/scylla-cdc-source-connector",
    spelled="keyspace.table (DataHub has no source of its own for ScyllaDB)",
)
