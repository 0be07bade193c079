"""The doctor says in plain words what is missing, shows no secret, and leaves nothing behind."""

from __future__ import annotations

import pytest
from dagster import DagsterInstance
from datahub.ingestion.sink.console import ConsoleSink

from kc_lineage_dagster import build_definitions
from kc_lineage_dagster.recipe.files import read_recipe
from kc_lineage_dagster.run.doctor import examine
from tests.cli.run import kc_lineage
from tests.connect.stand_in import ConnectStandIn, worker
from tests.defs.clusters import CONNECTORS, execute, save_cluster, write_recipe
from tests.emit.gms import Gms, everything
from tests.live.machine import free_ports


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


def test_nothing_missing(folder):
    """A saved cluster, a GMS that answers and a writable state are found, and the exit code is 0."""
    with Gms() as gms:
        write_recipe(folder, sink={"type": "datahub-rest", "config": {"server": gms.url, "token": "t0ken-of-the-test"}})
        done = kc_lineage("doctor")
        assert done.exit_code == 0
        assert gms.requests["writes"] == 0
    shown = done.output
    assert "lists 3 connectors" in shown
    assert "active topics are not available" in shown
    assert "t0ken-of-the-test" not in shown


@pytest.mark.parametrize(("name", "noted"), [("a%20b", True), ("what?", True), ("100% ours #1", False)])
def test_a_home_that_dagster_misreads_is_noted(folder, monkeypatch, name, noted):
    """Dagster puts DAGSTER_HOME into the address of its SQLite databases, and then cannot open them."""
    monkeypatch.setenv("DAGSTER_HOME", str(folder / name))
    write_recipe(folder)
    assert any(one.what == "DAGSTER_HOME" for one in examine(read_recipe(folder / "shop.yml"))) is noted


def test_nobody_waits_for_seven_tries(folder, caplog):
    """A worker that is not there is asked once more, and that is all."""
    (port,) = free_ports(1)
    write_recipe(folder, connect_uri=f"http://127.0.0.1:{port}")
    assert "tried 2 times" in missing(folder)
    assert len(caplog.records) == 1


def test_a_live_worker(folder):
    """A worker is asked for its listing and for the evidence of a few connectors."""
    with ConnectStandIn(worker({"a": CONNECTORS["cdc"]})) as connect:
        write_recipe(folder, connect_uri=connect.uri)
        texts = [one.text for one in examine(read_recipe(folder / "shop.yml"))]
    assert any("lists 1 connector" in text for text in texts)


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


@pytest.mark.parametrize(
    ("sink", "words"),
    [
        ({"type": "datahub-rst"}, "did you mean datahub-rest"),
        ({"type": "datahub-lite", "config": {"type": "nosuchdb"}}, "nosuchdb"),
        ({"type": "file", "config": {"filname": "x"}}, "filname"),
        ({"type": "com.acme.sinks.Own"}, "com.acme"),
        ({"type": "tests.run.test_doctor.Unmakeable"}, "no licence"),
    ],
)
def test_a_sink_that_cannot_be_opened_is_missing(folder, sink, words):
    """The doctor makes the sink as a run does: what only shows then is missing, in one line."""
    write_recipe(folder, sink=sink)
    found = missing(folder)
    assert words in found
    assert "\n" not in found


def test_opening_a_sink_writes_nothing(folder):
    """Trying a file and a DataHub Lite leaves both as they are."""
    for kind, name in (("file", "filename"), ("datahub-lite", "file")):
        path = folder / f"{kind}.out"
        path.write_text("kept")
        inner = {name: str(path)}
        config = inner if kind == "file" else {"type": "sqlite", "config": inner}
        write_recipe(folder, sink={"type": kind, "config": config})
        before = set(folder.rglob("*"))
        assert not missing(folder)
        assert path.read_text() == "kept"
        assert set(folder.rglob("*")) - before <= {folder / "state", *(folder / "state").rglob("*")}


class Unmakeable(ConsoleSink):
    """A sink whose module can be imported and which cannot be made."""

    @classmethod
    def create(cls, config_dict: dict, ctx: object) -> ConsoleSink:
        """Refuse, as a plugin does that lacks something."""
        raise RuntimeError("no licence")


def test_names_are_recipes_that_exist(folder):
    """A name that no recipe has is refused, with the names there are; nothing is said to be well."""
    write_recipe(folder)
    done = kc_lineage("doctor", "shpo")
    assert done.exit_code == 1
    assert "shop" in done.stderr
    assert "nothing is missing" not in done.output
    assert kc_lineage("doctor", "shop").exit_code == kc_lineage("doctor", folder / "shop.yml").exit_code == 0


def test_recipes_that_would_overwrite_each_other_are_noted(folder, monkeypatch):
    """What the job `doctor_<cluster>` says of the folder's other recipes, the command says too."""
    write_recipe(folder)
    recipes = folder / "recipes"
    recipes.mkdir()
    for name in ("one", "two"):
        (recipes / f"{name}.yml").write_text(
            (folder / "shop.yml").read_text().replace("cluster.json", "../cluster.json")
        )
    monkeypatch.setenv("KC_LINEAGE_RECIPES", str(recipes))
    assert "one.yml and two.yml have the same sink" in kc_lineage("doctor", "one").output


@pytest.mark.slow
def test_the_job(folder):
    """`doctor_<cluster>` fails with what is missing."""
    write_recipe(folder, connect_uri="no-such-cluster.json")
    with DagsterInstance.ephemeral() as instance:
        assert not execute(build_definitions(folder / "shop.yml"), instance, "doctor_shop").success
        write_recipe(folder)
        assert execute(build_definitions(folder / "shop.yml"), instance, "doctor_shop").success
