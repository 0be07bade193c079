"""Debezium for Ingres: ``<prefix>.<schema>.<table>``, and entries of its lists are ``database.schema.table``.

Source: https://debezium.io/documentation/reference/nightly/connectors/ingres.html#ingres-property-table-include-list
"""

from __future__ import annotations

from dataclasses import replace

from kc_lineage_dagster.derive.families.debezium_informix import TABLES
from kc_lineage_dagster.derive.readers.debezium_topics import debezium

FAMILY = debezium(
    "debezium_ingres",
    ("io.debezium.connector.ingres.IngresConnector",),
    replace(TABLES, platform="ingres"),
    "https://debezium.io/documentation/reference/nightly/connectors/ingres.html",
    naming=("database.dbname",),
    spelled="database.schema.table (DataHub has no source for Ingres)",
)
