"""Dagster's SQLite event log with its connections kept open, for ``dagster.yaml``; same files, either way.

Dagster opens a new engine and connection for every event: each close of a WAL database checkpoints it with several
fsyncs, and each engine compiles every statement anew. Kept open, and synced at checkpoints only, an event costs a
fraction. Every event is written before the run goes on, so a killed process loses none. ``synchronous=NORMAL``: after a
power cut the last events may be missing, the file is never damaged (sqlite.org/pragma.html#pragma_synchronous).
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from dagster import Field, Noneable, StringSource
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import StaticPool

_INDEX = "index"  # Dagster's shard of what concerns more than one run
_MOST_OPEN = 16  # shards, one per run: a web server looks at many
_BUSY_SECONDS = 30


class OpenSqliteEventLogStorage(SqliteEventLogStorage):
    """``event_log_storage`` of ``dagster.yaml``. ``base_dir``: by default where Dagster keeps it too."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._lock = threading.RLock()  # of all that follows; nobody else uses a connection while it is held
        self._tables: set[str] = set()
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
        home = Path(os.environ.get("DAGSTER_HOME") or ".").expanduser().absolute()
        return cls(config_value.get("base_dir") or str(home / "history" / "runs"), inst_data)

    def run_connection(self, run_id: str | None = None) -> Any:
        """A transaction on one run's events."""
        shard = run_id or _INDEX
        return self._transaction(shard, lambda: super(OpenSqliteEventLogStorage, self).run_connection(shard))

    def index_connection(self) -> AbstractContextManager[Connection]:
        """A transaction on what concerns more than one run."""
        return self._transaction(_INDEX, super().index_connection)

    def has_table(self, table_name: str) -> bool:
        """Whether a table exists; asked for every event, and tables that are there stay."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def wipe(self) -> None:
        """Close all files, then delete."""
        self._close()
        super().wipe()

    def dispose(self) -> None:
        """Close all files."""
        super().dispose()
        self._close()

    @contextmanager
    def _transaction(self, shard: str, first: Callable[[], AbstractContextManager[Connection]]) -> Iterator[Connection]:
        with self._lock, self._engine(shard, first).connect() as connection, connection.begin():
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


def _opened(address: str) -> Engine:
    """One connection, used by one thread at a time (the storage's lock sees to that)."""
    options = {"timeout": _BUSY_SECONDS, "check_same_thread": False}
    engine = create_engine(address, poolclass=StaticPool, connect_args=options)

    @event.listens_for(engine, "connect")
    def relaxed(connection: Any, _: object) -> None:
        connection.execute("PRAGMA synchronous=NORMAL")

    return engine
