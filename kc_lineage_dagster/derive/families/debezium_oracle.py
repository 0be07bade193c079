"""Debezium for Oracle: ``<prefix>.<SCHEMA>.<TABLE>``, without the pluggable database.

Source: https://debezium.io/documentation/reference/stable/connectors/oracle.html#oracle-topic-names
"""

from __future__ import annotations

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.readers.debezium_topics import SCHEMA_LISTS, Tables, debezium, lists
from kc_lineage_dagster.derive.readers.table_topics import Options


def pluggable(config: Config) -> Options:
    """The database that entries of the lists may begin with; datasets do without it."""
    name = first(config, "database.pdb.name", "database.dbname")
    return {"database": (name,)} if name else {}


TABLES = Tables(
    platform="oracle",
    dataset=("schema", "table"),
    layouts={"schema": (("schema", "table"),), "database": (("database", "table"),)},
    lists=(SCHEMA_LISTS, lists("table", ("schema", "table"), ("database", "schema", "table"))),
    fixed=pluggable,
)

FAMILY = debezium(
    "debezium_oracle",
    ("io.debezium.connector.oracle.OracleConnector",),
    TABLES,
    "https://debezium.io/documentation/reference/stable/connectors/oracle.html#oracle-topic-names",
    spelled="schema.table in lower case, as DataHub's source spells it (add_database_name_to_urn is false by default)",
)
