"""Debezium for Informix copies each table that its lists choose into the topic ``<prefix>.<schema>.<table>``.

Entries of the table lists are ``database.schema.table``, although topics do not hold the database, which is
``database.dbname``.

Source: ``io.debezium.connector.informix.InformixConnectorConfig``,
https://debezium.io/documentation/reference/stable/connectors/informix.html#informix-topic-names
"""

from __future__ import annotations

from kc_lineage_dagster.derive.readers.debezium_topics import SCHEMA_LISTS, DebeziumTables, debezium, fixed, lists

TABLES = DebeziumTables(
    platform="informix",
    dataset=("database", "schema", "table"),
    layouts={"schema": (("schema", "table"),), "database": (("database", "table"),)},
    lists=(SCHEMA_LISTS, lists("table", ("database", "schema", "table"))),
    fixed=fixed(database=("database.dbname",)),
)

FAMILY = debezium(
    "debezium_informix",
    ("io.debezium.connector.informix.InformixConnector",),
    TABLES,
    "https://debezium.io/documentation/reference/stable/connectors/informix.html#informix-topic-names",
    naming=("database.dbname",),
    spelled="database.schema.table",
)
