"""Hold the SQLite index of Dagster's events open, so that an event does not write the whole index back each time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from dagster import DagsterInstance


@contextmanager
def event_index_open(instance: DagsterInstance) -> Iterator[None]:
    """Hold an idle connection to the index of materializations while the context lasts; do nothing for other storages.

    Dagster opens and closes the index for every event. SQLite copies the write-ahead log into the database and deletes
    the log whenever the last connection to it is closed (https://www.sqlite.org/wal.html#ckpt). With this connection
    open that happens after a thousand pages instead, which makes an event a quarter cheaper. The database of the run
    itself is left alone: the web interface looks at changes of its file to show a run's events as they come.
    """
    if not is_sqlite(instance):
        yield
        return
    with closing(sqlite3.connect(instance.event_log_storage.path_for_shard("index"))) as idle:  # type: ignore[attr-defined]
        idle.execute("PRAGMA schema_version").fetchone()  # SQLite opens the file with the first statement only
        yield


def is_sqlite(instance: DagsterInstance) -> bool:
    """Tell whether Dagster keeps its events in SQLite: that storage alone has shards, a database for each run."""
    return hasattr(instance.event_log_storage, "path_for_shard")
