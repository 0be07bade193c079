"""Old runs go, and no partition loses its status."""

from __future__ import annotations

import pytest
from dagster import AssetCheckKey, AssetKey, DagsterInstance, DagsterRunStatus

from kc_lineage_dagster import build_definitions
from kc_lineage_dagster.defs.lost_edges import reported_before
from kc_lineage_dagster.defs.names import Names
from kc_lineage_dagster.defs.prune import Pruned, prune
from tests.defs.clusters import (
    CONNECTORS,
    POSTGRES,
    execute,
    materialize,
    run,
    save_cluster,
    with_own_home,
)

NAMES = Names("shop")
LINEAGE = AssetKey(["shop", "connector_lineage"])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    with_own_home(tmp_path, monkeypatch)
    return tmp_path


@pytest.fixture
def instance(folder):
    """Without a database of its own for each run, which takes longer than the run."""
    with DagsterInstance.ephemeral(tempdir=str(folder)) as ephemeral:
        yield ephemeral


def ids(instance):
    return [one.run_id for one in instance.get_runs()]


@pytest.mark.slow
def test_what_holds_the_newest_materialization_stays(folder, instance):
    """Of four syncs and a preview the first one stays for its partitions and the last one for the others."""
    first = run(folder, instance).run_id
    changed = {**POSTGRES, "table.include.list": "public.users"}
    for one in (POSTGRES, changed, POSTGRES):
        save_cluster(folder, {**CONNECTORS, "cdc": one})
        last = run(folder, instance).run_id
    execute(build_definitions(folder / "shop.yml"), instance, "preview_shop")
    green = instance.get_materialized_partitions(LINEAGE)
    assert len(green) == len(CONNECTORS)
    assert prune(instance, NAMES, 1) == Pruned(0, 0)
    assert prune(instance, Names("another"), 0) == Pruned(0, 0)
    assert prune(instance, NAMES, 0) == Pruned(3, 2)
    assert set(ids(instance)) == {first, last}
    assert instance.get_materialized_partitions(LINEAGE) == green
    save_cluster(folder, {**CONNECTORS, "new": POSTGRES})  # Dagster builds its cache of partitions anew
    assert run(folder, instance).success
    assert instance.get_materialized_partitions(LINEAGE) == green | {"new"}


@pytest.mark.slow
def test_a_deleted_connector_holds_nothing(folder):
    """A run that only a partition that is gone was made by goes too, and leaves no file."""
    with DagsterInstance.get() as instance:
        run(folder, instance)
        save_cluster(folder, {**CONNECTORS, "short": POSTGRES})
        short = run(folder, instance).run_id
        save_cluster(folder, CONNECTORS)
        run(folder, instance)
        assert prune(instance, NAMES, 0).deleted == 1
        assert not instance.has_run(short)
        assert not list((folder / "home").rglob(f"*{short}*"))


def test_what_is_under_way_or_of_others_stays(folder, instance):
    """Runs that have not ended are never deleted."""
    job = build_definitions(folder / "shop.yml").resolve_job_def("sync_shop")
    started = instance.create_run_for_job(job, status=DagsterRunStatus.STARTED).run_id
    assert prune(instance, NAMES, 0) == Pruned(0, 0)
    assert ids(instance) == [started]


@pytest.mark.slow
def test_lost_edges_are_remembered(folder, instance):
    """What the check has reported outlives the run that reported it."""
    check = AssetCheckKey(LINEAGE, "no_edge_disappeared")
    run(folder, instance)
    save_cluster(folder, {**CONNECTORS, "cdc": {**POSTGRES, "table.include.list": "public.users"}})
    for _ in range(3):
        run(folder, instance)
    before = reported_before(instance, check)
    assert len(before) == 1
    assert prune(instance, NAMES, 0).deleted == 1
    assert reported_before(instance, check) == before
    materialize(folder, instance, partition_key="cdc")
    assert [one.ends for one in reported_before(instance, check)] == [one.ends for one in before]


@pytest.mark.slow
def test_the_job(folder, instance):
    """`prune_shop` says how many runs went; the schedule is on where the recipe says after how many days."""
    definitions = build_definitions(folder / "shop.yml")
    for _ in range(3):
        run(folder, instance)
    config = {"ops": {"shop__prune": {"config": {"older_than_days": 0}}}}
    result = execute(definitions, instance, "prune_shop", run_config=config)
    assert result.success
    assert len(ids(instance)) == 3
    assert definitions.resolve_schedule_def("shop_prune").default_status.value == "STOPPED"
