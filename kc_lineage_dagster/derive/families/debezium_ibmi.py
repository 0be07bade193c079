"""Debezium for Db2 on IBM i (AS/400) copies each table that its lists choose into the topic
``<prefix>.<SCHEMA>.<TABLE>``.

All is as for Db2; a schema is a library.

Source: https://github.com/debezium/debezium-connector-ibmi
"""

from __future__ import annotations

from kc_lineage_dagster.derive.families.debezium_db2 import TABLES
from kc_lineage_dagster.derive.readers.debezium_topics import debezium

FAMILY = debezium(
    "debezium_ibmi",
    ("io.debezium.connector.db2as400.As400RpcConnector",),
    TABLES,
    "https://github.com/debezium/debezium-connector-ibmi",
    naming=("database.dbname",),
    spelled="DATABASE.schema.table",
)
