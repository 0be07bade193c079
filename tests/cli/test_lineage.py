"""`kc-lineage lineage`: the JSON that others rely on, one element per argument."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result

from tests.catalog.metadata import hold
from tests.cli.run import kc_lineage
from tests.defs.clusters import CONNECTORS, save_cluster, write_recipe
from tests.emit.gms import Gms
from tests.run.test_catalog import SHARDS

TABLE = {"platform": "postgres", "name": "shop.public.users", "instance": None}
TOPIC = {"platform": "kafka", "name": "pg.public.users", "instance": None}


def run(*arguments: str | Path) -> Result:
    return kc_lineage("lineage", *arguments)


@pytest.fixture
def recipe(tmp_path):
    save_cluster(tmp_path, CONNECTORS)
    return write_recipe(tmp_path, sink={"type": "datahub-rest", "config": {"token": "${NOT_SET_ANYWHERE}"}})


def test_json_says_all_there_is_to_know(recipe):
    """One element per argument; every connector with its edges, fields and unresolved items. No sink is needed."""
    result = run(recipe, "--format", "json")
    assert result.exit_code == 0, result.output
    [cluster] = json.loads(result.stdout)
    assert cluster.keys() == {"recipe", "cluster", "connectors", "unread"}
    assert (cluster["recipe"], cluster["cluster"], cluster["unread"]) == (str(recipe), "shop", {})
    by_name = {one["connector"]: one for one in cluster["connectors"]}
    assert by_name.keys() == CONNECTORS.keys()
    source = by_name["cdc"]
    assert source.keys() == {"connector", "type", "class", "family", "edges", "unresolved"}
    assert (source["type"], source["family"]) == ("source", "debezium_postgres")
    edge = next(one for one in source["edges"] if one["upstream"] == TABLE)
    assert edge.keys() == {"upstream", "downstream", "evidence", "fields"}
    assert edge["downstream"] == TOPIC
    assert by_name["dw/sink"]["edges"][0]["upstream"] == TOPIC


def test_an_argument_that_fails_leaves_the_others_complete(recipe, tmp_path):
    """A missing file is an `error` of its own element, in one line; the exit code says that something failed."""
    result = run(tmp_path / "nowhere.yml", recipe, "--format", "json")
    assert result.exit_code == 1
    missing, whole = json.loads(result.stdout)
    assert missing.keys() == {"recipe", "cluster", "error"}
    assert "no such file" in missing["error"]
    assert len(whole["connectors"]) == len(CONNECTORS)


def test_a_saved_cluster_needs_no_recipe(recipe, tmp_path):
    """The files of a cluster can be named themselves."""
    of_recipe, of_file = (
        json.loads(run(one, "--format", "json").stdout)[0] for one in (recipe, tmp_path / "cluster.json")
    )
    assert of_recipe["connectors"] == of_file["connectors"]
    assert of_file["cluster"] == "cluster"


def test_lineage_loads_neither_dagster_nor_datahub(recipe):
    """What a pull request runs starts at once: neither Dagster nor DataHub is imported."""
    code = (
        "import sys\nfrom kc_lineage_dagster.cli.main import main\n"
        f"main(['lineage', {str(recipe)!r}, '--format', 'json'], standalone_mode=False)\n"
        "heavy = {'dagster', 'datahub', 'sqlalchemy', 'sqlglot', 'requests'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_text_is_for_people(recipe, tmp_path):
    """Without a format: counts, connectors, edges with evidence; nothing in a name steers the terminal."""
    save_cluster(tmp_path, {**CONNECTORS, "red\x1b[31m": CONNECTORS["cdc"]})
    shown = run(recipe).stdout
    assert "shop: 4 connectors, 7 edges, 0 unresolved" in shown
    assert "postgres:shop.public.users -> kafka:pg.public.users" in shown
    assert "[configuration]" in shown
    assert "\x1b" not in shown


DECIDED = ["connection.url", "table.name.format", "topics"]


def test_why_names_the_keys_that_decided(recipe):
    """`--why` tells the keys below each connector, never a value; without it, no format mentions them."""
    plain = run(recipe).stdout.splitlines()
    told = run(recipe, "--why").stdout.splitlines()
    assert [line for line in told if not line.startswith("    decided by ")] == plain
    assert (
        told[told.index(next(line for line in told if "dw/sink" in line)) + 1] == f"    decided by {', '.join(DECIDED)}"
    )
    [whole] = json.loads(run(recipe, "--format", "json", "--why").stdout)
    assert next(one for one in whole["connectors"] if one["connector"] == "dw/sink")["decided_by"] == DECIDED
    [without] = json.loads(run(recipe, "--format", "json").stdout)
    assert [{key: one[key] for key in one if key != "decided_by"} for one in whole["connectors"]] == without[
        "connectors"
    ]


def test_a_chart_does_not_say_why(recipe):
    """Formats without a place for keys refuse the option instead of ignoring it."""
    refused = run(recipe, "--why", "--format", "mermaid")
    assert refused.exit_code == 2
    assert "--why is for --format text and json" in refused.output


def test_instances_are_those_of_the_recipe(tmp_path):
    """`platform_instance_map` gives each dataset its instance, before its name as in its URN; with `--recipe` too."""
    cluster = save_cluster(tmp_path, CONNECTORS)
    recipe = write_recipe(tmp_path, platform_instance_map={"postgres": "core"}, password="${NOT_SET_ANYWHERE}")
    [found] = json.loads(run(cluster, "--recipe", recipe, "--format", "json").stdout)
    instances = {(edge["upstream"]["platform"], edge["upstream"]["instance"]) for edge in edges_of(found)}
    assert instances == {("postgres", "core"), ("kafka", None)}
    assert {one["upstream"]["name"] for one in edges_of(found) if one["upstream"]["instance"]} == {
        "core.shop.public.users",
        "core.shop.public.orders",
    }
    assert found["cluster"] == "shop"


def edges_of(cluster: dict) -> list[dict]:
    return [edge for one in cluster["connectors"] for edge in one["edges"]]


@pytest.mark.parametrize(
    ("spoiled", "option", "code"),
    [
        ({"x": {"connector.class": "com.acme.Own", "topics": "t"}}, "unresolved", 1),
        ({"x": {"connector.class": "com.acme.Own", "topics": "t"}}, "unread", 0),
        ({}, "unresolved", 0),
    ],
)
def test_fail_on_decides_the_exit_code(tmp_path, spoiled, option, code):
    """`--fail-on unresolved` fails a pull request that adds lineage nobody can know, and says which connector."""
    done = run(save_cluster(tmp_path, {**CONNECTORS, **spoiled}), "--fail-on", option, "--format", "json")
    assert done.exit_code == code
    assert bool(code) == ("x: " in done.stderr)
    assert json.loads(done.stdout)


def test_fail_on_unread(tmp_path):
    """`--fail-on unread` fails when a file of a folder cannot be read."""
    folder = tmp_path / "connectors"
    folder.mkdir()
    (folder / "good.json").write_text(json.dumps({"name": "good", "config": CONNECTORS["cdc"]}))
    (folder / "bad.json").write_text("{")
    assert run(folder).exit_code == 0
    done = run(folder, "--fail-on", "unread")
    assert done.exit_code == 1
    assert "bad" in done.stderr


def test_mermaid_draws_every_edge(recipe):
    """The chart has each dataset and connector once, and an arrow into and out of the connector for each edge."""
    lines = run(recipe, "--format", "mermaid").stdout.splitlines()
    assert lines[0] == "flowchart LR"
    assert sum('"kafka:pg.public.users"' in line for line in lines) == 1
    edges = edges_of(json.loads(run(recipe, "--format", "json").stdout)[0])
    ends = {("in", end(e["upstream"])) for e in edges} | {("out", end(e["downstream"])) for e in edges}
    assert sum("-->" in line for line in lines) >= len(ends)
    assert "#8220;" not in "".join(lines)


def end(dataset: dict) -> tuple:
    return dataset["platform"], dataset["name"]


@pytest.mark.slow
def test_many_recipes_in_one_call(tmp_path):
    """Hundreds of recipes are one call: each its own element, in the order of the arguments."""
    save_cluster(tmp_path, CONNECTORS)
    recipes = []
    for number in range(200):
        recipes.append(tmp_path / f"r{number}.json")
        text = {"source": {"type": "kafka-connect", "config": {"connect_uri": "cluster.json"}}}
        recipes[-1].write_text(json.dumps(text))
    found = json.loads(run(*recipes, "--format", "json").stdout)
    assert [one["recipe"] for one in found] == list(map(str, recipes))
    assert all(one["connectors"] == found[0]["connectors"] for one in found)


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("http://127.0.0.1:1", "127.0.0.1:1"),
        ("nowhere/at/all.yml", "no such file or folder"),
        ("shp", "shop"),
        ("broken.yml", "needs quotes"),
        ("typo.yml", "did you mean connect_uri"),
    ],
)
def test_an_argument_that_cannot_be_used_is_one_line(recipe, tmp_path, monkeypatch, argument, words):
    """What is wrong, where, and what to do, once and in one line; no stack."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KC_LINEAGE_RECIPES", str(recipe))
    (tmp_path / "broken.yml").write_text("source: {type: kafka-connect, config: {password: ${VAR}}}\n")
    (tmp_path / "typo.yml").write_text("source: {type: kafka-connect, config: {conect_uri: x}}\n")
    (tmp_path / "quick.yml").write_text("options: {connect: {retries: 0}}\nsource: {type: kafka-connect}\n")
    done = run(argument, *(["--recipe", "quick.yml"] if "://" in argument else []))
    assert done.exit_code == 1
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.output


def test_the_datahub_of_the_sink_is_asked_as_in_a_sync(tmp_path):
    """`use_schema_resolver` asks the sink's DataHub, for a saved cluster with `--recipe` too; nothing is written."""
    with Gms() as gms:
        hold(gms, "postgres", "shop.sales.orders_1", kind="Table")
        cluster = save_cluster(tmp_path, {"shards": SHARDS})
        sink = {"type": "datahub-rest", "config": {"server": gms.url}}
        recipe = write_recipe(tmp_path, sink=sink, use_schema_resolver=True)
        for arguments in ((recipe,), (cluster, "--recipe", recipe)):
            done = run(*arguments)
            assert "postgres:shop.sales.orders_1 -> kafka:x.sales.orders" in done.stdout
            assert done.stderr == ""
        assert not [request for request in gms.requests if "ingest" in request.lower()]


def test_a_sink_without_its_variables_is_asked_nothing(tmp_path, monkeypatch):
    """Where the variables of the sink are not set, one note says why nobody is asked, and the rest is complete."""
    monkeypatch.setenv("DATAHUB_SKIP_CONFIG", "true")  # no DataHub of whoever runs the tests
    for name in ("DATAHUB_GMS_URL", "DATAHUB_GMS_HOST"):
        monkeypatch.delenv(name, raising=False)
    save_cluster(tmp_path, CONNECTORS)
    sink = {"type": "datahub-rest", "config": {"server": "http://127.0.0.1:1", "token": "${NOT_SET_ANYWHERE}"}}
    done = run(write_recipe(tmp_path, sink=sink, use_schema_resolver=True))
    assert done.exit_code == 0
    assert "postgres:shop.public.users -> kafka:pg.public.users" in done.stdout
    [note] = done.stderr.splitlines()
    assert "variables are set" in note


@pytest.mark.parametrize(
    "sink", [{"type": "file", "config": {"filename": "x"}}, {"type": "datahub-rest", "config": {"token": "${NO_SUCH}"}}]
)
def test_another_datahub_of_the_environment_is_not_asked_instead(tmp_path, monkeypatch, sink):
    """DATAHUB_GMS_URL is for recipes that have no sink."""
    with Gms() as gms:
        monkeypatch.setenv("DATAHUB_GMS_URL", gms.url)
        save_cluster(tmp_path, CONNECTORS)
        done = run(write_recipe(tmp_path, sink=sink, use_schema_resolver=True))
        assert "variables are set" in done.stderr
        assert not gms.requests
