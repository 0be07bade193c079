"""SingleStore's source, built on Debezium, copies one table into the topic ``<prefix>.<database>.<table>``.

``database.dbname`` and ``database.table`` name the table.

Source: https://github.com/singlestore-labs/singlestore-debezium-connector (README)
"""

from __future__ import annotations

from kc_lineage_dagster.derive.readers.debezium_topics import DebeziumTables, debezium, fixed

TABLES = DebeziumTables(
    platform="singlestore",
    dataset=("database", "table"),
    layouts={"database": (("database", "table"),)},
    lists=(),
    strategy="database",
    fixed=fixed(database=("database.dbname",), table=("database.table",)),
)

FAMILY = debezium(
    "debezium_singlestore",
    ("com.singlestore.debezium.SingleStoreConnector",),
    TABLES,
    "https://github.com/singlestore-labs/singlestore-debezium-connector",
    naming=("database.dbname", "database.table"),
    spelled="database.table (DataHub has no source for SingleStore)",
)
