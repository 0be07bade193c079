"""Debezium for MongoDB copies each collection that its lists choose into the topic
``<prefix>.<database>.<collection>``.

``before`` and ``after`` of its change events are documents as text, so single fields are not followed.

Source: https://debezium.io/documentation/reference/stable/connectors/mongodb.html#mongodb-topic-names
"""

from __future__ import annotations

from kc_lineage_dagster.derive.readers.debezium_topics import DATABASE_LISTS, DebeziumTables, debezium, lists

TABLES = DebeziumTables(
    platform="mongodb",
    dataset=("database", "collection"),
    layouts={"database": (("database", "collection"),)},
    lists=(DATABASE_LISTS, lists("collection", ("database", "collection"))),
    strategy="database",
    prefix=("topic.prefix", "mongodb.name"),
    document=True,
    match_mode="filters.match.mode",
)

FAMILY = debezium(
    "debezium_mongodb",
    ("io.debezium.connector.mongodb.MongoDbConnector", "MongoDbCdcSource"),
    TABLES,
    "https://debezium.io/documentation/reference/stable/connectors/mongodb.html#mongodb-topic-names",
    never_known="single fields: documents travel as text",
    spelled="database.collection",
)
