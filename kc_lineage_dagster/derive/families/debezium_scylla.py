"""ScyllaDB's CDC source on Debezium: ``<prefix>.<keyspace>.<table>`` for a list of tables.

Source: https://github.com/scylladb/scylla-cdc-source-connector (README; the prefix was ``scylla.name`` until 1.2.2)
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
