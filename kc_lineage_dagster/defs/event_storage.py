"""Make an event cheaper to log: keep Dagster's connections to its storage open, and the SQL that it has written.

Dagster opens two or three connections for every event and closes them again, and on SQLite writes its five statements
anew each time. Which connections may stay open, and in which process, is decided here.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from dagster import DagsterInstance
from sqlalchemy import Connection, Engine, Pool, event, exc

from kc_lineage_dagster.state.database import IDLE_SECONDS

_INDEX = "index"  # the name of the database that holds the materializations of all runs
_RECYCLED = 600  # seconds after which a connection to a server is replaced, before something in between drops it


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
    with closing(sqlite3.connect(_shard(instance, _INDEX))) as idle:
        idle.execute("PRAGMA schema_version").fetchone()  # SQLite opens the file with the first statement only
        yield


def is_sqlite(instance: DagsterInstance) -> bool:
    """Tell whether Dagster keeps its events in SQLite: that storage alone has shards, a database for each run."""
    return hasattr(instance.event_log_storage, "path_for_shard")


def _shard(instance: DagsterInstance, name: str) -> str:
    """Return the file of a database of events. ``name``: a run's id, or ``_INDEX``."""
    return str(instance.event_log_storage.path_for_shard(name))  # type: ignore[attr-defined]


def spend_less_on_events(instance: DagsterInstance, run_id: str) -> Callable[[], None]:
    """Make this process reuse connections to Dagster's storage, and compiled SQL, for every event that it logs.

    Call it in a process of one thread that does nothing but log events, because what it does lasts as long as the
    process: it listens to all of SQLAlchemy's engines. An event then takes half the processor time, and on SQLite waits
    for no disk.

    Return the function that brings what was logged in front of those who follow the run; the process calls it about
    twice a second, and before it ends.

    Args:
        instance: Of that process.
        run_id: The run whose events it logs.
    """
    if not is_sqlite(instance):
        # what Dagster's web server does as well: a pool of one connection, here without a time limit of its own
        instance.optimize_for_webserver(statement_timeout=0, pool_recycle=_RECYCLED, max_overflow=1)
        event.listen(Pool, "checkin", _used)
        event.listen(Pool, "checkout", _replace_idle)
        return lambda: None
    kept = _Kept([_shard(instance, run_id), _shard(instance, _INDEX)])
    event.listen(Engine, "engine_connect", _compile_once)
    event.listen(Engine, "do_connect", kept.connect)
    return kept.copy_logs


def _used(_: Any, record: Any) -> None:
    """Note when a connection was last used. ``record``: what the pool knows of it."""
    record.info["used"] = time.monotonic()


def _replace_idle(_: Any, record: Any, __: Any) -> None:
    """Have the pool open another connection in the place of one that has idled: its server may have ended it.

    ``record``: what the pool knows of the connection.

    Raises:
        DisconnectionError: Which tells the pool to do so
            (https://docs.sqlalchemy.org/en/20/core/events.html#sqlalchemy.events.PoolEvents.checkout).
    """
    now = time.monotonic()
    if now - record.info.get("used", now) > IDLE_SECONDS:
        raise exc.DisconnectionError


class _Statements(dict[Any, Any]):
    """Compiled SQL by what it was compiled from, for the engines of one dialect.

    Dagster makes an engine for each connection, and SQLAlchemy's keys begin with the dialect, an object that belongs to
    one engine. Here a dialect's name stands for it.
    """

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_by_name(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(_by_name(key), compiled)


def _by_name(key: Any) -> Any:
    first, *rest = key
    return (getattr(first, "name", first), *rest)


_statements = _Statements()


def _compile_once(connection: Connection) -> None:
    connection.execution_options(compiled_cache=_statements)


class _Kept:
    """Connections to some SQLite databases that stay open for whoever connects next.

    They commit without waiting for the disk (``synchronous = NORMAL``, which keeps a database with a write-ahead log
    whole: https://www.sqlite.org/pragma.html#pragma_synchronous). ``copy_logs`` waits instead, for all commits since
    its last call.
    """

    def __init__(self, files: Iterable[str]) -> None:
        """``files``: the databases; connections to others are opened and closed as ever."""
        self._idle: dict[str, list[sqlite3.Connection]] = {file: [] for file in files}

    def connect(self, dialect: Any, record: Any, given: Any, options: dict[str, Any]) -> sqlite3.Connection | None:
        """Answer SQLAlchemy's event ``do_connect``: return a connection to the database, None to have one opened.

        Args:
            dialect: Opens connections.
            record: SQLAlchemy's note of the connection; not used.
            given: What the dialect wants to open, the database's path first.
            options: How the dialect wants to open it.
        """
        idle = self._idle.get(given[0]) if dialect.name == "sqlite" and len(given) == 1 else None
        if idle is None:
            return None
        if idle:
            return idle.pop()
        keep = idle.append

        class Returned(sqlite3.Connection):
            def close(self) -> None:
                keep(self)

        opened: sqlite3.Connection = dialect.connect(*given, **{**options, "factory": Returned})
        opened.execute("PRAGMA synchronous = NORMAL")
        return opened

    def copy_logs(self) -> None:
        """Copy the write-ahead logs into their databases, as far as nobody is in the way.

        Dagster's web interface shows the events of a running run when the file of its database changes. A commit
        changes the log beside it; copying the log, which SQLite does by itself only when the last connection is closed
        or the log is long, changes the file (https://www.sqlite.org/pragma.html#pragma_wal_checkpoint).
        """
        for idle in self._idle.values():
            for connection in idle[:1]:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
