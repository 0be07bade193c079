"""Schedules of a cluster: an hourly sync (topics change without configurations changing) and a weekly full refresh."""

from __future__ import annotations

from typing import Any

from dagster import DefaultScheduleStatus, RunRequest, ScheduleDefinition, schedule

from kc_lineage_dagster.defs.names import Names
from kc_lineage_dagster.recipe.files import RecipeFile

WEEKLY = "17 3 * * 0"


def cluster_schedules(file: RecipeFile, job: Any) -> list[ScheduleDefinition]:
    """``<slug>_sync`` (``options.schedule``) and ``<slug>_full_refresh``."""
    names, options = Names(file.slug), file.options
    running = DefaultScheduleStatus.RUNNING if options.schedule_enabled else DefaultScheduleStatus.STOPPED

    @schedule(
        name=names.refresh_schedule,
        job=job,
        cron_schedule=WEEKLY,
        execution_timezone=options.timezone,
        default_status=running,
        description="Sends everything again, also what DataHub has acknowledged.",
    )
    def full_refresh() -> RunRequest:
        return RunRequest(run_config={"ops": {names.sync_op: {"config": {"full_refresh": True}}}})

    sync = ScheduleDefinition(
        name=names.schedule,
        job=job,
        cron_schedule=options.schedule,
        execution_timezone=options.timezone,
        default_status=running,
        description="Reads the whole cluster and sends what differs.",
    )
    return [sync, full_refresh]
