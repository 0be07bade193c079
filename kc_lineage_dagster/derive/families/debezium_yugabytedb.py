"""YugabyteDB's two connectors on Debezium (gRPC and logical replication) copy each table into the topic
``<prefix>.<schema>.<table>``.

Lists choose the tables, as for PostgreSQL; ``database.dbname`` is the database.

Source: https://docs.yugabyte.com/stable/additional-features/change-data-capture/
"""

from __future__ import annotations

from dataclasses import replace

from kc_lineage_dagster.derive.families.debezium_postgres import TABLES
from kc_lineage_dagster.derive.readers.debezium_topics import debezium

FAMILY = debezium(
    "debezium_yugabytedb",
    (
        "io.debezium.connector.yugabytedb.YugabyteDBConnector",
        "io.debezium.connector.yugabytedb.YugabyteDBgRPCConnector",
        "io.debezium.connector.postgresql.YugabyteDBConnector",
    ),
    replace(TABLES, platform="yugabytedb"),
    "https://docs.yugabyte.com/stable/additional-features/change-data-capture/",
    naming=("database.dbname",),
    spelled="database.schema.table (DataHub has no source of its own for YugabyteDB)",
)
