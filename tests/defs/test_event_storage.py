"""A process that only logs events keeps its connections to Dagster's SQLite databases, and the SQL that was compiled.

The step runs in a process of its own, because what it switches on lasts as long as the process.
"""

# no `from __future__ import annotations`: Dagster reads the type of a step's context

import json
import os
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    AssetSpec,
    DagsterInstance,
    materialize,
    multi_asset,
)
from sqlalchemy import Engine, create_engine, event, pool, text

from kc_lineage_dagster.defs.event_storage import spend_less_on_events
from tests.forked import context as own_process

KEY = AssetKey("lineage")
EVENTS = 25


def logs(home: str) -> None:
    """Log materializations, and leave in ``counts.json`` what that opened and compiled."""
    os.environ["DAGSTER_HOME"] = home
    counts: Counter[str] = Counter()

    def opened(name: str, given: tuple[object, ...]) -> None:
        if name == "sqlite3.connect":
            counts["opened"] += 1

    def executed(connection, cursor, statement, parameters, context, many) -> None:
        if statement.startswith("INSERT"):
            counts[context.cache_hit.name] += 1

    @multi_asset(specs=[AssetSpec(KEY, skippable=True)], can_subset=True)
    def step(context: AssetExecutionContext):
        show = spend_less_on_events(context.instance, context.run.run_id)
        database = Path(context.instance.event_log_storage.path_for_shard(context.run.run_id))
        sys.addaudithook(opened)
        event.listen(Engine, "before_cursor_execute", executed)
        for number in range(EVENTS):
            context.log_event(AssetMaterialization(KEY, partition=f"c{number}", tags={"kind": "test"}))
        os.utime(database, ns=(0, 0))  # a file's time takes steps of some milliseconds
        show()
        counts["shown"] = database.stat().st_mtime_ns > 0
        event.remove(Engine, "before_cursor_execute", executed)
        Path(home, "counts.json").write_text(json.dumps(counts))
        yield from ()

    with DagsterInstance.get() as instance:
        result = materialize([step], instance=instance, raise_on_error=False)
    raise SystemExit(not result.success)


def test_the_databases_are_opened_once_and_change_when_the_events_are_shown(tmp_path, monkeypatch):
    """The web interface follows a running run by changes of the file of its database, which a commit does not make."""
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    process = own_process().Process(target=logs, args=(str(tmp_path),))
    process.start()
    process.join()
    assert process.exitcode == 0
    counts = json.loads((tmp_path / "counts.json").read_text())
    assert counts["opened"] <= 2, "the run's own and the index of all runs"
    assert counts["shown"]
    assert counts["CACHE_HIT"] >= 10 * counts["CACHE_MISS"], "each statement is compiled once, not for every event"
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    with DagsterInstance.get() as instance:
        assert len(instance.get_materialized_partitions(KEY)) == EVENTS


def logs_after_a_rest(home: str, address: str) -> None:
    """Log a materialization before and after the server has ended all connections that do nothing."""
    os.environ["DAGSTER_HOME"] = home

    @multi_asset(specs=[AssetSpec(KEY, skippable=True)], can_subset=True)
    def step(context: AssetExecutionContext):
        spend_less_on_events(context.instance, context.run.run_id)
        context.log_event(AssetMaterialization(KEY, partition="before"))
        ended = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{address.rpartition('/')[2]}'"
        with create_engine(address, poolclass=pool.NullPool).begin() as connection:
            connection.execute(text(f"{ended} AND pid <> pg_backend_pid()"))
        time.sleep(1.5)
        context.log_event(AssetMaterialization(KEY, partition="after"))
        yield from ()

    with DagsterInstance.get() as instance:
        result = materialize([step], instance=instance, raise_on_error=False)
    raise SystemExit(not result.success)


@pytest.mark.postgres
def test_a_connection_that_the_server_ended_while_there_was_nothing_to_log_is_replaced(
    tmp_path, new_postgres, monkeypatch
):
    """Servers (``idle_session_timeout``) and poolers end connections that do nothing while DataHub takes its time."""
    pytest.importorskip("dagster_postgres", reason="dagster-postgres is not installed")
    address = new_postgres.replace("://", "+psycopg2://")
    storage = f"storage: {{postgres: {{postgres_url: '{address}'}}}}\n"
    (tmp_path / "dagster.yaml").write_text(f"telemetry: {{enabled: false}}\n{storage}")
    process = own_process().Process(target=logs_after_a_rest, args=(str(tmp_path), address))
    process.start()
    process.join()
    assert process.exitcode == 0
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    with DagsterInstance.get() as instance:
        assert instance.get_materialized_partitions(KEY) == {"before", "after"}
