"""The connectors of a generated cluster: one function for each kind of connector, and the table of their shares.

A maker takes a seeded ``Random`` and the connector's number and returns a connector (``Made``). Names of tables and
topics repeat as they do in real estates: tens of databases, hundreds of topics.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

NOUNS = [
    "orders",
    "customers",
    "invoices",
    "payments",
    "shipments",
    "products",
    "returns",
    "carts",
    "visits",
    "stock",
    "prices",
    "tickets",
]
SCHEMAS = ["public", "sales", "crm", "ops", "billing", "web"]
REGEX_ROUTER = "org.apache.kafka.connect.transforms.RegexRouter"
UNWRAP = "io.debezium.transforms.ExtractNewRecordState"


@dataclass(frozen=True, slots=True)
class Made:
    """One generated connector.

    Args:
        kind: ``source`` or ``sink``.
        config: The configuration.
        topics: The active topics.
        task: Keys that the task's configuration has beyond the connector's.
    """

    kind: str
    config: dict[str, str]
    topics: tuple[str, ...]
    task: dict[str, str] = field(default_factory=dict)


Maker = Callable[[Random, int], Made]


def _tables(random: Random) -> list[str]:
    schema = random.choice(SCHEMAS)
    return [f"{schema}.{noun}" for noun in random.sample(NOUNS, random.randint(1, 8))]


def _topic(random: Random) -> str:
    return f"srv{random.randrange(40)}.{random.choice(SCHEMAS)}.{random.choice(NOUNS)}"


def _some_topics(random: Random) -> tuple[str, ...]:
    return tuple(sorted({_topic(random) for _ in range(random.randint(1, 4))}))


def _debezium(kind: str, database: str) -> Maker:
    def make(random: Random, number: int) -> Made:
        tables, prefix = _tables(random), f"srv{number}"
        config = {
            "connector.class": f"io.debezium.connector.{kind}",
            "database.hostname": f"db{number % 30}.example.com",
            "database.user": "cdc",
            "database.password": f"pa55-{number}-word",
            # MySQL has databases where the others have schemas
            database: tables[0].partition(".")[0] if "MySql" in kind else f"db{number % 30}",
            "topic.prefix": prefix,
            "table.include.list": ",".join(f"db{number % 30}.{t}" if "SqlServer" in kind else t for t in tables),
        }
        topics = tuple(f"{prefix}.{table}" for table in tables)
        if number % 3 == 0:
            config |= _renamed(f"{prefix}\\.(.*)", f"cdc_{number}_$1") | {"transforms": "unwrap,route"}
            topics = tuple(f"cdc_{number}_{table}" for table in tables)
        return Made("source", config, topics)

    return make


def _renamed(pattern: str, replacement: str) -> dict[str, str]:
    return {
        "transforms": "route",
        "transforms.unwrap.type": UNWRAP,
        "transforms.route.type": REGEX_ROUTER,
        "transforms.route.regex": pattern,
        "transforms.route.replacement": replacement,
    }


def _jdbc_source(random: Random, number: int) -> Made:
    tables = [table.partition(".")[2] for table in _tables(random)]
    config = {
        "connector.class": "io.confluent.connect.jdbc.JdbcSourceConnector",
        "connection.url": f"jdbc:postgresql://db{number % 30}.example.com:5432/db{number % 30}",
        "connection.user": "reader",
        "connection.password": f"pa55-{number}-word",
        "mode": "incrementing",
        "table.whitelist": ",".join(tables),
        "topic.prefix": f"jdbc{number}_",
    }
    listed = ",".join(f'"public"."{table}"' for table in tables)
    return Made("source", config, tuple(f"jdbc{number}_{table}" for table in tables), {"tables": listed})


def _sink(connector_class: str, further: dict[str, str]) -> Maker:
    def make(random: Random, number: int) -> Made:
        topics = _some_topics(random)
        config = {"connector.class": connector_class, **{key: value.format(n=number) for key, value in further.items()}}
        if number % 7 == 0:
            server = topics[0].partition(".")[0]
            config["topics.regex"] = f"{server}\\..*"
            topics = tuple(topic for topic in topics if topic.startswith(f"{server}."))
        else:
            config["topics"] = ",".join(topics)
        if number % 4 == 0:
            config |= {key: value for key, value in _renamed("[^.]+\\.(.*)", "$1").items() if "unwrap" not in key}
        return Made("sink", config, topics)

    return make


def _mirror(random: Random, number: int) -> Made:
    topics = _some_topics(random)
    config = {
        "connector.class": "org.apache.kafka.connect.mirror.MirrorSourceConnector",
        "source.cluster.alias": "west",
        "target.cluster.alias": "east",
        "source.cluster.bootstrap.servers": "west.example.com:9092",
        "target.cluster.bootstrap.servers": "east.example.com:9092",
        "topics": ",".join(topic.replace(".", "\\.") for topic in topics),
    }
    return Made("source", config, tuple(f"west.{topic}" for topic in topics))


def _unknown(random: Random, number: int) -> Made:
    config = {"connector.class": f"com.example.connect.House{number % 5}SourceConnector", "endpoint": f"house-{number}"}
    return Made("source", config, (f"house.{number}",))


_JDBC_SINK = {
    "connection.url": "jdbc:postgresql://dw.example.com:5432/dw",
    "connection.password": "pa55-{n}-word",
    "table.name.format": "landing.k_${{topic}}",
}
_SNOWFLAKE = {
    "snowflake.url.name": "acme.eu-west-1.snowflakecomputing.com",
    "snowflake.database.name": "LAKE",
    "snowflake.schema.name": "RAW",
    "snowflake.private.key": "MIIE-pa55-{n}",
}
_BIGQUERY = {"project": "acme", "defaultDataset": "raw", "autoCreateTables": "true"}
_ELASTIC = {"connection.url": "https://es.example.com:9200", "connection.password": "pa55-{n}-word"}

# Shares in per cent, as in a large self-hosted estate: half change data capture, half sinks into stores.
MIX: tuple[tuple[int, Maker], ...] = (
    (24, _debezium("postgresql.PostgresConnector", "database.dbname")),
    (14, _debezium("mysql.MySqlConnector", "database.include.list")),
    (6, _debezium("sqlserver.SqlServerConnector", "database.names")),
    (12, _jdbc_source),
    (12, _sink("io.confluent.connect.jdbc.JdbcSinkConnector", _JDBC_SINK)),
    (9, _sink("io.confluent.connect.s3.S3SinkConnector", {"s3.bucket.name": "lake-{n}", "topics.dir": "raw"})),
    (7, _sink("com.snowflake.kafka.connector.SnowflakeSinkConnector", _SNOWFLAKE)),
    (5, _sink("com.wepay.kafka.connect.bigquery.BigQuerySinkConnector", _BIGQUERY)),
    (6, _sink("io.confluent.connect.elasticsearch.ElasticsearchSinkConnector", _ELASTIC)),
    (3, _mirror),
    (2, _unknown),
)
