"""Which runs of a cluster are under way, and which have died with their process or machine.

Dagster keeps the run of a killed process STARTED, and its default run launcher cannot look: neither status nor launcher
tells whether anybody works. The lock of the cluster's state does, because the lock dies with its holder. A run that
reads the cluster, or waits for the lock, does not hold it, but leaves events: when it has been silent for longer than
either may last, it is dead.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter

from kc_lineage_dagster.defs.names import Names
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.state.lock import holder

SILENT = 300.0  # seconds without an event after which a run is no reason to wait: it may read slowly, or be dead
_MARGIN = 60.0  # seconds beyond the longest silence of a run that lives
_WAITING = [DagsterRunStatus.QUEUED, DagsterRunStatus.NOT_STARTED, DagsterRunStatus.STARTING]
_WORKING = [DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]
_ASSET_JOB = "__ASSET_JOB"  # Dagster's own job: what the web interface starts for single assets and partitions


def under_way(instance: DagsterInstance, names: Names, cluster: Cluster, now: float | None = None) -> str | None:
    """Return why no further run is to be asked for, None when nobody works on the cluster.

    Args:
        instance: The Dagster instance that holds the runs.
        names: The Dagster names of the cluster.
        cluster: The cluster.
        now: Seconds since the epoch; given by tests only.
    """
    working = holder(cluster.state)
    if working:
        return f"a run is working on this cluster ({working})"
    now = time.time() if now is None else now
    for run in _unfinished(instance, names, [*_WAITING, *_WORKING]):
        if run.status is DagsterRunStatus.QUEUED:
            return f"run {run.run_id} of this cluster waits in Dagster's queue"
        if now - _last_sign(instance, run) < SILENT:
            return f"run {run.run_id} of this cluster is under way"
    return None


def end_dead_runs(instance: DagsterInstance, names: Names, cluster: Cluster, now: float | None = None) -> list[str]:
    """Mark the runs of this cluster that have died as failed, so that they fill no queue; return their ids.

    A run that holds the cluster's lock, or has left an event lately, is left alone.

    Args:
        instance: The Dagster instance that holds the runs.
        names: The Dagster names of the cluster.
        cluster: The cluster.
        now: Seconds since the epoch; given by tests only.
    """
    now = time.time() if now is None else now
    options = cluster.recipe.options
    longest = max(SILENT, options.connect.total_timeout + options.lock_timeout + _MARGIN)
    working = str(holder(cluster.state) or "")
    ended = []
    for run in _unfinished(instance, names, _WORKING):
        silent = now - _last_sign(instance, run)
        if silent > longest and run.run_id not in working:
            why = f"The run has died: no event for {silent / 60:.0f} minutes, and it does not hold the cluster's lock."
            instance.report_run_failed(run, why)
            ended.append(run.run_id)
    return ended


def queued(instance: DagsterInstance, job: str, run_config: Mapping[str, Any]) -> str | None:
    """Return the id of a run of the whole job with this very config that waits in Dagster's queue; None without one.

    Args:
        instance: The Dagster instance that holds the runs.
        job: The name of the job.
        run_config: The config that the run was asked for with.
    """
    runs = instance.get_runs(RunsFilter(job_name=job, statuses=[DagsterRunStatus.QUEUED]))
    alike = (run for run in runs if run.run_config == run_config and not run.asset_selection)
    return next((run.run_id for run in alike), None)


def _unfinished(instance: DagsterInstance, names: Names, statuses: list[DagsterRunStatus]) -> Iterator[DagsterRun]:
    return (run for run in instance.get_runs(RunsFilter(statuses=statuses)) if belongs(run, names))


def belongs(run: DagsterRun, names: Names) -> bool:
    """Tell whether a run is of this cluster and of nothing else."""
    if run.job_name != _ASSET_JOB:
        return run.job_name in (names.job, names.preview_job, names.doctor_job, names.prune_job)
    chosen = {*(run.asset_selection or ()), *(one.asset_key for one in run.asset_check_selection or ())}
    return bool(chosen) and chosen <= {names.raw, names.lineage, names.emissions, names.stale}


def _last_sign(instance: DagsterInstance, run: DagsterRun) -> float:
    """Return when the run left its last event, in seconds since the epoch; without one, when it was created."""
    records = instance.get_records_for_run(run.run_id, limit=1, ascending=False).records
    if records:
        return float(records[0].event_log_entry.timestamp)
    record = instance.get_run_record_by_id(run.run_id)
    return record.create_timestamp.timestamp() if record else 0.0
