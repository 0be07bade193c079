"""Confluent's Oracle XStream CDC source, built on Debezium, copies each table that its lists choose into the topic
``<prefix>.<SCHEMA>.<TABLE>``.

Source: https://docs.confluent.io/kafka-connectors/oracle-xstream-cdc-source/current/overview.html
"""

from __future__ import annotations

from kc_lineage_dagster.derive.families.debezium_oracle import TABLES, with_lists_of_today
from kc_lineage_dagster.derive.readers.debezium_topics import debezium

FAMILY = debezium(
    "oracle_xstream",
    ("io.confluent.connect.oracle.xstream.cdc.OracleXStreamSourceConnector", "OracleXStreamSource"),
    TABLES,
    "https://docs.confluent.io/kafka-connectors/oracle-xstream-cdc-source/current/overview.html",
    adapted=with_lists_of_today,
    spelled="schema.table, each as SQLAlchemy reflects it",
)
