"""Debezium for YashanDB copies each table that its lists choose into the topic ``<prefix>.<SCHEMA>.<TABLE>``, much like
Oracle's.

Source: https://debezium.io/documentation/reference/nightly/connectors/yashandb.html#yashandb-topic-names
"""

from __future__ import annotations

from dataclasses import replace

from kc_lineage_dagster.derive.families.debezium_oracle import TABLES
from kc_lineage_dagster.derive.readers.debezium_topics import debezium

FAMILY = debezium(
    "debezium_yashandb",
    ("io.debezium.connector.yashandb.YashanDbConnector", "io.debezium.connector.yashandb.YashanDBConnector"),
    replace(TABLES, platform="yashandb"),
    "https://debezium.io/documentation/reference/nightly/connectors/yashandb.html#yashandb-topic-names",
    spelled="SCHEMA.TABLE (DataHub has no source for YashanDB)",
)
