"""A process that only logs events keeps its connections to Dagster's SQLite index, and the SQL that was compiled.

The step runs in a process of its own, because what it switches on lasts as long as the process.
"""

# no `from __future__ import annotations`: Dagster reads the type of a step's context

import json
import os
import sys
from collections import Counter
from pathlib import Path

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    AssetSpec,
    DagsterInstance,
    materialize,
    multi_asset,
)
from sqlalchemy import Engine, event

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
            counts[f"opened {'index' if Path(str(given[0])).stem == 'index' else 'other'}"] += 1

    def executed(connection, cursor, statement, parameters, context, many) -> None:
        if statement.startswith("INSERT"):
            counts[context.cache_hit.name] += 1

    @multi_asset(specs=[AssetSpec(KEY, skippable=True)], can_subset=True)
    def step(context: AssetExecutionContext):
        spend_less_on_events(context.instance)
        sys.addaudithook(opened)
        event.listen(Engine, "before_cursor_execute", executed)
        for number in range(EVENTS):
            context.log_event(AssetMaterialization(KEY, partition=f"c{number}", tags={"kind": "test"}))
        event.remove(Engine, "before_cursor_execute", executed)
        Path(home, "counts.json").write_text(json.dumps(counts))
        yield from ()

    with DagsterInstance.get() as instance:
        result = materialize([step], instance=instance, raise_on_error=False)
    raise SystemExit(not result.success)


def test_the_index_is_opened_once_and_the_database_of_the_run_for_every_event(tmp_path, monkeypatch):
    """The web interface follows a running run by changes of the file of its database, which closing it makes."""
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    process = own_process().Process(target=logs, args=(str(tmp_path),))
    process.start()
    process.join()
    assert process.exitcode == 0
    counts = json.loads((tmp_path / "counts.json").read_text())
    assert counts["opened index"] <= 1
    assert counts["opened other"] >= EVENTS
    assert counts["CACHE_HIT"] >= 10 * counts["CACHE_MISS"], "each statement is compiled once, not for every event"
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    with DagsterInstance.get() as instance:
        assert len(instance.get_materialized_partitions(KEY)) == EVENTS
