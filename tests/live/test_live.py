"""The project against a real Connect worker: lineage equals what the records say, and follows what happens."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from kc_lineage_dagster.derive.cluster import deriver
from kc_lineage_dagster.emit.urns import flow_urn
from kc_lineage_dagster.recipe.files import recipe_of
from kc_lineage_dagster.run.beyond import beyond
from kc_lineage_dagster.run.cluster import Cluster
from tests.cli.run import kc_lineage
from tests.live import world
from tests.live.lab import SECRET, Lab
from tests.live.project import Live, beside, names_of
from tests.written import contents

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def live(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with beside(lab, tmp_path_factory.mktemp("live")) as found:
        yield found


def test_edges_are_what_the_records_say(live: Live) -> None:
    """After one ``dagster job execute`` the edges of every connector are those that its records and rows show."""
    live.execute()
    derived, truth = live.edges(), world.observed(live.lab)
    assert derived.pop("failed") == set()  # it never moved a record
    assert derived == truth
    assert live.gms.problems == []


def test_a_name_that_no_path_carries_is_read_from_the_listing(live: Live) -> None:
    """Kafka 4 refuses ``%2F``: such a connector is created by ``POST``, and read without what only its path tells."""
    path = f"/connectors/{quote(world.SLASHED, safe='')}"
    with pytest.raises(RuntimeError, match="400"):
        live.lab.call("GET", path)
    (odd,) = (one for one in live.cluster().fetch().connectors if one.name == world.SLASHED)
    assert odd.topics is None
    (note,) = odd.notes
    assert "400" in note.text
    assert live.edges()[world.SLASHED]


def test_nothing_is_left_to_do(live: Live) -> None:
    """A second run sends nothing, and the sensor asks for nothing."""
    before = sum(live.gms.writes.values())
    assert live.sync()
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
    derived = deriver(snapshot.connectors, beyond(found, snapshot).settings)
    assert {one.name: names_of(derived(one)) for one in snapshot.connectors} == live.edges()


def test_a_change_is_followed(live: Live) -> None:
    """A connector that writes to other topics now is the only one that the sensor asks for, and its edges follow."""
    config = {**world.debezium(live.lab, "sales", "sales\\.orders_.*"), **world.unwrapped("world_$1")}
    live.lab.put("sales-unwrapped", config)

    def arrived() -> bool:
        live.lab.sql("shop", world.ROWS)  # the task may still be the old one, which takes these rows elsewhere
        return {"world_orders_eu", "world_orders_us"} <= live.lab.topics()

    live.lab.wait(arrived, "rows arrive in the new topics")
    assert live.follow() == ["sales-unwrapped"]
    new = {(f"shop.sales.orders_{one}", f"world_orders_{one}") for one in ("eu", "us")}
    assert new <= live.edges()["sales-unwrapped"] <= world.observed(live.lab)["sales-unwrapped"]
    assert live.dead() <= {"sales-unwrapped"}


def test_a_pause_changes_nothing(live: Live) -> None:
    """A connector that is paused keeps its lineage, and nobody asks for a run."""
    before = live.edges()
    live.lab.call("PUT", "/connectors/inventory/pause")
    live.lab.wait(lambda: live.lab.states()["inventory"] == "PAUSED", "the connector is paused")
    assert live.tick() == []
    assert live.sync()
    assert live.edges() == before
    live.lab.call("PUT", "/connectors/inventory/resume")


def test_a_deleted_connector_goes_and_comes_back(live: Live) -> None:
    """What a deleted connector had is soft-deleted, nothing else; when it is there again, so is its lineage."""
    flow = flow_urn(live.cluster().naming(), "audit-out")
    live.lab.call("DELETE", "/connectors/audit-out")
    live.lab.wait(lambda: "audit-out" not in live.lab.states(), "the connector is gone")
    assert live.follow() == []
    assert flow in live.gms.entities(removed=True)
    assert live.dead() <= {"audit-out", "sales-unwrapped"}
    live.lab.put("audit-out", world.connectors(live.lab)["audit-out"])
    live.lab.wait(lambda: live.lab.states().get("audit-out") == "RUNNING", "the connector runs again")
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
    restart = threading.Thread(target=live.lab.worker.start, daemon=True)
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
