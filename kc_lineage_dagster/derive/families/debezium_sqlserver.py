"""Debezium for SQL Server copies each table that its lists choose into the topic
``<prefix>.<database>.<schema>.<table>``.

Entries of ``table.include.list`` are ``schema.table``. Before 2.0, and with ``database.dbname`` in place of
``database.names``, topics do not hold the database.

Source: ``io.debezium.connector.sqlserver.SqlServerConnectorConfig`` (``database.names``: multi-partition mode),
https://debezium.io/documentation/reference/stable/connectors/sqlserver.html#sqlserver-topic-names
"""

from __future__ import annotations

from dataclasses import replace

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.readers.debezium_topics import SCHEMA_LISTS, DebeziumTables, debezium, lists
from kc_lineage_dagster.derive.readers.table_topics import PartValues
from kc_lineage_dagster.lineage import Unresolved

_WITH_DATABASE, _WITHOUT = ("database", "schema", "table"), ("schema", "table")


def _databases(config: Config) -> PartValues | Unresolved:
    names = items(config.get("database.names")) or items(config.get("database.dbname"))
    missing = Unresolved("database.names", "has no value, and no dataset can be named without it")
    return {"database": names} if names else missing


TABLES = DebeziumTables(
    platform="mssql",
    dataset=("database", "schema", "table"),
    layouts={"schema": (_WITH_DATABASE, _WITHOUT), "database": (("database", "table"),)},
    lists=(SCHEMA_LISTS, lists("table", _WITHOUT)),
    fixed=_databases,
)


def _adapted(config: Config, tables: DebeziumTables) -> DebeziumTables:
    if first(config, "database.names"):
        return tables
    return replace(tables, layouts={**tables.layouts, "schema": (_WITHOUT, _WITH_DATABASE)})


FAMILY = debezium(
    "debezium_sqlserver",
    (
        "io.debezium.connector.sqlserver.SqlServerConnector",
        "io.debezium.connector.v2.sqlserver.SqlServerConnectorV2",
        "SqlServerCdcSource",
        "SqlServerCdcSourceV2",
    ),
    TABLES,
    "https://debezium.io/documentation/reference/stable/connectors/sqlserver.html#sqlserver-topic-names",
    naming=("database.names", "database.dbname"),
    adapted=_adapted,
    never_known="with several database.names, which of them holds a listed table, until its topic is active",
    spelled="database.schema.table",
)
