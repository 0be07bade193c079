"""Runs that die with their process block nobody: processes that run the job, killed with signal 9."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRunStatus, build_schedule_context, build_sensor_context

from kc_lineage_dagster import build_definitions
from kc_lineage_dagster.defs.names import Names
from kc_lineage_dagster.defs.runs import SILENT, end_dead_runs, under_way
from kc_lineage_dagster.recipe.files import read_recipe
from kc_lineage_dagster.run.cluster import Cluster
from tests.connect.stand_in import ConnectStandIn, delay, worker
from tests.defs.clusters import CONNECTORS, run, write_recipe
from tests.emit.gms import Gms
from tests.forked import context
from tests.waiting import wait

ROOT = Path(__file__).resolve().parents[2]
NAMES = Names("shop")
PATIENCE = 900  # seconds for a process to get somewhere
LONG = 3 * 3600  # seconds after which nobody is waiting for anything any more


@pytest.fixture
def home(tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    for name in ("KC_LINEAGE_STATE", "KC_LINEAGE_RECIPES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    return home


def started(folder):
    """A sync in a process of its own."""
    process = context().Process(target=_sync, args=(folder, os.environ["DAGSTER_HOME"]))
    process.start()
    return process


def _sync(folder, home):
    os.environ["DAGSTER_HOME"] = home
    for name in ("KC_LINEAGE_STATE", "KC_LINEAGE_RECIPES"):
        os.environ.pop(name, None)
    with DagsterInstance.get() as instance:
        run(folder, instance)


def ended(process):
    """Tell whether a process has ended."""
    return lambda: not process.is_alive()


def kill(process):
    process.kill()
    process.join()


def unfinished(instance):
    return [run for run in instance.get_runs() if run.status is DagsterRunStatus.STARTED]


def tick(folder, instance):
    definitions = build_definitions(folder / "shop.yml")
    with build_sensor_context(instance=instance, definitions=definitions) as context:
        return definitions.resolve_sensor_def("shop_connector_changes").evaluate_tick(context)


@pytest.mark.slow
def test_a_run_that_reads_and_dies(tmp_path, home):
    """While it reads, the sensor waits; killed, it is no reason to wait after minutes, and is marked as failed."""
    topics = {name: [] for name in CONNECTORS}
    with ConnectStandIn(worker({"cdc": CONNECTORS["cdc"]}, topics=topics)) as connect:
        connect.fault("/connectors/cdc/topics", delay(PATIENCE))
        cluster = Cluster.of(read_recipe(write_recipe(tmp_path, connect_uri=connect.uri)))
        process = started(tmp_path)
        try:
            with DagsterInstance.get() as instance:
                wait(
                    lambda: "/connectors/cdc/topics" in connect.targets,
                    "the request for topics",
                    PATIENCE,
                    over=ended(process),
                )
                assert "under way" in tick(tmp_path, instance).skip_message
                kill(process)
                (dead,) = unfinished(instance)
                assert end_dead_runs(instance, NAMES, cluster) == []  # it might still be reading
                assert under_way(instance, NAMES, cluster, time.time() + SILENT + 1) is None
                assert end_dead_runs(instance, NAMES, cluster, time.time() + LONG) == [dead.run_id]
                assert instance.get_run_by_id(dead.run_id).status is DagsterRunStatus.FAILURE
                connect.fault("/connectors/cdc/topics")
                assert len(tick(tmp_path, instance).run_requests) == 1
        finally:
            kill(process)


@pytest.mark.slow
def test_a_run_that_sends_and_dies(tmp_path, home):
    """While it holds the cluster's lock it is alive, however long it is silent; killed, the lock is free at once."""
    release = threading.Event()
    with ConnectStandIn(worker({"cdc": CONNECTORS["cdc"]}, topics={})) as connect, Gms() as gms:
        gms.fault = lambda request: release.wait(PATIENCE) and None if "entities" in request.path else None
        sink = {"type": "datahub-rest", "config": {"server": gms.url}}
        cluster = Cluster.of(read_recipe(write_recipe(tmp_path, sink=sink, connect_uri=connect.uri)))
        process = started(tmp_path)
        try:
            with DagsterInstance.get() as instance:
                late = time.time() + LONG

                def works():
                    return "working" in str(under_way(instance, NAMES, cluster, late))

                wait(works, "a run at work", PATIENCE, over=ended(process))
                (busy,) = unfinished(instance)
                assert busy.run_id in under_way(instance, NAMES, cluster, late)
                assert end_dead_runs(instance, NAMES, cluster, late) == []
                kill(process)
                assert under_way(instance, NAMES, cluster, late) is None
                assert end_dead_runs(instance, NAMES, cluster, late) == [busy.run_id]
        finally:
            release.set()
            kill(process)


@pytest.mark.slow
def test_eight_dead_runs_fill_no_queue(tmp_path, home):
    """All dead runs of a cluster end, as many as Dagster runs at once, and none of another cluster."""
    cluster = Cluster.of(read_recipe(write_recipe(tmp_path)))
    with DagsterInstance.ephemeral(tempdir=str(tmp_path)) as instance:
        definitions = build_definitions(tmp_path / "shop.yml")
        for name in ("sync_shop",) * 7 + ("preview_shop",):
            instance.create_run_for_job(definitions.resolve_job_def(name), status=DagsterRunStatus.STARTED)
        late = time.time() + LONG
        assert end_dead_runs(instance, Names("another"), cluster, late) == []
        assert len(end_dead_runs(instance, NAMES, cluster, late)) == 8
        assert unfinished(instance) == []


@pytest.mark.slow
def test_schedules_ask_whatever_has_died(tmp_path, home):
    """Both schedules ask for their run, also when the recipe cannot be used: the run says why."""
    write_recipe(tmp_path)
    with DagsterInstance.get() as instance:
        for _ in ("a good recipe", "a bad one"):
            definitions = build_definitions(tmp_path / "shop.yml")
            for name, config in (("shop_sync", {}), ("shop_full_refresh", {"full_refresh": True})):
                with build_schedule_context(instance=instance) as context:
                    (request,) = definitions.resolve_schedule_def(name).evaluate_tick(context).run_requests
                assert request.run_config == ({"ops": {NAMES.sync_op: {"config": config}}} if config else {})
            write_recipe(tmp_path, conect_uri="x")


def launched(folder, config):
    """Put a run into Dagster's queue, which nobody works off here."""
    command = [sys.executable, "-m", "dagster", "job", "launch", "-m", "kc_lineage_dagster.definitions"]
    environ = {**os.environ, "KC_LINEAGE_RECIPES": str(folder / "shop.yml"), "PYTHONPATH": str(ROOT)}
    command += ["-j", "sync_shop", "--config-json", json.dumps(config)]
    subprocess.run(command, env=environ, cwd=folder, check=True, capture_output=True)


@pytest.mark.slow
def test_a_schedule_adds_nothing_to_a_queue_that_holds_the_same(tmp_path, home):
    """While the very run waits in Dagster's queue a schedule skips, so that hours without a free slot leave one run a
    cluster; another run of the cluster, or one that works already, is no reason to.
    """
    write_recipe(tmp_path)
    definitions = build_definitions(tmp_path / "shop.yml")
    full = {"ops": {NAMES.sync_op: {"config": {"full_refresh": True}}}}
    narrow = {"ops": {NAMES.sync_op: {"config": {"connectors": ["cdc"]}}}}

    def asked(instance):
        for name in ("shop_sync", "shop_full_refresh"):
            with build_schedule_context(instance=instance) as context:
                yield len(definitions.resolve_schedule_def(name).evaluate_tick(context).run_requests or [])

    with DagsterInstance.get() as instance:
        job = definitions.resolve_job_def("sync_shop")
        for config in ({}, full):
            instance.create_run_for_job(job, run_config=config, status=DagsterRunStatus.STARTED)
        launched(tmp_path, narrow)
        assert list(asked(instance)) == [1, 1]
        launched(tmp_path, {})
        assert list(asked(instance)) == [0, 1]
        launched(tmp_path, full)
        assert list(asked(instance)) == [0, 0]
