"""`dagster dev` is killed with everything it started, as a container is: what comes after it works on.

Time does not pass here: what Dagster has stored of the dead runs is made older.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
import yaml
from dagster import DagsterInstance, DagsterRunStatus

from kc_lineage_dagster import build_definitions
from kc_lineage_dagster.defs.names import Names
from kc_lineage_dagster.defs.runs import SILENT, under_way
from kc_lineage_dagster.recipe.files import read_recipe
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.state.lock import holder
from tests.connect.stand_in import ConnectStandIn, worker
from tests.defs.clusters import CONNECTORS, write_recipe
from tests.emit.gms import Gms
from tests.live.machine import free_ports
from tests.waiting import wait

pytestmark = [pytest.mark.machines, pytest.mark.filterwarnings("default")]

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 900.0  # seconds: beyond them nothing can be said of a machine
AGE = 3 * 3600.0  # seconds by which dead runs are made older


@contextmanager
def dagster_dev(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`dagster dev` in a process group of its own; whatever is left of the group is killed."""
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "dagster", "dev", "-m", "kc_lineage_dagster.definitions", "-p", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    with (folder / "dagster.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        kill(process)


def ended(process: subprocess.Popen[bytes]) -> Callable[[], bool]:
    """Whether the process has ended."""
    return lambda: process.poll() is not None


def kill(process: subprocess.Popen[bytes]) -> None:
    """Signal 9 to the whole group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def made_older(home: Path) -> None:
    """Everything that Dagster's SQLite storage holds of runs happened ``AGE`` seconds earlier."""
    with closing(sqlite3.connect(home / "history/runs.db")) as runs:
        runs.execute("UPDATE runs SET create_timestamp = datetime(create_timestamp, ?)", (f"-{AGE:g} seconds",))
        runs.commit()
    for path in (home / "history/runs").glob("*-*.db"):
        with closing(sqlite3.connect(path)) as events:
            for row, text in events.execute("SELECT id, event FROM event_logs").fetchall():
                event = json.loads(text)
                event["timestamp"] -= AGE
                events.execute("UPDATE event_logs SET event = ? WHERE id = ?", (json.dumps(event), row))
            events.commit()


@pytest.fixture
def home(tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    settings = yaml.safe_load((ROOT / "dagster.yaml").read_text())
    quick = {"run_queue": {"dequeue_interval_seconds": 1}}
    (home / "dagster.yaml").write_text(yaml.safe_dump({**settings, **quick}))
    monkeypatch.delenv("KC_LINEAGE_STATE", raising=False)
    monkeypatch.setenv("KC_LINEAGE_RECIPES", str(tmp_path / "shop.yml"))
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    return home


def test_dagster_dev_killed_with_all_its_children(tmp_path, home):
    """A run that the sensor asked for dies at work, and seven more with it, as many as run at once: after the restart
    the sensor asks again by itself, no dead run fills the queue, and the new run ends what the dead one began.
    """
    release = threading.Event()
    topics = {"cdc": ["pg.public.users", "pg.public.orders"]}
    with ConnectStandIn(worker({"cdc": CONNECTORS["cdc"]}, topics=topics)) as connect, Gms() as gms:
        gms.fault = lambda request: release.wait(PATIENCE) and None if request.number else None
        sink = {"type": "datahub-rest", "config": {"server": gms.url}}
        recipe = write_recipe(tmp_path, sink=sink, connect_uri=connect.uri)
        options = {"sensor_enabled": True, "sensor_interval": 5}
        recipe.write_text(yaml.safe_dump({**yaml.safe_load(recipe.read_text()), "options": options}))
        cluster = Cluster.of(read_recipe(recipe))

        def told() -> str:
            return (tmp_path / "dagster.log").read_text(errors="replace")[-3000:]

        with DagsterInstance.get() as instance:
            with dagster_dev(tmp_path) as process:

                def works():
                    return holder(cluster.state) and gms.requests["writes"]

                wait(works, "a run at work", PATIENCE, told, ended(process))
                assert under_way(instance, Names("shop"), cluster)
                kill(process)
                release.set()
            wait(lambda: holder(cluster.state) is None, "the lock of a dead process is free", PATIENCE, told)
            (died,) = instance.get_runs()
            assert died.status is DagsterRunStatus.STARTED
            job = build_definitions(recipe).resolve_job_def("sync_shop")
            dead = {died.run_id}
            dead |= {instance.create_run_for_job(job, status=DagsterRunStatus.STARTED).run_id for _ in range(7)}
            assert under_way(instance, Names("shop"), cluster, time.time() + SILENT + 1) is None
            made_older(home)
            with dagster_dev(tmp_path) as process:

                def statuses():
                    return {run.run_id: run.status for run in instance.get_runs()}

                def over():
                    return DagsterRunStatus.SUCCESS in statuses().values()

                wait(over, "a run that ends well", PATIENCE, told, ended(process))
            assert {run_id for run_id, status in statuses().items() if status is DagsterRunStatus.FAILURE} == dead
    assert len(gms.entities(removed=False)) == 3
    assert gms.problems == []
