"""Runs with a catalog: it decides edges, is asked for what connectors need, and is never in the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kc_lineage_dagster.derive.cluster import deriver
from kc_lineage_dagster.emit.verify import says
from kc_lineage_dagster.recipe.files import read_recipe, recipe_of
from kc_lineage_dagster.run.beyond import Memories, beyond
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.describe import describe
from kc_lineage_dagster.run.preview import preview
from kc_lineage_dagster.state.database import Database
from tests.catalog.metadata import dataset_urn, hold, lab_tables, write
from tests.catalog.server import Server
from tests.cli.run import kc_lineage
from tests.defs.clusters import save_cluster, write_recipe
from tests.emit.gms import Gms, everything
from tests.live.machine import free_ports
from tests.state.test_database import make_older

SHARDS = {
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "database.dbname": "shop",
    "topic.prefix": "x",
    "table.include.list": "sales\\.orders_.*",
    "transforms": "r",
    "transforms.r.type": "io.debezium.transforms.ByLogicalTableRouter",
    "transforms.r.topic.regex": "(.*)orders_\\d+",
    "transforms.r.topic.replacement": "$1orders",
}
PLAIN = {"connector.class": "io.confluent.connect.jdbc.JdbcSinkConnector", "topics": "t"} | {
    "connection.url": "jdbc:postgresql://h/dwh",
}
CONNECTORS = {"shards": SHARDS, "plain": PLAIN}


@pytest.fixture
def gms() -> Iterator[Gms]:
    with Gms() as served:
        yield served


def lineage(folder: Path) -> tuple[dict[str, set[str]], tuple[str, ...]]:
    """Edges by connector, and notes."""
    cluster = Cluster.of(read_recipe(folder / "shop.yml"))
    snapshot = cluster.fetch()
    settings = beyond(cluster, snapshot).settings
    derived = deriver(snapshot.connectors, settings)
    found = {one.name: derived(one) for one in snapshot.connectors}
    return {name: {str(edge) for edge in one.edges} for name, one in found.items()}, settings.notes


MERGED = {
    "postgres:shop.sales.orders_1 -> kafka:x.sales.orders",
    "postgres:shop.sales.orders_2 -> kafka:x.sales.orders",
}


def recipe(folder: Path, gms: Gms, options: dict[str, Any] | None = None, **config: Any) -> None:
    save_cluster(folder, CONNECTORS)
    sink = {"type": "datahub-rest", "config": {"server": gms.url, "token": "t0ken-of-the-test"}}
    path = write_recipe(folder, sink=sink, **config)
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), "options": options or {}}))


def test_files_decide(tmp_path, gms):
    """Files of ``options.catalog`` decide edges without any server."""
    tables = {("postgres", "shop.sales.orders_1"): ["id"], ("postgres", "shop.sales.orders_2"): None}
    write(tmp_path / "known.json", tables, kind="Table")
    recipe(tmp_path, gms, {"catalog": "known.json"})
    edges, notes = lineage(tmp_path)
    assert (edges["shards"], notes) == (MERGED, ())
    assert not gms.requests


def test_datahub_decides(tmp_path, gms):
    """``use_schema_resolver`` asks the GMS of the sink, with its token, for the platforms that connectors need."""
    hold(gms, "postgres", "shop.sales.orders_1", kind="Table")
    hold(gms, "postgres", "shop.sales.orders_2", kind="Table")
    recipe(tmp_path, gms, use_schema_resolver=True)
    edges, notes = lineage(tmp_path)
    assert (edges["shards"], notes) == (MERGED, ())
    assert {headers["Authorization"] for headers in gms.headers} == {"Bearer t0ken-of-the-test"}
    assert gms.requests["POST /api/graphql"] == 1


def test_the_instance_of_the_recipe_counts(tmp_path, gms):
    """Names are those of the platform instance that the recipe gives to the connector."""
    hold(gms, "postgres", "eu.shop.sales.orders_1", kind="Table")
    hold(gms, "postgres", "us.shop.sales.orders_2", kind="Table")
    recipe(tmp_path, gms, use_schema_resolver=True, connect_to_platform_map={"shards": {"postgres": "eu"}})
    assert lineage(tmp_path)[0]["shards"] == {"postgres:shop.sales.orders_1 -> kafka:x.sales.orders"}


def test_without_the_field_nobody_is_asked(tmp_path, gms):
    """A recipe that switches nothing on asks nothing."""
    recipe(tmp_path, gms)
    lineage(tmp_path)
    assert not gms.requests


def test_a_datahub_that_refuses_is_not_in_the_way(tmp_path, gms):
    """What is known without it stays, and one line says what happened, without the token."""
    gms.fault = everything(401)
    recipe(tmp_path, gms, use_schema_resolver=True)
    edges, notes = lineage(tmp_path)
    assert edges["shards"] == set()
    assert edges["plain"] == {"kafka:t -> postgres:dwh.public.t"}
    assert len(notes) == 1
    assert "answers 401" in notes[0]
    assert "t0ken" not in notes[0]


def test_another_datahub_may_be_asked(tmp_path, gms):
    """``datahub_api`` names the GMS where the sink is none; with neither, one line says so."""
    hold(gms, "postgres", "shop.sales.orders_1", kind="Table")
    recipe(tmp_path, gms, use_schema_resolver=True)
    text = (tmp_path / "shop.yml").read_text()
    file = text.replace("datahub-rest", "console")
    (tmp_path / "shop.yml").write_text(file)
    assert "nobody is asked" in lineage(tmp_path)[1][0]
    (tmp_path / "shop.yml").write_text(f"{file}\ndatahub_api: {{server: '{gms.url}'}}\n")
    edges, notes = lineage(tmp_path)
    assert (edges["shards"], notes) == ({"postgres:shop.sales.orders_1 -> kafka:x.sales.orders"}, ())
    assert dataset_urn("postgres", "shop.sales.orders_1") in gms.entities()


@pytest.mark.slow
def test_the_recorded_cluster_with_the_tables_of_its_databases(tmp_path, gms):
    """All edges that were observed in a real cluster's data, none besides, with and without a catalog."""
    lab = Path(__file__).parents[1] / "data" / "lab"
    world, truth = (json.loads((lab / name).read_text(encoding="utf-8")) for name in ("world.json", "truth.json"))
    write(tmp_path / "tables.json", lab_tables(world))
    for options in ({}, {"catalog": "tables.json"}):
        recipe(tmp_path, gms, {"cluster_aliases": {"west": None}, **options}, connect_uri=str(lab / "cluster.json"))
        edges, notes = lineage(tmp_path)
        found = {
            (name, *(end.partition(":")[2] for end in edge.split(" -> "))) for name in edges for edge in edges[name]
        }
        assert found == {(one["connector"], edge["from"], edge["to"]) for one in truth for edge in one["edges"]}
        assert notes == ()


def test_a_stream_catalog_tells_topics_and_business_metadata(tmp_path, gms):
    """With ``include_lineage`` its topics stand in for active ones; business metadata are properties of the
    flow, over which the connector's own configuration wins.
    """
    row = {"name": "shards", "topics": [{"name": "x.sales.orders"}], "tags": ["a,b", "PII", "PII"]}
    row["business_metadata"] = [{"name": "Owner", "value": "dana"}, {"name": "topic.prefix", "value": "no"}]
    write(tmp_path / "known.json", {("postgres", "shop.sales.orders_1"): None})
    with Server(lambda _: (200, {"data": {"cn_connector": [row]}})) as server:
        asked = {"enabled": True, "schema_registry_url": server.url, "api_key": "k", "api_secret": "s3cret"}
        for include, expected in ((True, {"postgres:shop.sales.orders_1 -> kafka:x.sales.orders"}), (False, set())):
            catalog = asked | {"include_lineage": include}
            recipe(tmp_path, gms, {"catalog": "known.json"}, confluent_catalog=catalog)
            assert lineage(tmp_path)[0]["shards"] == expected
        cluster = Cluster.of(read_recipe(tmp_path / "shop.yml"))
        snapshot = cluster.fetch()
        known = beyond(cluster, snapshot)
        shards = next(one for one in snapshot.connectors if one.name == "shards")
        derived = deriver(snapshot.connectors, known.settings)
        (described,) = describe(cluster, cluster.state, [(shards, derived(shards))], known.entries, "shop")
        properties = described.proposals[0].aspect["customProperties"]
        assert (properties["Owner"], properties["topic.prefix"]) == ("dana", "x")
        (tags,) = (one for one in described.proposals if one.aspect_name == "globalTags")
        assert tags.urn == described.proposals[0].urn
        assert tags.aspect == {"tags": [{"tag": "urn:li:tag:PII"}, {"tag": "urn:li:tag:a%2Cb"}]}
        assert says({"tags": [{"tag": "urn:li:tag:mine"}, *tags.aspect["tags"]]}, tags)  # people add their own
        assert not says({"tags": [{"tag": "urn:li:tag:PII"}]}, tags)


def test_a_stream_catalog_elsewhere_is_refused():
    """The Stream Catalog's key goes to Confluent Cloud only."""
    catalog = {"enabled": True, "schema_registry_url": "https://evil.example", "api_key": "k", "api_secret": "s"}
    data = {"source": {"type": "kafka-connect", "config": {"confluent_catalog": catalog}}}
    problem = recipe_of(data, Path("/r/one.yml")).problem or ""
    assert "confluent.cloud" in problem
    missing = recipe_of(
        {"source": {"type": "kafka-connect", "config": {"confluent_catalog": {"enabled": True}}}}, Path("/r")
    )
    assert "needs schema_registry_url, api_key, api_secret" in (missing.problem or "")


def test_answers_outlive_a_run(tmp_path, gms, monkeypatch):
    """What was asked lately is not asked again, and counts when DataHub is away too; ``catalog_refresh: 0`` asks."""
    monkeypatch.setenv("KC_LINEAGE_STATE", str(tmp_path / "state"))
    hold(gms, "postgres", "shop.sales.orders_1", kind="Table")
    hold(gms, "postgres", "shop.sales.orders_2", kind="Table")
    recipe(tmp_path, gms, use_schema_resolver=True)
    assert edges_of_a_run(tmp_path)["shards"] == MERGED
    gms.requests.clear()
    assert edges_of_a_run(tmp_path)["shards"] == MERGED
    assert not gms.requests
    gms.fault = everything(500)
    recipe(tmp_path, gms, {"catalog_refresh": 0}, use_schema_resolver=True)
    assert edges_of_a_run(tmp_path)["shards"] == MERGED
    assert sum(gms.requests.values()) > 0


def test_who_only_looks_counts_on_the_answers_of_the_last_sync(tmp_path, gms, monkeypatch):
    """``kc-lineage lineage`` and ``preview`` ask nothing that a sync was told lately, and keep nothing themselves."""
    monkeypatch.setenv("KC_LINEAGE_STATE", str(tmp_path / "state"))
    hold(gms, "postgres", "shop.sales.orders_1", kind="Table")
    hold(gms, "postgres", "shop.sales.orders_2", kind="Table")
    recipe(tmp_path, gms, use_schema_resolver=True)
    assert lineage(tmp_path)[0]["shards"] == MERGED
    assert not (tmp_path / "state").exists()
    edges_of_a_run(tmp_path)
    gms.requests.clear()
    assert lineage(tmp_path)[0]["shards"] == MERGED
    found = kc_lineage("lineage", tmp_path / "shop.yml", "--format", "json")
    assert "shop.sales.orders_2" in found.stdout
    assert not gms.requests
    cluster = Cluster.of(read_recipe(tmp_path / "shop.yml"))
    assert any("orders_2" in line for line in preview(cluster, cluster).lines)
    assert not [path for path in gms.requests if "graphql" in path]


def test_who_only_looks_needs_no_state(tmp_path, gms, monkeypatch):
    """Where the state cannot be used, servers are asked."""
    hold(gms, "postgres", "shop.sales.orders_1", kind="Table")
    hold(gms, "postgres", "shop.sales.orders_2", kind="Table")
    recipe(tmp_path, gms, use_schema_resolver=True)
    (port,) = free_ports(1)
    for place in (f"postgresql://nobody@127.0.0.1:{port}/none", "mysql://h/none"):
        monkeypatch.setenv("KC_LINEAGE_STATE", place)
        assert lineage(tmp_path)[0]["shards"] == MERGED


def test_who_only_looks_leaves_an_older_state_as_it_is(tmp_path, gms, monkeypatch):
    """``lineage`` asks servers instead; ``preview``, which compares with the state, says who brings it up to date."""
    monkeypatch.setenv("KC_LINEAGE_STATE", str(tmp_path / "state"))
    hold(gms, "postgres", "shop.sales.orders_1", kind="Table")
    hold(gms, "postgres", "shop.sales.orders_2", kind="Table")
    recipe(tmp_path, gms, use_schema_resolver=True)
    edges_of_a_run(tmp_path)
    make_older(Cluster.of(read_recipe(tmp_path / "shop.yml")).state)
    looked = kc_lineage("lineage", tmp_path / "shop.yml", "--format", "json")
    assert "shop.sales.orders_2" in looked.stdout
    previewed = kc_lineage("preview", tmp_path / "shop.yml")
    assert "written by an older release" in previewed.stderr
    looking = Database(Cluster.of(read_recipe(tmp_path / "shop.yml")).state.database.place)
    assert looking.is_behind()


@pytest.mark.slow
def test_a_full_refresh_asks_for_everything_anew(tmp_path, gms, monkeypatch):
    """A table that is new is seen at once, and what DataHub said before counts only where it fails."""
    monkeypatch.setenv("KC_LINEAGE_STATE", str(tmp_path / "state"))
    hold(gms, "postgres", "shop.sales.orders_1", kind="Table")
    recipe(tmp_path, gms, use_schema_resolver=True)
    before = edges_of_a_run(tmp_path)["shards"]
    hold(gms, "postgres", "shop.sales.orders_2", kind="Table")
    assert edges_of_a_run(tmp_path)["shards"] == before
    assert edges_of_a_run(tmp_path, Memories.RENEWED)["shards"] == MERGED
    assert edges_of_a_run(tmp_path)["shards"] == MERGED
    gms.fault = everything(500)
    assert edges_of_a_run(tmp_path, Memories.RENEWED)["shards"] == MERGED


def edges_of_a_run(folder: Path, memories: Memories = Memories.KEPT) -> dict[str, set[str]]:
    """Edges by connector, as a run derives them: with the memory of the state."""
    cluster = Cluster.of(read_recipe(folder / "shop.yml"))
    snapshot = cluster.fetch()
    derived = deriver(snapshot.connectors, beyond(cluster, snapshot, memories).settings)
    return {one.name: {str(edge) for edge in derived(one).edges} for one in snapshot.connectors}
