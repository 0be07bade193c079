"""The event log whose files stay open: Dagster's own, only faster."""

# no `from __future__ import annotations`: Dagster reads the annotations themselves

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from dagster import AssetKey, AssetMaterialization, DagsterInstance, Definitions, OpExecutionContext, job, op

KEY = AssetKey("lineage")
SETTINGS = Path(__file__).resolve().parents[2] / "dagster.yaml"


@op
def three(context: OpExecutionContext) -> None:
    for name in ("a", "b", "c"):
        context.log_event(AssetMaterialization(KEY, partition=name))


@job
def logs() -> None:
    three()


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    (tmp_path / "dagster.yaml").write_text(SETTINGS.read_text())
    return tmp_path


def test_dagsters_own_event_log_reads_what_it_wrote(home):
    """The files are Dagster's: taking the setting away loses nothing, and putting it back neither."""
    with DagsterInstance.get() as instance:
        assert type(instance.event_log_storage).__module__ == "kc_lineage_dagster.defs.event_log"
        run = Definitions(jobs=[logs]).resolve_job_def("logs").execute_in_process(instance=instance)
        written = [entry.message for entry in instance.all_logs(run.run_id)]
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    with DagsterInstance.get() as plain:
        assert plain.get_materialized_partitions(KEY) == {"a", "b", "c"}
        assert [entry.message for entry in plain.all_logs(run.run_id)] == written


def test_the_last_materialization_is_the_last(home):
    """What Dagster keeps of an asset beside its events follows each run, for others who read the same files too."""
    with DagsterInstance.get() as instance:
        run = Definitions(jobs=[logs]).resolve_job_def("logs").execute_in_process(instance=instance)
        with DagsterInstance.get() as other:
            assert other.get_latest_materialization_event(KEY).get_dagster_event().partition == "c"
        assert instance.get_latest_materialization_event(KEY).run_id == run.run_id


def test_many_runs_and_threads(home):
    """More runs than files that stay open, read by several threads at once."""
    with DagsterInstance.get() as instance:
        runs = [logs.execute_in_process(instance=instance).run_id for _ in range(18)]
        with ThreadPoolExecutor(4) as pool:
            counts = set(pool.map(lambda run: len(instance.all_logs(run)), runs * 2))
        assert len(counts) == 1


def test_a_wiped_event_log_is_empty_and_usable(home):
    """Files that are deleted are not written to."""
    with DagsterInstance.get() as instance:
        logs.execute_in_process(instance=instance)
        instance.event_log_storage.wipe()
        assert instance.get_materialized_partitions(KEY) == set()
        assert logs.execute_in_process(instance=instance).success
        assert instance.get_materialized_partitions(KEY) == {"a", "b", "c"}
