"""What the live cluster is made of: tables, rows, connectors; and what its records say was moved where."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.live.lab import SECRET, Lab

POSTGRES_SOURCE = "io.debezium.connector.postgresql.PostgresConnector"
JDBC_SINK = "io.debezium.connector.jdbc.JdbcSinkConnector"
FILE_SOURCE = "org.apache.kafka.connect.file.FileStreamSourceConnector"
FILE_SINK = "org.apache.kafka.connect.file.FileStreamSinkConnector"
SLASHED = "regex sink/ü"
STRINGS = {
    "key.converter": "org.apache.kafka.connect.storage.StringConverter",
    "value.converter": "org.apache.kafka.connect.storage.StringConverter",
}
SEED = """
CREATE SCHEMA inventory; CREATE SCHEMA sales; CREATE SCHEMA ops;
CREATE TABLE inventory.customers(id serial PRIMARY KEY, name text);
CREATE TABLE inventory.orders(id serial PRIMARY KEY, customer int, total int);
CREATE TABLE inventory.hidden(id serial PRIMARY KEY, token text);
CREATE TABLE sales.orders_eu(id serial PRIMARY KEY, amount int);
CREATE TABLE sales.orders_us(id serial PRIMARY KEY, amount int);
CREATE TABLE sales.returns(id serial PRIMARY KEY, reason text);
CREATE TABLE ops.outbox(id uuid PRIMARY KEY DEFAULT gen_random_uuid(), aggregatetype text, aggregateid text,
    type text, payload jsonb);
"""
ROWS = """
INSERT INTO inventory.customers(name) VALUES ('Ann'); INSERT INTO inventory.orders(customer, total) VALUES (1, 5);
INSERT INTO inventory.hidden(token) VALUES ('t');
INSERT INTO sales.orders_eu(amount) VALUES (1); INSERT INTO sales.orders_us(amount) VALUES (2);
INSERT INTO sales.returns(reason) VALUES ('broken');
INSERT INTO ops.outbox(aggregatetype, aggregateid, type, payload)
    VALUES ('order', '1', 'Made', '{"n": 1}'), ('customer', '2', 'Made', '{"n": 2}');
"""
Edges = set[tuple[str, str]]


def seed(lab: Lab) -> None:
    """Databases, tables and the first rows."""
    lab.sql("postgres", "CREATE DATABASE shop")
    lab.sql("postgres", "CREATE DATABASE dwh")
    lab.sql("shop", SEED)
    lab.sql("shop", ROWS)
    for name in ("audit", "paused"):
        (lab.folder / f"{name}.txt").write_text(f"{name} one\n{name} two\n")


def connectors(lab: Lab) -> dict[str, dict[str, str]]:
    """Name -> configuration; each shows something."""
    return {
        "inventory": debezium(lab, "inventory", "inventory\\.(customers|ord.*)"),
        "sales-unwrapped": {**debezium(lab, "sales", "sales\\.orders_.*"), **unwrapped("eu_$1")},
        "outbox": {
            **debezium(lab, "outbox", "ops.outbox"),
            "transforms": "outbox",
            "transforms.outbox.type": "io.debezium.transforms.outbox.EventRouter",
        },
        "landing": jdbc_sink(lab, "inventory.inventory.customers,inventory.inventory.orders", "landing_${topic}"),
        SLASHED: {
            **jdbc_sink(lab, None, "mart_${topic}"),
            "topics.regex": "eu_orders.*",
            "transforms": "cut",
            "transforms.cut.type": "org.apache.kafka.connect.transforms.RegexRouter",
            "transforms.cut.regex": "eu_(.*)",
            "transforms.cut.replacement": "$1",
        },
        "audit-in": {"connector.class": FILE_SOURCE, "file": f"{lab.folder}/audit.txt", "topic": "audit", **STRINGS},
        "audit-out": {"connector.class": FILE_SINK, "file": f"{lab.folder}/out.txt", "topics": "audit", **STRINGS},
        "paused": {"connector.class": FILE_SOURCE, "file": f"{lab.folder}/paused.txt", "topic": "quiet", **STRINGS},
        "failed": {"connector.class": FILE_SINK, "file": f"{lab.folder}/no/such/x", "topics": "audit", **STRINGS},
        "mirror": {
            "connector.class": "org.apache.kafka.connect.mirror.MirrorSourceConnector",
            "source.cluster.alias": "west",
            "target.cluster.alias": "east",
            "source.cluster.bootstrap.servers": f"127.0.0.1:{lab.ports['kafka']}",
            "target.cluster.bootstrap.servers": f"127.0.0.1:{lab.ports['kafka']}",
            "topics": "audit",
            "replication.factor": "1",
            "offset-syncs.topic.replication.factor": "1",
            "sync.topic.acls.enabled": "false",
            "refresh.topics.interval.seconds": "2",
            "key.converter": "org.apache.kafka.connect.converters.ByteArrayConverter",
            "value.converter": "org.apache.kafka.connect.converters.ByteArrayConverter",
        },
    }


def debezium(lab: Lab, prefix: str, tables: str) -> dict[str, str]:
    """A Debezium PostgreSQL source whose password only the worker can read."""
    return {
        "connector.class": POSTGRES_SOURCE,
        "database.hostname": "127.0.0.1",
        "database.port": str(lab.ports["postgres"]),
        "database.user": "writer",
        "database.password": f"${{file:{lab.folder}/secrets.properties:password}}",
        "database.dbname": "shop",
        "plugin.name": "pgoutput",
        "slot.name": prefix,
        "publication.name": prefix,
        "publication.autocreate.mode": "filtered",
        "topic.prefix": prefix,
        "table.include.list": tables,
    }


def unwrapped(replacement: str) -> dict[str, str]:
    """Flat records that still name their table, in renamed topics."""
    return {
        "transforms": "unwrap,route",
        "transforms.unwrap.type": "io.debezium.transforms.ExtractNewRecordState",
        "transforms.unwrap.add.fields": "source.schema,source.table",
        "transforms.route.type": "org.apache.kafka.connect.transforms.RegexRouter",
        "transforms.route.regex": "sales\\.sales\\.(.*)",
        "transforms.route.replacement": replacement,
    }


def jdbc_sink(lab: Lab, topics: str | None, table: str) -> dict[str, str]:
    """A JDBC sink with its secret in plain sight, twice."""
    return {
        "connector.class": JDBC_SINK,
        "connection.url": f"jdbc:postgresql://127.0.0.1:{lab.ports['postgres']}/dwh?password={SECRET}",
        "connection.username": "writer",
        "connection.password": SECRET,
        **({"topics": topics} if topics else {}),
        "collection.name.format": table,
        "insert.mode": "insert",
        "primary.key.mode": "none",
        "schema.evolution": "basic",
    }


def settled(lab: Lab) -> None:
    """Wait until everything that can move has moved."""
    lab.wait(lambda: lab.states() == {name: _expected(name) for name in connectors(lab)}, "the connectors run")
    lab.wait(lambda: {"west.audit", "quiet"} <= lab.topics(), "the mirror and the file arrive")
    lab.wait(lambda: len(_active(lab, "outbox")) == 2, "the outbox has written to both of its topics")
    lab.wait(lambda: len(arrived(lab)) >= 4, "rows arrive in the target database")
    lab.wait(lambda: "audit two" in _text(lab.folder / "out.txt"), "lines arrive in the target file")


def _active(lab: Lab, name: str) -> list[str]:
    """The topics that a connector has written to, as the worker knows them."""
    topics: list[str] = lab.call("GET", f"/connectors/{name}/topics")[name]["topics"]
    return topics


def _expected(name: str) -> str:
    return {"failed": "FAILED", "paused": "PAUSED"}.get(name, "RUNNING")


def observed(lab: Lab) -> dict[str, Edges]:
    """Connector -> edges, from the records and rows alone."""
    records = lab.records()
    found: dict[str, Edges] = {}
    for topic, values in records.items():
        for value in values:
            for name, read in _SOURCES.items():
                if origin := read(topic, value):
                    found.setdefault(name, set()).add((origin, topic))
    for table in arrived(lab):
        name = "landing" if table.startswith("landing_") else SLASHED
        topic = _topic_of(table, records)
        found.setdefault(name, set()).add((topic, f"dwh.public.{table}"))
    for name, topic, path in (("audit-in", "audit", "audit.txt"), ("paused", "quiet", "paused.txt")):
        if set(records[topic]) & set(_text(lab.folder / path).splitlines()):
            found[name] = {(str(lab.folder / path), topic)}
    if set(records["audit"]) & set(_text(lab.folder / "out.txt").splitlines()):
        found["audit-out"] = {("audit", str(lab.folder / "out.txt"))}
    if records["west.audit"] and set(records["west.audit"]) <= set(records["audit"]):
        found["mirror"] = {("audit", "west.audit")}
    return found


def arrived(lab: Lab) -> list[str]:
    """The tables of the target database that hold rows."""
    tables = lab.sql("dwh", "SELECT relname FROM pg_stat_user_tables ORDER BY 1")
    return [table for table in tables if lab.sql("dwh", f'SELECT 1 FROM "{table}" LIMIT 1')]


def _topic_of(table: str, records: Mapping[str, list[str]]) -> str:
    """The topic whose name, as the sink spells it, ends the table's name (the worker's own transform undone)."""
    prefix, rest = table.split("_", 1)
    names = {topic.replace(".", "_").removeprefix("eu_" if prefix == "mart" else ""): topic for topic in records}
    return names[rest]


def _payload(value: str) -> dict[str, object]:
    try:
        document = json.loads(value)
    except ValueError:
        return {}
    payload = document.get("payload") if isinstance(document, dict) else None
    return payload if isinstance(payload, dict) else {}


def _enveloped(topic: str, value: str) -> str | None:
    source = _payload(value).get("source")
    if not isinstance(source, dict) or not topic.startswith("inventory."):
        return None
    return f"{source['db']}.{source['schema']}.{source['table']}"


def _flat(topic: str, value: str) -> str | None:
    payload = _payload(value)
    table = payload.get("__source_table")
    return f"shop.{payload['__source_schema']}.{table}" if table else None


def _routed(topic: str, value: str) -> str | None:
    """The outbox routes by the aggregate's type: the topic names it."""
    return "shop.ops.outbox" if re.fullmatch(r"outbox\.event\.(order|customer)", topic) else None


_SOURCES: dict[str, Callable[[str, str], str | None]] = {
    "inventory": _enveloped,
    "sales-unwrapped": _flat,
    "outbox": _routed,
}


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""
