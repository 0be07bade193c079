"""The project against records in Avro: edges are those of the records, columns those whose values arrived."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from kc_lineage_dagster.lineage import ConnectorLineage
from kc_lineage_dagster.recipe.files import read_recipe
from kc_lineage_dagster.run.beyond import beyond
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.derivation import deriving
from tests.catalog.metadata import write
from tests.live.lab import Lab
from tests.live.world import debezium, jdbc_sink

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("default")]

# No value stands in two columns or two tables: equal values tell what was copied.
SEED = """
CREATE SCHEMA crm;
CREATE TABLE crm.clients_eu(id int PRIMARY KEY, name text, city text);
CREATE TABLE crm.clients_us(id int PRIMARY KEY, name text, city text);
CREATE TABLE crm.suppliers(id int PRIMARY KEY, name text, city text);
CREATE TABLE crm.invoices(id int PRIMARY KEY, total int, remark text, secret text);
ALTER TABLE crm.clients_eu REPLICA IDENTITY FULL; ALTER TABLE crm.clients_us REPLICA IDENTITY FULL;
INSERT INTO crm.clients_eu VALUES (101, 'Ann', 'Oslo'); INSERT INTO crm.clients_us VALUES (102, 'Bob', 'Reno');
INSERT INTO crm.suppliers VALUES (103, 'Cyd', 'Bern'); INSERT INTO crm.invoices VALUES (104, 205, 'late', 'hush');
"""
CHANGE = "UPDATE crm.clients_eu SET city = 'Bergen'; UPDATE crm.clients_us SET city = 'Boise';"
COLUMNS = """
SELECT table_catalog || '.' || table_schema || '.' || table_name, column_name FROM information_schema.columns
WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, ordinal_position
"""
TOPICS = {"clients": 4, "billing.crm.invoices": 1}  # with the records that each holds in the end


def connectors(lab: Lab, registry: str) -> dict[str, dict[str, str]]:
    """Two tables in one topic, a table whose columns are renamed and left out, and a sink of both topics."""
    avro = {
        f"{part}.{key}": value
        for part in ("key", "value")
        for key, value in (
            ("converter", "io.apicurio.registry.utils.converter.AvroConverter"),
            ("converter.apicurio.registry.url", f"{registry}/apis/registry/v2"),
            ("converter.apicurio.registry.auto-register", "true"),
            ("converter.apicurio.registry.find-latest", "true"),
        )
    }
    company = {"database.dbname": "company"}
    return {
        "avro-clients": {
            **debezium(lab, "clients", "crm\\.clients_.*"),
            **company,
            **avro,
            "transforms": "all",
            "transforms.all.type": "io.debezium.transforms.ByLogicalTableRouter",
            "transforms.all.topic.regex": "clients\\.crm\\.clients_.*",
            "transforms.all.topic.replacement": "clients",
        },
        "avro-invoices": {
            **debezium(lab, "billing", "crm\\.invoices"),
            **company,
            **avro,
            "transforms": "flat,name",
            "transforms.flat.type": "io.debezium.transforms.ExtractNewRecordState",
            "transforms.name.type": "org.apache.kafka.connect.transforms.ReplaceField$Value",
            "transforms.name.renames": "remark:note",
            "transforms.name.exclude": "secret",
        },
        "avro-mart": {
            **jdbc_sink(lab, ",".join(TOPICS), "${topic}"),
            **avro,
            "connection.url": f"jdbc:postgresql://127.0.0.1:{lab.ports['postgres']}/mart",
            "insert.mode": "upsert",
            "primary.key.mode": "record_key",
        },
    }


Pairs = set[tuple[str, str]]


@dataclass
class Arrived:
    """What the databases and the broker hold. Columns and fields are written ``table.column`` and ``topic/path``."""

    tables: Mapping[str, list[dict[str, Any]]]  # table -> all rows that it held
    records: Mapping[str, list[dict[str, Any]]]  # topic -> path -> value, and the document's ``source``
    targets: Mapping[str, list[dict[str, Any]]]
    columns: Mapping[str, list[str]]  # of every table, targets too

    def table_of(self, record: dict[str, Any]) -> str:
        """The table with the row that the record's key names."""
        (table,) = (name for name, rows in self.tables.items() if any(row["id"] == record["id"] for row in rows))
        return table

    def read(self) -> Pairs:
        """Column -> field of the topic that holds its values."""
        return {
            (f"{table}.{column}", f"{topic}/{path}")
            for topic, records in self.records.items()
            for record in records
            for table in (self.table_of(record),)
            for row in self.tables[table]
            for column, held in row.items()
            for path, value in record.items()
            if held == value
        }

    def written(self) -> Pairs:
        """Field of a topic -> column of a target that holds its values."""
        return {
            (f"{topic}/{path}", f"{table}.{column}")
            for topic, records in self.records.items()
            for record in records
            for path, value in record.items()
            for table, rows in self.targets.items()
            for row in rows
            for column, held in row.items()
            if row["id"] == record["id"] and held == value
        }


@dataclass
class World:
    """The cluster with what has arrived, and a recipe's folder."""

    lab: Lab
    registry: str
    folder: Path
    arrived: Arrived

    def derived(self, **options: Any) -> dict[str, ConnectorLineage]:
        """What the project says of each connector, with these options of a recipe."""
        document = {
            "source": {
                "type": "kafka-connect",
                "config": {"connect_uri": self.lab.rest, "connector_patterns": {"allow": ["avro-.*"]}},
            },
            "options": options,
        }
        recipe = self.folder / "avro.yml"
        recipe.write_text(yaml.safe_dump(document))
        cluster = Cluster.of(read_recipe(recipe))
        snapshot = cluster.fetch()
        settings = beyond(cluster, snapshot).settings
        assert settings.notes == ()
        derived = deriving(snapshot.connectors, settings)
        return {one.name: derived(one) for one in snapshot.connectors}


@pytest.fixture(scope="module")
def world(lab: Lab, registry: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    for database in ("company", "mart"):
        lab.sql("postgres", f"CREATE DATABASE {database}")
    lab.sql("company", SEED)
    for name, config in connectors(lab, registry).items():
        lab.create(name, config)
    try:
        lab.wait(lambda: len(target(lab, "clients")) == 2, "rows arrive in the target")
        before = source_rows(lab)
        lab.sql("company", CHANGE)
        lab.wait(lambda: {row["city"] for row in target(lab, "clients")} == {"Bergen", "Boise"}, "changes arrive")
        lab.wait(lambda: len(target(lab, "billing_crm_invoices")) == 1, "the invoice arrives")
        after = source_rows(lab)
        arrived = Arrived(
            {table: rows + after[table] for table, rows in before.items()},
            {topic: [flat(*one) for one in lab.decoded(topic, n, registry)] for topic, n in TOPICS.items()},
            {f"mart.public.{table}": target(lab, table) for table in ("clients", "billing_crm_invoices")},
            columns(lab),
        )
        yield World(lab, registry, tmp_path_factory.mktemp("avro"), arrived)
    finally:
        for name in connectors(lab, registry):
            lab.call("DELETE", f"/connectors/{name}")


def rows(lab: Lab, database: str, table: str) -> list[dict[str, Any]]:
    return [json.loads(row) for row in lab.sql(database, f"SELECT row_to_json(t) FROM {table} t")]


def target(lab: Lab, table: str) -> list[dict[str, Any]]:
    """The rows of a table that the sink makes; none while it is not there."""
    there = lab.sql("mart", f"SELECT 1 FROM pg_tables WHERE tablename = '{table}'")
    return rows(lab, "mart", f'"{table}"') if there else []


def source_rows(lab: Lab) -> dict[str, list[dict[str, Any]]]:
    names = ("clients_eu", "clients_us", "suppliers", "invoices")
    return {f"company.crm.{name}": rows(lab, "company", f"crm.{name}") for name in names}


def columns(lab: Lab) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for database in ("company", "mart"):
        for line in lab.sql(database, COLUMNS):
            table, _, column = line.partition("|")
            found[table].append(column)
    return found


def flat(key: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """Path -> value of all that is no record and not null; DataHub shows a key's fields beside the value's."""
    found: dict[str, Any] = {}

    def walk(prefix: str, document: dict[str, Any]) -> None:
        for name, inner in document.items():
            if isinstance(inner, dict):
                walk(f"{prefix}{name}.", inner)
            elif inner is not None:
                found[f"{prefix}{name}"] = inner

    walk("", key)
    walk("", value)
    return found


def copied(lineage: ConnectorLineage) -> Pairs:
    """The columns that arrive as they were, named as ``Arrived`` does."""
    separators = ("/", ".") if lineage.kind == "sink" else (".", "/")
    return {
        (f"{edge.upstream.name}{separators[0]}{upstream}", f"{edge.downstream.name}{separators[1]}{one.downstream}")
        for edge in lineage.edges
        if edge.upstream
        for one in edge.fields
        if one.downstream and not one.transform
        for upstream in one.upstream
    }


def edges(*lineages: ConnectorLineage) -> Pairs:
    return {(edge.upstream.name, edge.downstream.name) for one in lineages for edge in one.edges if edge.upstream}


@pytest.fixture(scope="module")
def derived(world: World) -> dict[str, ConnectorLineage]:
    """With the registry, and the tables of both databases in a catalog."""
    tables = {("postgres", name): fields for name, fields in world.arrived.columns.items()}
    return world.derived(schema_registry=True, catalog=str(write(world.folder / "tables.json", tables)))


def test_the_edges_of_a_logical_router_are_those_of_the_source_block(
    world: World, derived: dict[str, ConnectorLineage]
) -> None:
    """Two tables in one topic: every record says in its ``source`` from which it is."""
    told = {
        (".".join(record[f"source.{part}"] for part in ("db", "schema", "table")), "clients")
        for record in world.arrived.records["clients"]
    }
    assert len(told) == 2
    assert edges(derived["avro-clients"]) == told


def test_columns_of_sources_are_those_whose_values_are_in_the_records(
    world: World, derived: dict[str, ConnectorLineage]
) -> None:
    """Key, ``before`` and ``after`` of an envelope, flat records with renamed fields: none more, none less."""
    seen = world.arrived.read()
    assert ("company.crm.clients_eu.city", "clients/before.city") in seen
    assert ("company.crm.invoices.remark", "billing.crm.invoices/note") in seen
    assert copied(derived["avro-clients"]) | copied(derived["avro-invoices"]) == seen


def test_columns_of_sinks_are_those_whose_values_are_in_the_rows(
    world: World, derived: dict[str, ConnectorLineage]
) -> None:
    """Each says a field whose value is in the column, and no column with a known value is left out."""
    seen, said = world.arrived.written(), copied(derived["avro-mart"])
    assert said <= seen
    assert {column for _, column in said} == {column for _, column in seen}
    assert edges(derived["avro-mart"]) == {
        ("clients", "mart.public.clients"),
        ("billing.crm.invoices", "mart.public.billing_crm_invoices"),
    }


def test_without_the_catalog_nothing_false_is_said(world: World) -> None:
    """Connect and the registry alone leave open which tables the router took: less is said, and all of it is true."""
    found = world.derived(schema_registry=True)
    sources = [found["avro-clients"], found["avro-invoices"]]
    true = {(world.arrived.table_of(one), topic) for topic, held in world.arrived.records.items() for one in held}
    assert edges(*sources) <= true
    assert ("company.crm.invoices", "billing.crm.invoices") in edges(*sources)
    assert copied(sources[0]) | copied(sources[1]) <= world.arrived.read()
    assert copied(found["avro-mart"]) <= world.arrived.written()
