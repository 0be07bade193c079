"""From a recipe to the servers that know more than Connect: who is asked, for what, with which credentials."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml

from kc_lineage_dagster.derive.catalog import no_catalog
from kc_lineage_dagster.derive.cluster import deriver
from kc_lineage_dagster.lineage import Dataset
from kc_lineage_dagster.recipe.files import read_recipe
from kc_lineage_dagster.run.beyond import Beyond, Memories, beyond, servers_of, unasked_of
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.state import tables
from tests.catalog.metadata import hold
from tests.catalog.server import Server
from tests.catalog.test_schema_registry import SRV, avro, registered
from tests.connect.stand_in import self_signed
from tests.defs.clusters import save_cluster
from tests.emit.gms import Gms, everything
from tests.run.test_catalog import SHARDS
from tests.tries import first_of

SECRETS = ("us3r-of-the-test", "s3cret-of-the-test", "t0ken-of-the-test", "h3ader-of-the-test")
USER, SECRET, TOKEN, HEADER = SECRETS
TOPIC = "srv.public.users"
SOURCE = {
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "database.dbname": "shop",
    "topic.prefix": "srv",
    "table.include.list": "public.users",
}
# A sink whose topics only Kafka's own list tells.
BY_PATTERN = {"connector.class": "io.confluent.connect.jdbc.JdbcSinkConnector", "topics.regex": "listed\\..*"} | {
    "connection.url": "jdbc:postgresql://h/dwh",
}


def cluster_of(
    folder: Path,
    connectors: dict[str, dict[str, str]],
    options: dict[str, Any] | None = None,
    sink: dict[str, Any] | None = None,
    **config: Any,
) -> Cluster:
    """A saved cluster with its recipe. ``config``: further fields of its source; ``datahub_api`` of the recipe."""
    path = save_cluster(folder, connectors)
    saved = json.loads(path.read_text())
    for name, config_of in connectors.items():
        saved[name]["info"]["type"] = "sink" if "Sink" in config_of["connector.class"] else "source"
    path.write_text(json.dumps(saved))
    recipe = {
        "source": {"type": "kafka-connect", "config": {"connect_uri": "cluster.json", **config}},
        "sink": sink or {"type": "console"},
        "options": options or {},
    }
    if "datahub_api" in config:
        recipe["datahub_api"] = recipe["source"]["config"].pop("datahub_api")
    (folder / "shop.yml").write_text(yaml.safe_dump(recipe))
    return Cluster.of(read_recipe(folder / "shop.yml"))


def known(cluster: Cluster, memories: Memories = Memories.KEPT) -> Beyond:
    return beyond(cluster, cluster.fetch(), memories)


def fields(found: Beyond, dataset: Dataset) -> tuple[str, ...] | None:
    return found.settings.catalog("cdc").fields(dataset)


def edges(cluster: Cluster, found: Beyond) -> set[str]:
    connectors = cluster.fetch().connectors
    derived = deriver(connectors, found.settings)
    return {str(edge) for one in connectors for edge in derived(one).edges}


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("KC_LINEAGE_STATE", str(tmp_path / "state"))
    for name in ("DATAHUB_GMS_URL", "DATAHUB_GMS_TOKEN", "DATAHUB_GMS_HOST", "DATAHUB_GMS_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({}, {}),
        ({"username": USER, "password": SECRET}, {"Authorization": basic(USER, SECRET)}),
        ({"username": USER}, {"Authorization": basic(USER, "")}),
        ({"bearer_token": TOKEN}, {"Authorization": f"Bearer {TOKEN}"}),
        ({"headers": {"X-Api-Key": HEADER}}, {"X-Api-Key": HEADER}),
    ],
)
def test_the_recipes_registry_is_asked_with_its_credentials(tmp_path, given, sent):
    """Where converters name no registry the recipe's own is asked, and only it gets what the recipe says."""
    converters = {key: value for key, value in avro("").items() if not key.endswith("url")}
    with Server(registered(**SRV)) as server:
        cluster = cluster_of(
            tmp_path, {"cdc": {**SOURCE, **converters}}, {"schema_registry": {"url": server.url, **given}}
        )
        found = known(cluster)
        assert "after.id" in (fields(found, Dataset("kafka", TOPIC)) or ())
        assert found.settings.notes == ()
        for name in ("Authorization", "X-Api-Key"):
            assert {headers.get(name) for headers in server.headers} == {sent.get(name)}


@pytest.mark.parametrize("instance", first_of(["east", None]))
def test_what_a_registry_tells_is_found_under_the_name_of_the_urn(tmp_path, instance):
    """The registry is asked by Kafka's name, and its answer is of the topic with its platform instance."""
    with Server(registered(**SRV)) as server:
        instances = {"platform_instance_map": {"kafka": instance}} if instance else {}
        cluster = cluster_of(tmp_path, {"cdc": {**SOURCE, **avro(server.url)}}, {"schema_registry": {}}, **instances)
        for _ in range(2):  # as it was answered, and as it is remembered
            assert "after.id" in (fields(known(cluster), Dataset("kafka", TOPIC)) or ())
        assert all(TOPIC in path and "east" not in path for path in server.asked)
        assert len(server.asked) == 2


@pytest.mark.slow
def test_files_for_tls_are_beside_the_recipe(tmp_path):
    """A registry may want to see a certificate, and show one of an authority of one's own: paths are the recipe's."""
    (tmp_path / "tls").mkdir()
    self_signed(tmp_path / "tls")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=tmp_path / "tls/cert.pem")
    context.load_cert_chain(tmp_path / "tls/cert.pem", tmp_path / "tls/key.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    with Server(registered(**SRV)) as server:
        server._server.socket = context.wrap_socket(server._server.socket, server_side=True)
        url = server.url.replace("http:", "https:")
        config = {"cdc": {**SOURCE, **avro(url)}}
        files = {"client_certificate": "tls/cert.pem", "client_key": "tls/key.pem", "ca_bundle": "tls/cert.pem"}
        cluster = cluster_of(tmp_path, config, {"schema_registry": {"url": url, **files}})
        assert "after.id" in (fields(known(cluster), Dataset("kafka", TOPIC)) or ())
        for without in ({"ca_bundle": None}, {"client_certificate": None, "client_key": None}):
            cluster = cluster_of(tmp_path, config, {"schema_registry": {"url": url, **files, **without}})
            (note,) = known(cluster, Memories.RENEWED).settings.notes
            assert "cannot be reached" in note


def listed(*topics: str) -> Callable[[str], tuple[int, Any]]:
    """A Kafka that lists these topics."""
    data = [{"topic_name": topic, "is_internal": False} for topic in topics]
    return lambda path: (200, {"data": [{"cluster_id": "lkc-1"}]} if path.endswith("clusters") else {"data": data})


def test_kafkas_list_is_asked_with_the_api_key(tmp_path):
    """``kafka_rest_endpoint``: what it lists decides a pattern of topics; the cluster is the only one there."""
    with Server(listed("listed.a", "other")) as server:
        keys = {"kafka_api_key": USER, "kafka_api_secret": SECRET}
        cluster = cluster_of(tmp_path, {"dwh": BY_PATTERN}, kafka_rest_endpoint=server.url, **keys)
        found = known(cluster)
        assert {headers["Authorization"] for headers in server.headers} == {basic(USER, SECRET)}
        assert server.asked == ["/kafka/v3/clusters", "/kafka/v3/clusters/lkc-1/topics"]
        assert found.settings.catalog("dwh").topics() == ("listed.a", "other")


def test_a_cloud_without_a_key_for_kafka_is_not_asked(tmp_path):
    """Confluent Cloud's Connect key opens no Kafka; where no connector tells the endpoint nobody can be asked."""
    cloud = {"confluent_cloud_environment_id": "env-1", "confluent_cloud_cluster_id": "lkc-7"}
    for keys in ({}, {"kafka_api_key": USER, "kafka_api_secret": SECRET}):
        cluster = cluster_of(tmp_path, {"dwh": BY_PATTERN}, use_schema_resolver=False, **cloud, **keys)
        found = beyond(cluster, cluster_of(tmp_path, {"dwh": BY_PATTERN}).fetch())
        assert (found.settings.catalog, found.settings.notes) == (no_catalog, ())


@pytest.mark.parametrize("where", ["sink", "datahub_api", "environment"])
def test_the_datahub_that_is_asked(tmp_path, monkeypatch, where):
    """``datahub_api`` comes before the sink; without both it is DataHub's own default."""
    with Gms() as gms, Gms() as other:
        hold(gms, "postgres", "shop.public.users", ["id", "name"], kind="Table")
        config = {"server": gms.url, "token": TOKEN}
        more: dict[str, Any] = {"sink": {"type": "datahub-rest", "config": config}}
        if where == "datahub_api":
            more = {"datahub_api": config, "sink": {"type": "datahub-rest", "config": {"server": other.url}}}
        cluster = cluster_of(tmp_path, {"cdc": SOURCE}, use_schema_resolver=True, **more)
        if where == "environment":
            monkeypatch.setenv("DATAHUB_GMS_URL", gms.url)
            monkeypatch.setenv("DATAHUB_GMS_TOKEN", TOKEN)
            path = tmp_path / "shop.yml"
            recipe = yaml.safe_load(path.read_text())
            del recipe["sink"]
            path.write_text(yaml.safe_dump(recipe))
            cluster = Cluster.of(read_recipe(path))
        assert fields(known(cluster), Dataset("postgres", "shop.public.users")) == ("id", "name")
        assert {headers["Authorization"] for headers in gms.headers} == {f"Bearer {TOKEN}"}
        assert not other.headers


SCROLL, BATCH = "POST /api/graphql", "POST /openapi/v3/entity/dataset/batchGet"


@pytest.mark.parametrize(
    ("flags", "tables", "columns"),
    [
        ({}, ("shop.public.users", "shop.sales.orders_1"), ("id",)),
        ({"schema_resolver_finegrained_lineage": False}, ("shop.public.users", "shop.sales.orders_1"), None),
        ({"schema_resolver_expand_patterns": False}, ("shop.public.users",), ("id",)),
    ],
)
def test_a_recipe_may_want_names_or_columns_only(tmp_path, flags, tables, columns):
    """Without names no platform is looked through, only the ends of edges; without columns no field is known."""
    with Gms() as gms:
        for table in ("sales.orders_1", "public.users"):
            hold(gms, "postgres", f"shop.{table}", ["id"], kind="Table")
        sink = {"type": "datahub-rest", "config": {"server": gms.url}}
        cluster = cluster_of(tmp_path, {"cdc": SHARDS, "plain": SOURCE}, sink=sink, use_schema_resolver=True, **flags)
        found = known(cluster)
        assert (SCROLL in gms.requests) == (len(tables) == 2)
        assert BATCH in gms.requests
        assert found.settings.catalog("cdc").datasets("postgres") == tables
        assert fields(found, Dataset("postgres", "shop.public.users")) == columns


def test_each_server_that_fails_costs_its_own_note_and_nothing_of_the_others(tmp_path):
    """The registry refuses, Kafka answers a page, DataHub is away: what files know counts, and no secret is told."""
    (tmp_path / "topics.txt").write_text("listed.a\n")
    login = Server(lambda _: (200, "<html>login</html>"))
    with Server(lambda _: (401, {"message": SECRET})) as registry, login as kafka, Gms() as gms:
        gms.fault = everything(500)
        connectors = {"cdc": {**SOURCE, **avro(registry.url)}, "shards": SHARDS, "dwh": BY_PATTERN}
        options = {
            "schema_registry": {"url": registry.url, "username": USER, "password": SECRET},
            "topics": "topics.txt",
        }
        sink = {"type": "datahub-rest", "config": {"server": gms.url, "token": TOKEN}}
        keys = {"kafka_api_key": USER, "kafka_api_secret": SECRET, "kafka_rest_endpoint": kafka.url}
        cluster = cluster_of(tmp_path, connectors, options, sink, use_schema_resolver=True, **keys)
        found = known(cluster)
        notes = found.settings.notes
        assert len(notes) == 3
        for part in ("schema registry", "Kafka's topics", "DataHub's catalog"):
            assert sum(part in note for note in notes) == 1
        derived = edges(cluster, found)
        assert "postgres:shop.public.users -> kafka:srv.public.users" in derived
        assert any(edge.startswith("kafka:listed.a -> postgres:dwh.") for edge in derived)
        assert found.until == float("-inf")
        with cluster.state.database.reading() as connection:
            rows = connection.execute(tables.cache.select()).all()
        told = repr((notes, rows, servers_of(cluster), unasked_of(cluster), cluster))
        assert not [secret for secret in SECRETS if secret in told]


@pytest.mark.parametrize("kind", ["DataHub", "registry"])
def test_what_a_server_said_before_outlives_an_outage_whole(tmp_path, kind):
    """It fails at the first question: the further questions of the same run are not remembered as answered either."""
    with Gms() as gms, Server(registered(**SRV, **{"x.sales.orders-value": SRV["srv.public.users-value"]})) as registry:
        for table in ("orders_1", "orders_2"):
            hold(gms, "postgres", f"shop.sales.{table}", ["id"], kind="Table")
        converters = avro(registry.url) if kind == "registry" else {}
        for topic in ("x.sales.orders", TOPIC) if kind == "DataHub" else ():
            hold(gms, "kafka", topic, ["after.id"])
        sink = {"type": "datahub-rest", "config": {"server": gms.url}}
        connectors = {"cdc": {**SHARDS, **converters}, "plain": {**SOURCE, **converters}}
        registries: dict[str, Any] = {"schema_registry": {}} if kind == "registry" else {}
        impatient = {"catalog_refresh": 0, **registries}
        cluster = cluster_of(tmp_path, connectors, impatient, sink, use_schema_resolver=True)
        before = answers(known(cluster))
        assert before["tables"] == ("shop.sales.orders_1", "shop.sales.orders_2")
        assert "after.id" in before["topic"]
        assert "after.id" in before["other"]
        if kind == "DataHub":
            gms.fault = everything(500)
        else:
            registry.answers = lambda path: (500, {"error_code": 50001}) if "x.sales" not in path else None
        for _ in range(2):
            away = known(cluster)
            assert len(away.settings.notes) == 1
            assert answers(away) == before
        patient = cluster_of(tmp_path, connectors, registries, sink, use_schema_resolver=True)
        assert answers(known(patient)) == before


def answers(found: Beyond) -> dict[str, Any]:
    """What is known of both clusters' ends."""
    view = found.settings.catalog("cdc")
    return {
        "tables": view.datasets("postgres"),
        "columns": view.fields(Dataset("postgres", "shop.sales.orders_1")),
        "topic": view.fields(Dataset("kafka", "x.sales.orders")),
        "other": view.fields(Dataset("kafka", TOPIC)),
    }


def test_one_page_among_a_registrys_answers_is_a_failure(tmp_path):
    """A gateway's 404 for one subject is not the registry's word that there is none: it is asked again next time."""
    found = registered(**SRV)
    page: set[str] = {f"/subjects/{TOPIC}-key/versions/latest"}

    def through_a_gateway(path: str) -> tuple[int, Any]:
        return (404, "<html>default backend</html>") if unquote(path) in page else found(path)

    with Server(through_a_gateway) as server:
        cluster = cluster_of(tmp_path, {"cdc": {**SOURCE, **avro(server.url)}}, {"schema_registry": {}})
        first = known(cluster)
        assert "404 as no such API does" in first.settings.notes[0]
        page.clear()
        second = known(cluster)
        assert second.settings.notes == ()
        assert second.settings.catalog("cdc").key_fields(Dataset("kafka", TOPIC)) == ("id",)


def test_who_is_asked_is_told_without_secrets(tmp_path):
    """Each field of a recipe that decides who is asked changes what ``servers_of`` tells."""
    on = {"use_schema_resolver": True, "sink": {"type": "datahub-rest", "config": {"server": "http://gms:8080"}}}
    elsewhere = {"type": "datahub-rest", "config": {"server": f"http://{USER}:{SECRET}@gms2:8080", "token": TOKEN}}
    keys = {"kafka_api_key": USER, "kafka_api_secret": SECRET, "kafka_rest_endpoint": "http://kafka"}
    variants: list[dict[str, Any]] = [
        {},
        on,
        {**on, "sink": elsewhere},
        {**on, "schema_resolver_finegrained_lineage": False},
        {**on, "schema_resolver_expand_patterns": False},
        {**on, "options": {"catalog_refresh": 7}},
        {"options": {"schema_registry": {}}},
        {"options": {"schema_registry": {"url": "http://registry", "username": USER, "password": SECRET}}},
        {"kafka_rest_endpoint": "http://kafka"},
        keys,
        {
            "confluent_cloud_environment_id": "env-1",
            "confluent_cloud_cluster_id": "lkc-1",
            "use_schema_resolver": False,
        },
        {
            "confluent_cloud_environment_id": "env-1",
            "confluent_cloud_cluster_id": "lkc-2",
            "use_schema_resolver": False,
        },
    ]
    found = []
    for variant in variants:
        save = {name: value for name, value in variant.items() if name not in ("options", "sink")}
        cluster = cluster_of(tmp_path, {}, variant.get("options"), variant.get("sink"), **save)
        found.append(json.dumps(servers_of(cluster)))
    assert len(set(found)) == len(found)
    assert not [secret for secret in SECRETS if secret in "".join(found)]
    assert found[0] == "[]"
