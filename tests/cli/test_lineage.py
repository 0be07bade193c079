"""`kc-lineage lineage`: the JSON that others rely on, one element per argument."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kc_lineage_dagster.cli.main import main
from tests.defs.clusters import CONNECTORS, save_cluster, write_recipe

TABLE = {"platform": "postgres", "name": "shop.public.users", "instance": None}
TOPIC = {"platform": "kafka", "name": "pg.public.users", "instance": None}


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["lineage", *map(str, arguments)])


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
        f"main(['lineage', {str(recipe)!r}], standalone_mode=False)\n"
        "heavy = {'dagster', 'datahub', 'sqlalchemy', 'sqlglot'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
