"""kill -9 at any moment leaves nothing lost and nothing half-written: the next run converges. On both databases."""

from __future__ import annotations

import signal
import threading

import pytest
from datahub.lite.lite_util import get_datahub_lite

from kc_lineage_dagster.derive.cluster import deriver
from kc_lineage_dagster.emit.aspects import proposals
from kc_lineage_dagster.run.adoption import mark_of
from kc_lineage_dagster.run.beyond import beyond
from tests.emit.gms import Answer, Gms, healthy
from tests.emit.run_once import Run

BATCH = 10
FULL, FEWER = 5, 3  # connectors before and after; 11 proposals each

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:Call to deprecated:DeprecationWarning")]


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


def wanted(run, connectors):
    """The proposals that a run sends."""
    cluster = run.cluster(connectors)
    snapshot = cluster.fetch()
    derived = deriver(snapshot.connectors, beyond(cluster, snapshot).settings)
    naming, mark = cluster.naming(), mark_of(cluster, snapshot.kafka_cluster_id)
    return [p for one in snapshot.connectors for p in proposals(derived(one), one.config, naming, mark=mark)]


def expect(gms, run, connectors):
    """GMS holds exactly what a run without a kill leaves there."""
    everything, now = wanted(run, FULL), wanted(run, connectors)
    alive = {p.urn for p in now}
    assert gms.entities(removed=False) == alive
    assert gms.entities(removed=True) == gms.entities() - alive
    assert gms.entities() <= {p.urn for p in everything}
    for p in now:
        assert gms.aspects[p.urn, p.aspect_name] == p.aspect
    assert gms.problems == []


def killed(gms, at, moment, run, connectors):
    """A run that GMS kills; healthy again afterwards."""
    gms.requests.clear()
    gms.fault = killer = Killer(at, moment)
    killer.process, pipe = run.start(connectors)
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
        (6, FULL, 0.0),
        (6, FULL, 0.003),
        (6, FULL, 0.02),
        (1, FEWER, "before"),
        (1, FEWER, "after"),
        (1, FEWER, 0.003),
    ],
)
def test_a_run_killed_while_it_writes_to_a_gms_is_made_up_for(tmp_path, database, at, connectors, moment):
    """In the first emission (writes 1 to 6), in the stale removal of a later run, and around the writing of state."""
    with Gms() as gms:
        run = Run(tmp_path / "cluster", database, "datahub-rest", {"server": gms.url, "max_per_batch": BATCH})
        if connectors < FULL:
            run.finish(FULL)
        killed(gms, at, moment, run, connectors)
        run.finish(connectors)
        expect(gms, run, connectors)
        gms.requests.clear()
        run.finish(connectors)
        assert gms.requests["writes"] == 0


def test_a_connector_that_returns_after_a_killed_removal_is_alive_again(tmp_path, database):
    """DataHub had taken the removal, the answer died with the process: removed=false is sent all the same."""
    with Gms() as gms:
        run = Run(tmp_path / "cluster", database, "datahub-rest", {"server": gms.url})
        run.finish(FULL)
        killed(gms, 1, "after", run, FEWER)
        assert gms.entities(removed=True) == gms.entities() - {p.urn for p in wanted(run, FEWER)}
        run.finish(FULL)
        assert gms.entities(removed=True) == set()


def test_what_a_killed_run_had_sent_is_removed_when_its_connector_is_gone(tmp_path, database):
    """DataHub had taken a new connector, the process died before it could note that, and then the connector went."""
    with Gms() as gms:
        run = Run(tmp_path / "cluster", database, "datahub-rest", {"server": gms.url})
        run.finish(FEWER)
        killed(gms, 1, "after", run, FULL)
        run.finish(FEWER)
        expect(gms, run, FEWER)


@pytest.mark.parametrize("batches", [1, 2])
def test_a_run_killed_while_it_writes_to_datahub_lite_is_made_up_for(tmp_path, database, batches):
    """The next run completes what a kill cut off, after the first batch as well as right before the index is made."""
    many = 35  # 385 proposals: two looks at the callbacks
    config = {"type": "sqlite", "config": {"file": str(tmp_path / "lite.db")}}
    run = Run(tmp_path / "cluster", database, "datahub-lite", config)
    process, pipe = run.start(many)
    for _ in range(batches):
        pipe.recv()
    process.kill()
    process.join()
    run.finish(many)
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
    assert held == {(p.urn, p.aspect_name): p.aspect for p in wanted(run, many)}
    assert len(found) == many
