"""Delete old runs of a cluster from Dagster's history, without losing what Dagster knows of the cluster's partitions.

Dagster keeps runs and their events for ever: about 55 kB a sync, 0.5 GB for a year of hourly ones, and twice that on
SQLite. Deleting a run takes its materializations along, and a partition whose newest materialization goes is missing
afterwards. So a run stays as long as it holds the newest materialization of anything.
"""

# no `from __future__ import annotations`: Dagster reads run config from the annotations themselves

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from dagster import (
    AssetKey,
    AssetRecordsFilter,
    Config,
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    DefaultScheduleStatus,
    JobDefinition,
    OpExecutionContext,
    Output,
    RunRequest,
    RunsFilter,
    ScheduleDefinition,
    in_process_executor,
    job,
    op,
    schedule,
)
from pydantic import Field

from kc_lineage_dagster.defs.names import Names
from kc_lineage_dagster.defs.partitions import encode_partition, known_connectors
from kc_lineage_dagster.defs.runs import belongs
from kc_lineage_dagster.recipe.files import RecipeFile
from kc_lineage_dagster.wording import counted

DAYS = 90  # the age of an old run, by default
PRUNE_CRON = "41 4 * * 0"  # Sundays at 4:41
_ENDED = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED]


@dataclass(frozen=True, slots=True)
class Pruned:
    """What became of the old runs, in numbers.

    ``deleted``: those that are gone. ``kept``: those that hold the newest materialization of something.
    """

    deleted: int
    kept: int

    def __str__(self) -> str:
        return f"{counted(self.deleted, 'old run')} deleted, {self.kept} kept: they hold what partitions were made of"


def prune(instance: DagsterInstance, names: Names, days: float = DAYS, *, dry_run: bool = False) -> Pruned:
    """Delete the runs of a cluster that have ended and were created more than ``days`` days ago.

    Runs that hold the newest materialization of an asset or partition stay, and so do runs that also materialize assets
    of other projects or clusters. Compute logs of deleted runs go where Dagster can delete them from here.

    Args:
        instance: The Dagster instance that holds the runs.
        names: The Dagster names of the cluster.
        days: The age of an old run.
        dry_run: Whether to count only, and delete nothing.
    """
    before = datetime.now(timezone.utc) - timedelta(days=days)
    newest: dict[tuple[AssetKey, str | None], str | None] = {}
    partitions = {encode_partition(name) for name in known_connectors(instance, names.slug)}
    deleted = kept = 0
    for run in instance.get_runs(RunsFilter(statuses=_ENDED, created_before=before)):
        if not belongs(run, names):
            continue
        held = (one for one in _materialized(instance, run) if one[1] is None or one[1] in partitions)
        if any(_newest(instance, one, newest) == run.run_id for one in held):
            kept += 1
            continue
        if not dry_run:
            _delete(instance, run.run_id)
        deleted += 1
    return Pruned(deleted, kept)


def _materialized(instance: DagsterInstance, run: DagsterRun) -> Iterator[tuple[AssetKey, str | None]]:
    """Yield the assets, with their partitions (None: not partitioned), that a run materialized."""
    cursor, more = None, True
    while more:
        found = instance.get_records_for_run(
            run.run_id, cursor=cursor, of_type=DagsterEventType.ASSET_MATERIALIZATION, limit=500
        )
        for record in found.records:
            event = record.event_log_entry.dagster_event
            if event is not None and event.asset_key is not None:
                yield event.asset_key, event.partition
        cursor, more = found.cursor, found.has_more


def _newest(
    instance: DagsterInstance,
    asset: tuple[AssetKey, str | None],
    known: dict[tuple[AssetKey, str | None], str | None],
) -> str | None:
    """Return the run that made the newest materialization of an asset, or of one of its partitions; None without one.

    Args:
        instance: The Dagster instance that holds the runs.
        asset: The asset, and its partition; None for an asset without partitions.
        known: Earlier answers; the answer of this call is added.
    """
    if asset not in known:
        key, partition = asset
        wanted = AssetRecordsFilter(key, asset_partitions=[partition]) if partition is not None else key
        records = instance.fetch_materializations(wanted, limit=1).records
        known[asset] = records[0].run_id if records else None
    return known[asset]


def _delete(instance: DagsterInstance, run_id: str) -> None:
    """Delete a run, its compute logs, and the files that Dagster leaves of it."""
    instance.delete_run(run_id)
    with suppress(NotImplementedError, OSError):
        instance.compute_log_manager.delete_logs(prefix=[run_id])
    if instance.is_persistent:
        # Dagster's SQLite storage empties the file of a run and leaves the file
        for file in (Path(instance.root_directory) / "history" / "runs").glob(f"{run_id}.db*"):
            file.unlink(missing_ok=True)


class PruneConfig(Config):
    """Run config of ``prune_<slug>``."""

    older_than_days: float = Field(DAYS, description="Runs that were created earlier than this many days ago", ge=0)


def prune_job(file: RecipeFile, names: Names) -> JobDefinition:
    """Return ``prune_<slug>``, which deletes old runs of the cluster that hold nothing any more (``prune``)."""

    def pruned(context: OpExecutionContext, config: PruneConfig) -> Output[None]:
        found = prune(context.instance, names, config.older_than_days)
        context.log.info(str(found))
        return Output(None, metadata={"deleted": found.deleted, "kept": found.kept})

    step = op(name=names.prune_op)(pruned)

    @job(
        name=names.prune_job,
        executor_def=in_process_executor,
        description=(
            f"Deletes old runs of {file.slug} from Dagster's history (run config `older_than_days`, {DAYS}). A run that"
            " holds the newest materialization of a partition stays, so that nothing turns grey."
        ),
    )
    def prunes() -> None:
        step()

    return prunes


def prune_schedule(file: RecipeFile, names: Names, pruning: JobDefinition) -> ScheduleDefinition:
    """Return ``<slug>_prune``: it prunes weekly, and is switched on where ``options.prune_after_days`` is set.

    Args:
        file: The cluster's recipe.
        names: The Dagster names of the cluster.
        pruning: The job to run (``prune_job``).
    """
    days = file.options.prune_after_days

    @schedule(
        name=names.prune_schedule,
        job=pruning,
        cron_schedule=PRUNE_CRON,
        execution_timezone=file.options.timezone,
        default_status=DefaultScheduleStatus.RUNNING if days else DefaultScheduleStatus.STOPPED,
        description="Deletes old runs that hold nothing any more.",
    )
    def weekly() -> RunRequest:
        return RunRequest(run_config={"ops": {names.prune_op: {"config": {"older_than_days": days or DAYS}}}})

    return weekly
