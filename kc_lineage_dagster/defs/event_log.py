"""Dagster's SQLite event log with its connections kept open, for ``dagster.yaml``; same files, either way.

Dagster opens a new engine and connection for every event: each close of a WAL database checkpoints it with several
fsyncs, and each engine compiles every statement anew. Kept open, and synced at checkpoints only, an event costs a
fraction. Every event is written before the run goes on, so a killed process loses none. ``synchronous=NORMAL``: after a
power cut the last events may be missing, the file is never damaged (sqlite.org/pragma.html#pragma_synchronous).

Beside the events, Dagster keeps a copy of each asset's last materialization, replaced with every one; that is half of
what an event costs. When thousands of partitions follow each other, it is replaced half a second late at the most, and
always before anything else is read or written there.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from dagster import DagsterEventType, EventLogEntry, Field, Noneable, StringSource
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import StaticPool

_INDEX = "index"  # Dagster's shard of what concerns more than one run
_MOST_OPEN = 16  # shards, one per run: a web server looks at many
_BUSY_SECONDS = 30
_LATE_SECONDS = 0.5
_NO_HOME = ".tmp_dagster_home"  # `dagster dev` without DAGSTER_HOME uses a folder here whose name begins so


class OpenSqliteEventLogStorage(SqliteEventLogStorage):
    """``event_log_storage`` of ``dagster.yaml``. ``base_dir``: by default where Dagster keeps it too."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._lock = threading.RLock()  # of all that follows; nobody else uses a connection while it is held
        self._tables: set[str] = set()
        self._last: dict[str, tuple[EventLogEntry, int]] = {}  # asset -> event and its id, where the copy is behind
        self._copied = 0.0
        self._one_of_many = False
        super().__init__(base_dir, inst_data)

    @classmethod
    def config_type(cls) -> Any:
        """See ``ConfigurableClass``."""
        return {"base_dir": Field(Noneable(StringSource), is_required=False)}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> OpenSqliteEventLogStorage:
        """See ``ConfigurableClass``."""
        home = Path(os.environ.get("DAGSTER_HOME") or _NO_HOME).expanduser().absolute()
        return cls(config_value.get("base_dir") or str(home / "history" / "runs"), inst_data)

    def run_connection(self, run_id: str | None = None) -> Any:
        """A transaction on one run's events."""
        shard = run_id or _INDEX
        return self._transaction(shard, lambda: super(OpenSqliteEventLogStorage, self).run_connection(shard))

    def index_connection(self) -> AbstractContextManager[Connection]:
        """A transaction on what concerns more than one run."""
        return self._transaction(_INDEX, super().index_connection)

    def store_event(self, event: EventLogEntry) -> None:
        """Dagster's own."""
        with self._lock:
            self._one_of_many = _one_of_many(event)
            try:
                super().store_event(event)
            finally:
                self._one_of_many = False

    def _store_asset_event(self, conn: Connection, event: EventLogEntry, event_id: int) -> None:
        """Dagster's own for all but the copy of a materialization that is likely to be replaced at once."""
        if not self._one_of_many:
            super()._store_asset_event(conn, event, event_id)
            return
        self._last[str(event.get_dagster_event().asset_key)] = (event, event_id)
        if time.monotonic() > self._copied + _LATE_SECONDS:
            self._copy(conn)

    def _copy(self, connection: Connection) -> None:
        for entry, event_id in self._last.values():
            super()._store_asset_event(connection, entry, event_id)
        self._last.clear()
        self._copied = time.monotonic()

    def has_table(self, table_name: str) -> bool:
        """Whether a table exists; asked for every event, and tables that are there stay."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def wipe(self) -> None:
        """Close all files, then delete."""
        self._last.clear()
        self._close()
        super().wipe()

    def dispose(self) -> None:
        """Close all files."""
        if self._last:
            with self.index_connection():
                pass
        super().dispose()
        self._close()

    @contextmanager
    def _transaction(self, shard: str, first: Callable[[], AbstractContextManager[Connection]]) -> Iterator[Connection]:
        with self._lock, self._engine(shard, first).connect() as connection, connection.begin():
            if self._last and shard == _INDEX and not self._one_of_many:
                self._copy(connection)
            yield connection

    def _engine(self, shard: str, first: Callable[[], AbstractContextManager[Connection]]) -> Engine:
        if shard in self._engines and os.path.exists(self.path_for_shard(shard)):
            self._engines.move_to_end(shard)
            return self._engines[shard]
        with first():  # Dagster makes the file and its tables
            pass
        while len(self._engines) >= _MOST_OPEN:
            self._engines.popitem(last=False)[1].dispose()
        self._engines[shard] = _opened(self.conn_string_for_shard(shard))
        return self._engines[shard]

    def _close(self) -> None:
        with self._lock:
            while self._engines:
                self._engines.popitem()[1].dispose()


def _one_of_many(event: EventLogEntry) -> bool:
    materialized = event.dagster_event_type is DagsterEventType.ASSET_MATERIALIZATION
    return materialized and event.get_dagster_event().partition is not None


def _opened(address: str) -> Engine:
    """One connection, used by one thread at a time (the storage's lock sees to that)."""
    options = {"timeout": _BUSY_SECONDS, "check_same_thread": False}
    engine = create_engine(address, poolclass=StaticPool, connect_args=options)

    @event.listens_for(engine, "connect")
    def relaxed(connection: Any, _: object) -> None:
        connection.execute("PRAGMA synchronous=NORMAL")

    return engine
