"""Debezium for Vitess copies each table that its lists choose into the topic ``<prefix>.<keyspace>.<table>``.

Its own naming strategy makes ``<prefix>.<table>`` of it, with ``override.data.change.topic.prefix`` as the prefix where
that is set. ``vitess.keyspace`` is the keyspace.

Source: https://debezium.io/documentation/reference/stable/connectors/vitess.html#vitess-topic-names,
``io.debezium.connector.vitess.TableTopicNamingStrategy``
"""

from __future__ import annotations

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.readers.debezium_topics import DebeziumTables, debezium, fixed, lists


def _internal(config: Config) -> tuple[str, ...]:
    return (first(config, "override.schema.change.topic") or "",)


TABLES = DebeziumTables(
    platform="vitess",
    dataset=("keyspace", "table"),
    layouts={
        "schema": (("keyspace", "table"),),
        "database": (("keyspace", "table"), ("shard", "table")),
        "table": (("table",),),
    },
    lists=(lists("table", ("keyspace", "table")),),
    fixed=fixed(keyspace=("vitess.keyspace",)),
    data_prefix="override.data.change.topic.prefix",
    internal=_internal,
)

FAMILY = debezium(
    "debezium_vitess",
    ("io.debezium.connector.vitess.VitessConnector",),
    TABLES,
    "https://debezium.io/documentation/reference/stable/connectors/vitess.html#vitess-topic-names",
    naming=("vitess.keyspace", "override.data.change.topic.prefix"),
    spelled="keyspace.table",
)
