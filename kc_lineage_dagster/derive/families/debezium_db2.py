"""Debezium for Db2 copies each table that its lists choose into the topic ``<prefix>.<SCHEMA>.<TABLE>``, without the
database.

The database of the dataset is ``database.dbname``, in upper case as DataHub's ingestion has it.

Source: https://debezium.io/documentation/reference/stable/connectors/db2.html#db2-topic-names
"""

from __future__ import annotations

from kc_lineage_dagster.derive.config import Config
from kc_lineage_dagster.derive.readers.debezium_topics import (
    SCHEMA_LISTS,
    SCHEMA_TABLE_LISTS,
    DebeziumTables,
    debezium,
    fixed,
)
from kc_lineage_dagster.derive.readers.table_topics import PartValues
from kc_lineage_dagster.lineage import Unresolved


def _upper(config: Config) -> PartValues | Unresolved:
    """Return a database name in upper case, as DataHub's source writes it: Db2 does not distinguish case there."""
    found = fixed(database=("database.dbname",))(config)
    return found if isinstance(found, Unresolved) else {"database": tuple(map(str.upper, found["database"]))}


TABLES = DebeziumTables(
    platform="db2",
    dataset=("database", "schema", "table"),
    layouts={"schema": (("schema", "table"),), "database": (("table",), ("database", "table"))},
    lists=(SCHEMA_LISTS, SCHEMA_TABLE_LISTS),
    fixed=_upper,
)

FAMILY = debezium(
    "debezium_db2",
    ("io.debezium.connector.db2.Db2Connector",),
    TABLES,
    "https://debezium.io/documentation/reference/stable/connectors/db2.html#db2-topic-names",
    naming=("database.dbname",),
    spelled="DATABASE.schema.table",
)
