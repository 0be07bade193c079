"""The doctor says in plain words what is missing, shows no secret, and leaves nothing behind."""

from __future__ import annotations

import pytest
from dagster import DagsterInstance

from kc_lineage_dagster import build_definitions
from kc_lineage_dagster.recipe.files import read_recipe
from kc_lineage_dagster.run.doctor import examine, main
from tests.connect.stand_in import ConnectStandIn, worker
from tests.defs.clusters import CONNECTORS, execute, save_cluster, write_recipe
from tests.emit.gms import Gms, everything


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("KC_LINEAGE_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("KC_LINEAGE_RECIPES", str(tmp_path / "shop.yml"))
    save_cluster(tmp_path, CONNECTORS)
    return tmp_path


def missing(folder) -> str:
    findings = list(examine(read_recipe(folder / "shop.yml")))
    assert findings
    return "\n".join(f"{one.what}: {one.text}" for one in findings if one.ok is False)


def test_nothing_missing(folder, capsys):
    """A saved cluster, a GMS that answers and a writable state are found, and the exit code is 0."""
    with Gms() as gms:
        write_recipe(folder, sink={"type": "datahub-rest", "config": {"server": gms.url, "token": "t0ken-of-the-test"}})
        assert main([]) == 0
        assert gms.requests["writes"] == 0
    shown = capsys.readouterr().out
    assert "lists 3 connectors" in shown
    assert "active topics are not available" in shown
    assert "t0ken-of-the-test" not in shown


def test_a_live_worker(folder):
    """A worker is asked for its listing and for the evidence of a few connectors."""
    with ConnectStandIn(worker({"a": CONNECTORS["cdc"]})) as connect:
        write_recipe(folder, connect_uri=connect.uri)
        texts = [one.text for one in examine(read_recipe(folder / "shop.yml"))]
    assert any("lists 1 connectors" in text for text in texts)


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        ({"conect_uri": "x"}, "did you mean connect_uri"),
        ({"password": "${NOT_SET_HERE}"}, "NOT_SET_HERE"),
        ({"connect_uri": "no-such-cluster.json"}, "no-such-cluster.json"),
        ({"connect_uri": "http://127.0.0.1:1", "cluster_name": "x"}, "127.0.0.1:1"),
    ],
)
def test_what_is_missing_is_said(folder, recipe, words):
    """Each missing thing is named with what to do."""
    path = write_recipe(folder, **recipe)
    path.write_text(path.read_text() + "\noptions: {connect: {retries: 0}}\n")
    assert words in missing(folder)


def test_a_datahub_that_refuses(folder):
    """Wrong credentials and a server that is no GMS are missing, not noted."""
    with Gms() as gms:
        write_recipe(folder, sink={"type": "datahub-rest", "config": {"server": gms.url}})
        gms.fault = everything(401)
        assert "DataHub: " in missing(folder)


def test_the_job(folder):
    """`doctor_<cluster>` fails with what is missing."""
    write_recipe(folder, connect_uri="no-such-cluster.json")
    with DagsterInstance.ephemeral() as instance:
        assert not execute(build_definitions(folder / "shop.yml"), instance, "doctor_shop").success
        write_recipe(folder)
        assert execute(build_definitions(folder / "shop.yml"), instance, "doctor_shop").success
