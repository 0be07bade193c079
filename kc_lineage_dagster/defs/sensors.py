"""The sensor that watches a cluster's connectors: one listing a tick, one run for any number of changes."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from dagster import (
    DefaultSensorStatus,
    RunRequest,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    sensor,
)

from kc_lineage_dagster.defs.failures import clear_tick
from kc_lineage_dagster.defs.names import Names
from kc_lineage_dagster.defs.partitions import add_partitions
from kc_lineage_dagster.defs.runs import end_dead_runs, under_way
from kc_lineage_dagster.recipe.files import RecipeFile
from kc_lineage_dagster.run.changes import Change, Cursor, ask, changes
from kc_lineage_dagster.run.cluster import Cluster

# Dagster ends a tick after as many seconds as the first of these variables that is set says. A worker that does not
# answer must be given up before that, or the tick's error is Dagster's and not Connect's.
_LIMITS = ("DAGSTER_SENSOR_GRPC_TIMEOUT_SECONDS", "DAGSTER_GRPC_TIMEOUT_SECONDS")
_LIMIT, _RESERVE, _LEAST = 60.0, 20.0, 5.0  # seconds: Dagster's default, what else a tick does, what Connect gets


def cluster_sensor(file: RecipeFile, names: Names, job: Any) -> SensorDefinition:
    """Return ``<slug>_connector_changes``. When Connect does not answer, the tick fails and the cursor stays as it was.

    Args:
        file: The cluster's recipe.
        names: The Dagster names of the cluster.
        job: The job to run.
    """
    options = file.options

    @sensor(
        name=names.sensor,
        job=job,
        minimum_interval_seconds=options.sensor_interval,
        default_status=DefaultSensorStatus.RUNNING if options.sensor_enabled else DefaultSensorStatus.STOPPED,
        description="Asks for a run when connectors were created, changed or deleted since the last emission.",
    )
    def connector_changes(context: SensorEvaluationContext) -> SensorResult | SkipReason:
        until = time.monotonic() + seconds_of_a_tick(os.environ)
        with clear_tick():
            cluster = Cluster.of(file)
            for run_id in end_dead_runs(context.instance, names, cluster):
                context.log.info(f"run {run_id} had died and is marked as failed")
            busy = under_way(context.instance, names, cluster)
            if busy:
                return SkipReason(busy)
            cursor, now = Cursor.parse(context.cursor), time.time()
            state = cluster.state
            listing = cluster.listing(state.head(), max(_LEAST, until - time.monotonic()))
            change = changes(listing, state.emitted(), cursor, now)
        add_partitions(context.instance, file.slug, change.new)
        due, cursor = ask(change, cursor, now)
        if not due:
            reason = "the same change was asked for; waiting longer before the next try" if change else "no changes"
            return SensorResult(skip_reason=reason, cursor=cursor.dump())
        return SensorResult(run_requests=[_request(names, change)], cursor=cursor.dump())

    return connector_changes


def _request(names: Names, change: Change) -> RunRequest:
    config = {"config": {"connectors": list(change.changed)}}
    return RunRequest(run_config={"ops": {names.raw_op: config, names.sync_op: config}})


def seconds_of_a_tick(environ: Mapping[str, str]) -> float:
    """Return the seconds that a tick may ask Connect: what Dagster grants it, less a reserve for the rest of the tick.

    >>> seconds_of_a_tick({}), seconds_of_a_tick({"DAGSTER_SENSOR_GRPC_TIMEOUT_SECONDS": "300"})
    (40.0, 280.0)
    """
    granted = next((float(environ[name]) for name in _LIMITS if environ.get(name)), _LIMIT)
    return max(_LEAST, granted - _RESERVE)
