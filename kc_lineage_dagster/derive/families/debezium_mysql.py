"""Debezium for MySQL and for MariaDB copies each table that its lists choose into the topic
``<prefix>.<database>.<table>``.

The topic that is called like the prefix alone holds schema changes, which are book-keeping.

Source: https://debezium.io/documentation/reference/stable/connectors/mysql.html#mysql-topic-names
"""

from __future__ import annotations

from dataclasses import replace

from kc_lineage_dagster.derive.config import Config
from kc_lineage_dagster.derive.readers.debezium_topics import DATABASE_LISTS, DebeziumTables, debezium, lists

TABLES = DebeziumTables(
    platform="mysql",
    dataset=("database", "table"),
    layouts={"database": (("database", "table"),), "schema": (("table",),)},
    lists=(DATABASE_LISTS, lists("table", ("database", "table"))),
    strategy="database",
)


def _adapted(config: Config, tables: DebeziumTables) -> DebeziumTables:
    """Return MariaDB's tables for ``connector.adapter=mariadb``, with which Debezium 2.5 and 2.6 read MariaDB."""
    return replace(tables, platform="mariadb") if config.get("connector.adapter") == "mariadb" else tables


_SPELLED = "database.table"

FAMILIES = (
    debezium(
        "debezium_mysql",
        (
            "io.debezium.connector.mysql.MySqlConnector",
            "io.debezium.connector.v2.mysql.MySqlConnectorV2",
            "com.amazonaws.msk.debezium.mysql.connect.DebeziumMySqlMetricsConnector",  # the same with metrics
            "MySqlCdcSource",
            "MySqlCdcSourceV2",
        ),
        TABLES,
        "https://debezium.io/documentation/reference/stable/connectors/mysql.html#mysql-topic-names",
        adapted=_adapted,
        spelled=_SPELLED,
    ),
    debezium(
        "debezium_mariadb",
        (
            "io.debezium.connector.mariadb.MariaDbConnector",
            "io.debezium.connector.v2.mariadb.MariaDbConnector",
            "MariaDbCdcSource",
        ),
        replace(TABLES, platform="mariadb"),
        "https://debezium.io/documentation/reference/stable/connectors/mariadb.html#mariadb-topic-names",
        spelled=_SPELLED,
    ),
)
