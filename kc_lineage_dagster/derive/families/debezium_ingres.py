"""Debezium for Ingres copies each table that its lists choose into the topic ``<prefix>.<schema>.<table>``.

Entries of the table lists are ``database.schema.table``, as for Informix.

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
