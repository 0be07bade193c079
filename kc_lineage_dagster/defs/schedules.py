"""Schedules of a cluster: an hourly sync (topics change without configurations changing) and a weekly full refresh."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from dagster import (
    DefaultScheduleStatus,
    RunRequest,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SkipReason,
    schedule,
)

from kc_lineage_dagster.defs.names import Names
from kc_lineage_dagster.defs.runs import end_dead_runs, queued
from kc_lineage_dagster.errors import KcLineageError
from kc_lineage_dagster.recipe.files import RecipeFile
from kc_lineage_dagster.run.cluster import Cluster

REFRESH_CRON = "17 3 * * 0"  # Sundays at 3:17


def cluster_schedules(file: RecipeFile, names: Names, job: Any) -> list[ScheduleDefinition]:
    """Return ``<slug>_sync`` (``options.schedule``) and ``<slug>_full_refresh``.

    Before a schedule asks for a run it ends the dead runs of its cluster, so that they fill no queue. It asks for none
    while the same run still waits in Dagster's queue: that one will read the cluster when it starts.

    Args:
        file: The cluster's recipe.
        names: The Dagster names of the cluster.
        job: The job to run.
    """
    full = {"ops": {names.sync_op: {"config": {"full_refresh": True}}}}
    about = "Reads the whole cluster and sends what differs."
    about_full = "Sends everything again, also what DataHub has acknowledged."
    return [
        _schedule(file, names, job, names.schedule, file.options.schedule, about, {}),
        _schedule(file, names, job, names.refresh_schedule, REFRESH_CRON, about_full, full),
    ]


def _schedule(
    file: RecipeFile, names: Names, job: Any, name: str, cron: str, description: str, run_config: Mapping[str, Any]
) -> ScheduleDefinition:
    running = DefaultScheduleStatus.RUNNING if file.options.schedule_enabled else DefaultScheduleStatus.STOPPED

    @schedule(
        name=name,
        job=job,
        cron_schedule=cron,
        execution_timezone=file.options.timezone,
        default_status=running,
        description=description,
    )
    def requested(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
        with suppress(KcLineageError):  # the run itself says what is wrong with recipe or state
            end_dead_runs(context.instance, names, Cluster.of(file))
        waiting = queued(context.instance, names.job, run_config)
        if waiting:
            return SkipReason(f"Run {waiting} of this cluster waits in Dagster's queue and will do the same.")
        return RunRequest(run_config=run_config)

    return requested
