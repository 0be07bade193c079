"""What a source connector of the cluster is known to write tells the tables of a sink that the records name."""

from __future__ import annotations

import pytest

from kc_lineage_dagster.derive.cluster import deriver
from kc_lineage_dagster.derive.settings import Settings
from tests.examples import SomeConnector

TOPIC = "crm.shop.orders"
SOURCE = {
    "connector.class": "io.debezium.connector.mysql.MySqlConnector",
    "topic.prefix": "crm",
    "table.include.list": "shop.orders",
}
UNWRAP = {
    "transforms": "unwrap",
    "transforms.unwrap.type": "io.debezium.transforms.ExtractNewRecordState",
    "transforms.unwrap.add.fields": "table,source.db:database",
}
JDBC = {
    "connector.class": "io.debezium.connector.jdbc.JdbcSinkConnector",
    "connection.url": "jdbc:postgresql://h/dw",
    "collection.name.format": "${source.db}.${source.table}",
}
ALTINITY = {
    "connector.class": "com.altinity.clickhouse.sink.connector.ClickHouseSinkConnector",
    "clickhouse.database.override.map": "shop:dw",
}
ICEBERG = {
    "connector.class": "org.apache.iceberg.connect.IcebergSinkConnector",
    "iceberg.tables": "lake.orders,lake.users",
    "iceberg.tables.route-field": "__table",
    "iceberg.table.lake.orders.route-regex": "orders",
    "iceberg.table.lake.users.route-regex": "users",
}
ICEBERG_CDC = {
    "connector.class": "org.apache.iceberg.connect.IcebergSinkConnector",
    "iceberg.tables.route-field": "_cdc.target",
    "iceberg.tables.dynamic-enabled": "true",
    "transforms": "cdc",
    "transforms.cdc.type": "org.apache.iceberg.connect.transforms.DebeziumTransform",
}
TARGET = {"transforms.cdc.cdc.target.pattern": "lake.{db}_{table}"}
POSTGRES = {
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "database.dbname": "sales",
    "topic.prefix": "crm",
    "table.include.list": "shop.orders",
}


def edges_of_sink(source: dict[str, str], sink: dict[str, str], *more: SomeConnector) -> list[str]:
    writer = SomeConnector("source", source, "source", topics=(TOPIC,))
    reader = SomeConnector("sink", {**sink, "topics": TOPIC}, "sink", topics=(TOPIC,))
    return [str(edge) for edge in deriver((writer, reader, *more), Settings())(reader).edges]


@pytest.mark.parametrize(
    ("source", "sink", "target"),
    [
        (SOURCE, JDBC, "postgres:dw.shop.orders"),
        (SOURCE, ALTINITY, "clickhouse:dw.orders"),
        ({**SOURCE, **UNWRAP}, ICEBERG, "iceberg:lake.orders"),
        (SOURCE, {**UNWRAP, **ICEBERG}, "iceberg:lake.orders"),
        (SOURCE, ICEBERG_CDC, "iceberg:shop.orders"),
        (POSTGRES, {**ICEBERG_CDC, **TARGET}, "iceberg:lake.shop_orders"),
    ],
)
def test_the_writer_of_a_topic_tells_database_and_table_of_its_records(source, sink, target):
    """Wherever they stand: in the event's source, or in fields that either connector unwraps."""
    assert edges_of_sink(source, sink) == [f"kafka:{TOPIC} -> {target}"]


def test_a_topic_that_nobody_of_the_cluster_writes_tells_nothing():
    assert not edges_of_sink({**SOURCE, "table.include.list": "shop.users"}, JDBC)


def test_a_topic_with_two_tables_tells_neither():
    """A second connector that writes the same topic from another table."""
    route = {
        "transforms": "r",
        "transforms.r.type": "org.apache.kafka.connect.transforms.RegexRouter",
        "transforms.r.regex": ".*",
        "transforms.r.replacement": TOPIC,
    }
    other = SomeConnector("other", {**SOURCE, **route, "table.include.list": "shop.returns"}, "source", topics=(TOPIC,))
    assert not edges_of_sink(SOURCE, JDBC, other)
