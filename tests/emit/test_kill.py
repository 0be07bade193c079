"""kill -9 at any moment leaves nothing lost and nothing half-written: the next run converges."""

from __future__ import annotations

import signal
import threading

import pytest
from datahub.lite.lite_util import get_datahub_lite

from kc_lineage_dagster.state.receipts import Receipts
from tests.emit.gms import Answer, Gms, healthy
from tests.emit.run_once import finish, start
from tests.emit.samples import cluster, current, flat

BATCH = 10
FULL, FEWER = 5, 3  # connectors before and after; 8 proposals each

pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated:DeprecationWarning")


class Killer:
    """A GMS that kills its client at the write ``at``: before taking it, after taking it, or a moment later."""

    def __init__(self, at, moment):
        self.at, self.moment = at, moment
        self.process, self.started = None, threading.Event()

    def __call__(self, request):
        if request.number != self.at:
            return None
        self.started.wait()
        if isinstance(self.moment, float):
            threading.Timer(self.moment, self.process.kill).start()
            return None
        self.process.kill()
        return Answer(reset=True, stored=self.moment == "after")


def expect(gms, connectors):
    """GMS holds exactly what a run without a kill leaves there."""
    wanted, everything = cluster(connectors), cluster(FULL)
    alive = {p.urn for p in flat(wanted)}
    assert gms.entities(removed=False) == alive
    assert gms.entities(removed=True) == gms.entities() - alive
    assert gms.entities() <= {p.urn for p in flat(everything)}
    for p in flat(wanted):
        assert gms.aspects[p.urn, p.aspect_name] == p.aspect
    assert gms.problems == []


def killed(gms, at, moment, *run):
    """A run that GMS kills; healthy again afterwards."""
    gms.requests.clear()
    gms.fault = killer = Killer(at, moment)
    killer.process, pipe = start(*run)
    killer.started.set()
    process = killer.process
    process.join()
    pipe.close()
    gms.settle()
    gms.fault = healthy
    assert process.exitcode == -signal.SIGKILL or isinstance(moment, float)


@pytest.mark.parametrize(
    ("at", "connectors", "moment"),
    [
        (1, FULL, "before"),
        (2, FULL, "after"),
        (4, FULL, "after"),
        (4, FULL, 0.0),
        (4, FULL, 0.003),
        (4, FULL, 0.02),
        (1, FEWER, "before"),
        (1, FEWER, "after"),
        (1, FEWER, 0.003),
    ],
)
def test_a_run_killed_while_it_writes_to_a_gms_is_made_up_for(tmp_path, at, connectors, moment):
    """In the first emission (writes 1 to 4), in the stale removal of a later run, and around the writing of state."""
    with Gms() as gms:
        run = (tmp_path, "datahub-rest", {"server": gms.url, "max_per_batch": BATCH})
        if connectors < FULL:
            finish(*run, FULL)
        killed(gms, at, moment, *run, connectors)
        Receipts.load(tmp_path)  # readable
        finish(*run, connectors)
        expect(gms, connectors)
        gms.requests.clear()
        finish(*run, connectors)
        assert gms.requests["writes"] == 0


def test_a_connector_that_returns_after_a_killed_removal_is_alive_again(tmp_path):
    """DataHub had taken the removal, the answer died with the process: removed=false is sent all the same."""
    with Gms() as gms:
        run = (tmp_path, "datahub-rest", {"server": gms.url})
        finish(*run, FULL)
        killed(gms, 1, "after", *run, FEWER)
        assert gms.entities(removed=True) == gms.entities() - {p.urn for p in flat(cluster(FEWER))}
        finish(*run, FULL)
        assert gms.entities(removed=True) == set()


@pytest.mark.parametrize("batches", [1, 2])
def test_a_run_killed_while_it_writes_to_datahub_lite_is_made_up_for(tmp_path, batches):
    """After the first batch, and after everything but the index."""
    many = 45  # 360 proposals: two looks at the callbacks
    config = {"type": "sqlite", "config": {"file": str(tmp_path / "lite.db")}}
    run = (tmp_path / "state", "datahub-lite", config, many)
    process, pipe = start(*run)
    for _ in range(batches):
        pipe.recv()
    process.kill()
    process.join()
    finish(*run)
    assert not (tmp_path / "lite.db.unindexed").exists()
    reader = get_datahub_lite({"type": "sqlite", "config": {**config["config"], "read_only": True}}, read_only=True)
    held = {
        (urn, name): value
        for entity in reader.get_all_entities()
        for urn, aspects in entity.items()
        for name, value in aspects.items()
    }
    found = reader.ls("/data_movers/kafka-connect/instances/default/dataflows")
    reader.close()
    assert held == {(p.urn, p.aspect_name): p.aspect for p in flat(cluster(many))}
    assert len(found) == many
    assert Receipts.load(tmp_path / "state").holdings() == {
        name: frozenset(urns) for name, urns in current(cluster(many)).items()
    }
