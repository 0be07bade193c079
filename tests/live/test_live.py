"""The project against a real Connect worker: lineage equals what the records say, and follows what happens."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from dagster import DagsterInstance, build_sensor_context

from kc_lineage_dagster import build_definitions
from kc_lineage_dagster.derive.cluster import deriver
from kc_lineage_dagster.emit.urns import by_connector, flow_urn
from kc_lineage_dagster.lineage import ConnectorLineage
from kc_lineage_dagster.recipe.files import read_recipe, recipe_of
from kc_lineage_dagster.run.cluster import Cluster
from tests.cli.run import kc_lineage
from tests.emit.gms import Gms
from tests.live import machine, world
from tests.live.lab import SECRET, Lab, wait
from tests.written import contents

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("default")]


@dataclass
class Live:
    """The cluster, the DataHub, and the project's own state between tests."""

    lab: Lab
    gms: Gms
    folder: Path

    @property
    def recipe(self) -> Path:
        return self.folder / "recipes" / "live.yml"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def cluster(self) -> Cluster:
        return Cluster.of(read_recipe(self.recipe))

    def edges(self) -> dict[str, set[tuple[str, str]]]:
        """What the project derived: connector -> edges, as (from, to) names."""
        return {one.connector: names_of(one) for one in self.cluster().state.lineages()}

    def execute(self, *further: str) -> str:
        """``dagster job execute``, as a user runs it; its output."""
        command = [sys.executable, "-m", "dagster", "job", "execute", "-m", "kc_lineage_dagster.definitions"]
        done = subprocess.run([*command, "-j", "sync_live", *further], capture_output=True, text=True, cwd=ROOT)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout + done.stderr

    def sync(self, run_config: Any = None) -> bool:
        """The same job in this process; whether it succeeded."""
        job = build_definitions(self.recipe).resolve_job_def("sync_live")
        with DagsterInstance.get() as instance:
            return job.execute_in_process(instance=instance, raise_on_error=False, run_config=run_config).success

    def tick(self) -> list[Any]:
        """The sensor's run requests."""
        definitions = build_definitions(self.recipe)
        with DagsterInstance.get() as instance:
            context = build_sensor_context(instance=instance, definitions=definitions)
            return list(definitions.resolve_sensor_def("live_connector_changes").evaluate_tick(context).run_requests)

    def follow(self) -> list[str]:
        """One tick, and the run it asks for; the connectors it named."""
        (request,) = self.tick()
        assert self.sync(request.run_config)
        return list(request.run_config["ops"]["live__sync"]["config"]["connectors"])

    def dead(self) -> set[str]:
        """The connectors with anything that DataHub was told to forget."""
        return set(by_connector(self.cluster().naming(), self.gms.entities(removed=True)))


def names_of(lineage: ConnectorLineage) -> set[tuple[str, str]]:
    return {(edge.upstream.name if edge.upstream else "", edge.downstream.name) for edge in lineage.edges}


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    reason = machine.missing()
    if reason:
        pytest.skip(f"no live cluster: {reason}")
    folder = tmp_path_factory.mktemp("live")
    with pytest.MonkeyPatch.context() as patch, Lab() as lab, Gms() as gms:
        found = Live(lab, gms, folder)
        found.recipe.parent.mkdir()
        found.home.mkdir()
        (found.home / "dagster.yaml").write_text((ROOT / "dagster.yaml").read_text())
        config = {"connect_uri": lab.rest, "cluster_name": "live"}
        document = {
            "source": {"type": "kafka-connect", "config": config},
            "sink": {"type": "datahub-rest", "config": {"server": gms.url}},
            "options": {"cluster_aliases": {"west": None}},
        }
        found.recipe.write_text(yaml.safe_dump(document))
        for key, value in (("DAGSTER_HOME", found.home), ("KC_LINEAGE_RECIPES", found.recipe.parent)):
            patch.setenv(key, str(value))
        patch.setenv("DATAHUB_TELEMETRY_ENABLED", "false")
        prepared(lab)
        yield found


def prepared(lab: Lab) -> None:
    """Every connector is there, and has moved what it can."""
    world.seed(lab)
    for name, config in world.connectors(lab).items():
        lab.put(name, config)
    wait(lambda: "quiet" in lab.topics(), "the file that is to be paused arrives")
    lab.call("PUT", "/connectors/paused/pause")
    world.settled(lab)


def test_edges_are_what_the_records_say(live: Live) -> None:
    """After one ``dagster job execute`` the edges of every connector are those that its records and rows show."""
    live.execute()
    derived, truth = live.edges(), world.observed(live.lab)
    assert derived.pop("failed") == set()  # it never moved a record
    assert derived == truth
    assert live.gms.problems == []


def test_nothing_is_left_to_do(live: Live) -> None:
    """A second run sends nothing, and the sensor asks for nothing."""
    before = sum(live.gms.writes.values())
    live.execute()
    assert sum(live.gms.writes.values()) == before
    assert live.tick() == []


def test_no_secret_leaves_the_worker(live: Live) -> None:
    """The literal password of two connectors is in no file of the state, of Dagster, and in nothing that was sent."""
    holding = [path for path, raw in contents(live.folder).items() if SECRET.encode() in raw]
    assert holding == []
    assert SECRET not in repr(live.gms.aspects)


def test_a_recording_gives_the_same_lineage(live: Live) -> None:
    """``make record`` saves what lineage needs of this worker, and no secret."""
    saved = live.folder / "recorded" / "cluster.json"
    saved.parent.mkdir()
    assert kc_lineage("record", live.lab.rest, "-o", saved).exit_code == 0
    assert SECRET not in saved.read_text()
    recipe = yaml.safe_load(live.recipe.read_text())
    recipe["source"]["config"] |= {"connect_uri": str(saved), "cluster_name": "recorded"}
    found = Cluster.of(recipe_of(recipe, saved.parent / "recorded.yml"))
    snapshot = found.fetch()
    derived = deriver(snapshot.connectors, found.derivation(snapshot))
    assert {one.name: names_of(derived(one)) for one in snapshot.connectors} == live.edges()


def test_a_change_is_followed(live: Live) -> None:
    """A connector that writes to other topics now is the only one that the sensor asks for, and its edges follow."""
    config = {**world.debezium(live.lab, "sales", "sales\\.orders_.*"), **world.unwrapped("world_$1")}
    live.lab.put("sales-unwrapped", config)

    def arrived() -> bool:
        live.lab.sql("shop", world.ROWS)  # the task may still be the old one, which takes these rows elsewhere
        return {"world_orders_eu", "world_orders_us"} <= live.lab.topics().keys()

    wait(arrived, "rows arrive in the new topics")
    assert live.follow() == ["sales-unwrapped"]
    new = {(f"shop.sales.orders_{one}", f"world_orders_{one}") for one in ("eu", "us")}
    assert new <= live.edges()["sales-unwrapped"] <= world.observed(live.lab)["sales-unwrapped"]
    assert live.dead() <= {"sales-unwrapped"}


def test_a_pause_changes_nothing(live: Live) -> None:
    """A connector that is paused keeps its lineage, and nobody asks for a run."""
    before = live.edges()
    live.lab.call("PUT", "/connectors/inventory/pause")
    wait(lambda: live.lab.states()["inventory"] == "PAUSED", "the connector is paused")
    assert live.tick() == []
    assert live.sync()
    assert live.edges() == before
    live.lab.call("PUT", "/connectors/inventory/resume")


def test_a_deleted_connector_goes_and_comes_back(live: Live) -> None:
    """What a deleted connector had is soft-deleted, nothing else; when it is there again, so is its lineage."""
    flow = flow_urn(live.cluster().naming(), "audit-out")
    live.lab.call("DELETE", "/connectors/audit-out")
    wait(lambda: "audit-out" not in live.lab.states(), "the connector is gone")
    assert live.follow() == []
    assert flow in live.gms.entities(removed=True)
    assert live.dead() <= {"audit-out", "sales-unwrapped"}
    live.lab.put("audit-out", world.connectors(live.lab)["audit-out"])
    wait(lambda: live.lab.states().get("audit-out") == "RUNNING", "the connector runs again")
    assert "audit-out" in live.follow()
    assert flow in live.gms.entities(removed=False)


def test_a_worker_that_restarts_under_load_kills_nothing(live: Live) -> None:
    """While rows flow, connectors change and the worker restarts, no run soft-deletes what is alive."""
    alive = set(world.connectors(live.lab))
    before = {urn for urn in live.gms.entities(removed=False) if "audit-out" not in urn}
    stop = threading.Event()

    def load() -> None:
        while not stop.is_set():
            live.lab.sql("shop", world.ROWS)
            time.sleep(0.1)

    load_thread = threading.Thread(target=load, daemon=True)
    restart = threading.Thread(target=live.lab.start_worker, daemon=True)
    load_thread.start()
    live.lab.worker.stop()
    assert not live.sync(), "the worker is away"
    assert before <= live.gms.entities(removed=False)
    restart.start()
    while restart.is_alive():
        live.sync()  # it may find a worker that starts, or none
        assert before <= live.gms.entities(removed=False)
    for name in ("landing", "audit-in"):
        live.lab.call("POST", f"/connectors/{quote(name, safe='')}/restart?includeTasks=true")
        live.sync()
        assert before <= live.gms.entities(removed=False)
    stop.set()
    load_thread.join()
    world.settled(live.lab)
    assert live.sync()
    assert before <= live.gms.entities(removed=False)
    assert set(live.edges()) == alive
