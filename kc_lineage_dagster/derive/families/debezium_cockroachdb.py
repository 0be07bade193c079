"""Debezium for CockroachDB copies each table that its lists choose into the topic ``<prefix>.<schema>.<table>``.

It reads a changefeed, whose own topics are on another cluster and are not lineage. The database is ``database.dbname``.

Source: https://debezium.io/documentation/reference/stable/connectors/cockroachdb.html#cockroachdb-topic-names
"""

from __future__ import annotations

from dataclasses import replace

from kc_lineage_dagster.derive.families.debezium_postgres import TABLES
from kc_lineage_dagster.derive.readers.debezium_topics import debezium

FAMILY = debezium(
    "debezium_cockroachdb",
    ("io.debezium.connector.cockroachdb.CockroachDBConnector",),
    replace(TABLES, platform="cockroachdb"),
    "https://debezium.io/documentation/reference/stable/connectors/cockroachdb.html#cockroachdb-topic-names",
    naming=("database.dbname",),
    spelled="database.schema.table",
)
