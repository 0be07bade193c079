"""Debezium for Oracle copies each table that its lists choose into the topic ``<prefix>.<SCHEMA>.<TABLE>``.

Neither topics nor datasets hold the pluggable database; entries of older lists may begin with it.

Source: https://debezium.io/documentation/reference/stable/connectors/oracle.html#oracle-topic-names
"""

from __future__ import annotations

from dataclasses import replace

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.readers.debezium_topics import (
    SCHEMA_LISTS,
    SCHEMA_TABLE_LISTS,
    DebeziumTables,
    debezium,
    lists,
)
from kc_lineage_dagster.derive.readers.table_topics import PartValues


def _pluggable(config: Config) -> PartValues:
    """Return the database that entries of the lists may begin with; names of datasets have none."""
    name = first(config, "database.pdb.name", "database.dbname")
    return {"database": (name,)} if name else {}


TABLES = DebeziumTables(
    platform="oracle",
    dataset=("schema", "table"),
    layouts={"schema": (("schema", "table"),), "database": (("database", "table"),)},
    lists=(SCHEMA_LISTS, lists("table", ("schema", "table"), ("database", "schema", "table"))),
    fixed=_pluggable,
    users=("database.user",),
)


def with_lists_of_today(config: Config, tables: DebeziumTables) -> DebeziumTables:
    """Return the tables with the spelling of today's lists: ``schema.table``, without the database.

    ``OracleConnectorConfig`` gives its filters such a mapper (DBZ-1312). The older ``table.whitelist`` had entries with
    and without the database.
    """
    if not any(config.get(f"table.{kind}.list", "").strip() for kind in ("include", "exclude")):
        return tables
    return replace(tables, lists=(SCHEMA_LISTS, SCHEMA_TABLE_LISTS))


FAMILY = debezium(
    "debezium_oracle",
    ("io.debezium.connector.oracle.OracleConnector",),
    TABLES,
    "https://debezium.io/documentation/reference/stable/connectors/oracle.html#oracle-topic-names",
    adapted=with_lists_of_today,
    never_known="a schema whose name the topic cannot hold, where neither the lists nor the user's name tell it",
    spelled="schema.table, each as SQLAlchemy reflects it (DataHub's add_database_name_to_urn is false by default)",
)
