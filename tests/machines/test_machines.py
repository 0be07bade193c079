"""Ten clusters on Dagster's own engines: two Celery workers, a daemon and a web server that share no disk.

The tests of this file go on from one another, in their order, as the life of one deployment does.
"""

from __future__ import annotations

import time
from collections import Counter

import pytest

from tests.emit.gms import healthy, slow
from tests.machines.fleet import CLUSTERS, Fleet, connectors
from tests.waiting import wait

pytestmark = [pytest.mark.machines, pytest.mark.filterwarnings("default")]

CONNECTORS = 12
BATCH = 200  # proposals in one request of the sink: what can be in flight when a machine dies


def expected(fleet: Fleet, wanted: dict[str, int]) -> bool:
    """Whether DataHub shows exactly these numbers of connectors alive, with a job for each of their tables."""
    alive = {name for cluster, count in wanted.items() for name in connectors(cluster, count)}
    jobs = [
        urn for urn in fleet.gms.entities(removed=False) if urn.startswith("urn:li:dataJob:(urn:li:dataFlow:(kafka-c")
    ]
    return fleet.flows(removed=False) == alive and len(jobs) == 3 * len(alive)


def idle(fleet: Fleet) -> bool:
    """Whether nobody works on any cluster."""
    return not any(fleet.holder(cluster) for cluster in CLUSTERS)


def writes(fleet: Fleet) -> Counter[tuple[str, str]]:
    """How often DataHub was told each aspect of flows and jobs of connectors."""
    return Counter({key: count for key, count in dict(fleet.gms.writes).items() if "(kafka-connect," in key[0]})


def test_sensors_find_every_cluster(fleet):
    """Ten sensors ask for ten runs, which both workers share, and DataHub holds every connector once."""
    wait(lambda: expected(fleet, dict.fromkeys(CLUSTERS, CONNECTORS)), "all clusters are in DataHub")
    wait(lambda: idle(fleet), "the runs have ended")
    assert set(writes(fleet).values()) == {1}


def test_unchanged_sends_nothing_whichever_worker_takes_it(fleet):
    """A sync of every cluster, wherever it runs, finds the state that another machine left."""
    before = writes(fleet)
    client = fleet.client()
    runs = [client.submit_job_execution(f"sync_{cluster}") for cluster in CLUSTERS]
    for run in runs:
        status = wait(lambda run=run: _ended(client, run), f"run {run} has ended")
        assert status == "SUCCESS"
    assert writes(fleet) == before


def test_a_dead_machine_blocks_nobody(fleet):
    """A worker killed in the middle of an emission and of a removal: every cluster converges, and no more than what was
    in flight is sent twice.
    """
    before = writes(fleet)
    fleet.gms.fault = slow(1.0)
    fleet.set("c0", connectors("c0", CONNECTORS + 200))
    fleet.set("c1", connectors("c1", 8))
    sent = fleet.gms.requests["writes"]
    victim = wait(lambda: fleet.gms.requests["writes"] > sent + 1 and fleet.worker_of("c0"), "a worker emits c0")
    victim.kill()
    fleet.gms.fault = healthy
    fleet.gms.settle_among_others()
    victim.start()
    wanted = {**dict.fromkeys(CLUSTERS, CONNECTORS), "c0": CONNECTORS + 200, "c1": 8}
    wait(lambda: expected(fleet, wanted), "every cluster is right again")
    assert fleet.flows(removed=True) == set(connectors("c1", CONNECTORS)) - set(connectors("c1", 8))
    wait(lambda: idle(fleet), "the runs have ended")
    again = [key for key, count in (writes(fleet) - before).items() if count > 1]
    assert len(again) <= 2 * BATCH


def test_a_new_daemon_goes_on(fleet):
    """A daemon that died and was started again asks for what has changed meanwhile."""
    fleet.machines["daemon"].kill()
    fleet.set("c2", connectors("c2", CONNECTORS + 1))
    time.sleep(5)
    fleet.machines["daemon"].start()
    wait(lambda: "c2-cdc-12" in fleet.flows(removed=False), "the new connector is in DataHub")


def test_postgresql_away_for_a_minute(fleet):
    """State and Dagster's storage gone while clusters change: afterwards every cluster converges."""
    wanted = {**dict.fromkeys(CLUSTERS, CONNECTORS + 2), "c0": CONNECTORS + 200, "c1": 8, "c2": CONNECTORS + 1}
    sent = fleet.gms.requests["writes"]
    for cluster in CLUSTERS[3:]:
        fleet.set(cluster, connectors(cluster, CONNECTORS + 2))
    wait(lambda: fleet.gms.requests["writes"] > sent, "a run is at work")
    fleet.postgres.stop()
    time.sleep(60)
    fleet.postgres.start()
    wait(lambda: expected(fleet, wanted), "every cluster is right again")
    wait(lambda: idle(fleet), "the runs have ended")


def _ended(client, run: str) -> str | None:
    status = client.get_run_status(run).value
    return status if status in ("SUCCESS", "FAILURE", "CANCELED") else None
