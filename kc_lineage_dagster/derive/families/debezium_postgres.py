"""Debezium for PostgreSQL copies each table that its lists choose into the topic ``<prefix>.<schema>.<table>``.

Topics do not hold the database, which is ``database.dbname``.

Source: https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-topic-names
"""

from __future__ import annotations

from kc_lineage_dagster.derive.readers.debezium_topics import (
    SCHEMA_LISTS,
    SCHEMA_TABLE_LISTS,
    DebeziumTables,
    debezium,
    fixed,
)

TABLES = DebeziumTables(
    platform="postgres",
    dataset=("database", "schema", "table"),
    layouts={"schema": (("schema", "table"),), "database": (("table",), ("database", "table"))},
    lists=(SCHEMA_LISTS, SCHEMA_TABLE_LISTS),
    fixed=fixed(database=("database.dbname",)),
)

FAMILY = debezium(
    "debezium_postgres",
    (
        "io.debezium.connector.postgresql.PostgresConnector",
        "io.debezium.connector.v2.postgresql.PostgresConnectorV2",
        "PostgresCdcSource",
        "PostgresCdcSourceV2",
    ),
    TABLES,
    "https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-topic-names",
    naming=("database.dbname",),
    never_known="which partition of a table a record comes from, when the publication says publish_via_partition_root",
    spelled="database.schema.table",
)
