"""The sensor that watches a cluster's connectors: one listing a tick, one run for any number of changes."""

from __future__ import annotations

import time
from typing import Any

from dagster import (
    DagsterRunStatus,
    DefaultSensorStatus,
    RunRequest,
    RunsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    sensor,
)

from kc_lineage_dagster.defs.names import Names
from kc_lineage_dagster.defs.partitions import add_partitions
from kc_lineage_dagster.recipe.files import RecipeFile
from kc_lineage_dagster.run.changes import Cursor, ask, changes
from kc_lineage_dagster.run.cluster import Cluster

_UNDER_WAY = [
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
]


def cluster_sensor(file: RecipeFile, job: Any) -> SensorDefinition:
    """``<slug>_connector_changes``. A Connect that does not answer is a failed tick; the cursor stays."""
    names, options = Names(file.slug), file.options

    @sensor(
        name=names.sensor,
        job=job,
        minimum_interval_seconds=options.sensor_interval,
        default_status=DefaultSensorStatus.RUNNING if options.sensor_enabled else DefaultSensorStatus.STOPPED,
        description="Asks for a run when connectors were created, changed or deleted since the last emission.",
    )
    def connector_changes(context: SensorEvaluationContext) -> SensorResult | SkipReason:
        if context.instance.get_runs(RunsFilter(job_name=names.job, statuses=_UNDER_WAY), limit=1):
            return SkipReason("a run of this cluster is under way")
        cluster, cursor, now = Cluster.of(file), Cursor.parse(context.cursor), time.time()
        index = cluster.state.index()
        listing = cluster.listing(cluster.state.snapshot(index.snapshot))
        change = changes(listing, index, cursor, now)
        add_partitions(context.instance, file.slug, change.new)
        due, cursor = ask(change, cursor, now)
        if not due:
            reason = "the same change was asked for; waiting longer before the next try" if change else "no changes"
            return SensorResult(skip_reason=reason, cursor=cursor.dump())
        config = {"config": {"connectors": list(change.changed)}}
        request = RunRequest(run_config={"ops": {names.raw_op: config, names.sync_op: config}})
        return SensorResult(run_requests=[request], cursor=cursor.dump())

    return connector_changes
