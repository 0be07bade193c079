"""Connectors built on Debezium outside its project, for openGauss, CUBRID and TiDB, copy each table that their lists
choose into the topic ``<prefix>.<schema>.<table>``.

openGauss and CUBRID follow PostgreSQL's: topics do not hold the database, which is ``database.dbname``. TiDB follows
MySQL's, and its schema is the database.

Source: https://github.com/opengauss-mirror/debezium, https://github.com/xmilex-git/debezium-connector-cubrid
(docs/setup-guide.md), the README of Debezium's module for TiDB (``io.debezium.connector.tidb.TiDbConnector``)
"""

from __future__ import annotations

from dataclasses import replace

from kc_lineage_dagster.derive.families.debezium_mysql import TABLES as LIKE_MYSQL
from kc_lineage_dagster.derive.families.debezium_postgres import TABLES as LIKE_POSTGRES
from kc_lineage_dagster.derive.readers.debezium_topics import debezium

_UNKNOWN = "(DataHub has no platform and no ingestion of it)"

FAMILIES = (
    debezium(
        "debezium_opengauss",
        ("io.debezium.connector.opengauss.OpengaussConnector",),
        replace(LIKE_POSTGRES, platform="opengauss"),
        "https://github.com/opengauss-mirror/debezium",
        naming=("database.dbname",),
        spelled=f"database.schema.table {_UNKNOWN}",
    ),
    debezium(
        "debezium_cubrid",
        ("io.debezium.connector.cubrid.CubridConnector",),
        replace(LIKE_POSTGRES, platform="cubrid"),
        "https://github.com/xmilex-git/debezium-connector-cubrid",
        naming=("database.dbname",),
        spelled=f"database.owner.table {_UNKNOWN}",
    ),
    debezium(
        "debezium_tidb",
        ("io.debezium.connector.tidb.TiDbConnector",),
        replace(LIKE_MYSQL, platform="tidb"),
        "io.debezium.connector.tidb.TiDbConnector",
        spelled=f"database.table {_UNKNOWN}",
    ),
)
