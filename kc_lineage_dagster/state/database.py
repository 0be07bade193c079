"""The database of the state, SQLite or PostgreSQL: opened when it is first used, its tables created or migrated.

Every use is one short transaction. Errors are raised as StateError, in one line that says what to do.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, exc, pool, text

from kc_lineage_dagster.errors import StateError
from kc_lineage_dagster.state.place import STATE_VARIABLE, Place
from kc_lineage_dagster.state.tables import VERSION_TABLE, metadata

IDLE_SECONDS = 1.0  # PostgreSQL: after which a kept connection is opened anew; servers and poolers end idle ones
# How libpq connects, unless the address says otherwise: a server that is lost without a word is noticed in a minute.
_CONNECTING = {"connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
_BUSY_SECONDS = 60.0  # SQLite: how long to wait for another process's transaction
_CREATION = 0x6B635F6C  # key of the lock (pg_advisory_xact_lock) under which one process at a time makes the tables
_MIGRATIONS = Path(__file__).parent / "migrations"

# What a database raises where a table or a column is not there.
_OTHER_TABLES = (exc.OperationalError, exc.ProgrammingError, exc.IntegrityError)

# Words in the message of a database -> what to do about it.
_ADVICE = {
    "not a database": "it is damaged: move it away, then the next run sends everything again",
    "malformed": "it is damaged: move it away, then the next run sends everything again",
    "no such table": "it is damaged: move it away, then the next run sends everything again",
    "no such column": "it is damaged: move it away, then the next run sends everything again",
    "does not exist": "create it, or correct the address",
    "readonly": "check the rights of the file and its folder",
    "unable to open": "check the rights of its folder",
    "permission denied": "check the rights of the user",
    "must be owner": "its tables must be changed for this release: let their owner run it once",
    "is full": "check the space of its disk",
    "disk i/o error": "check its disk, and the space on it",
    "no space left": "check the space of its disk",
    "read-only transaction": "the server takes no writes: name the primary, not a standby",
    "locked": "another process has been using it for more than a minute",
    "query_wait_timeout": "all connections of the pooler's pool are taken: it needs two for each run at a time",
    "idle transaction timeout": "a run's lock is an open transaction: set the pooler's idle_transaction_timeout to 0",
    "query timeout": "a statement took longer than the pooler's query_timeout allows: raise it, or set it to 0",
    "statement timeout": "a statement took longer than statement_timeout allows: raise it for this user",
    "lock timeout": "a statement waited longer than lock_timeout allows: raise it for this user",
    "too many clients": "raise the server's limit of connections, or run less at a time",
    "no more connections": "raise the pooler's limit of connections, or run less at a time",
    "connection slots": "raise the server's limit of connections, or run less at a time",
    "closed the connection": "the log of the server, or of the pooler before it, says why: a restart, a time limit, a"
    " pool with less than two connections for each run at a time",
    "password": f"check user and password in {STATE_VARIABLE}",
}


class Database:
    """The database of all clusters. Get one from ``database_at``; no connection is opened before it is used."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.is_sqlite = place.folder is not None
        self._file = Path(place.url.database or "") if self.is_sqlite else None
        self._engine = _engine(place)
        self._ready = False
        self._kept = threading.local()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give the connection of a transaction that only reads.

        A SQLite file that does not exist reads as an empty database, and is not created.

        Raises:
            StateError: When the database cannot be used.
        """
        with self._explained():
            if self._file is not None and not self._file.exists():
                with _empty().connect() as connection:
                    metadata.create_all(connection)
                    yield connection
                return
            self._prepare()
            with self._connection() as connection, connection.begin():
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give the connection of a transaction that writes: all of it counts, or, after an error or a kill, nothing.

        Raises:
            StateError: When the database cannot be used.
        """
        with self._explained():
            self._prepare()
            with self._connection() as connection:
                connection.info["immediate"] = True
                try:
                    with connection.begin():
                        yield connection
                finally:
                    connection.info.pop("immediate", None)

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Use one connection for all transactions of this thread inside ``with``, because a new one each time is slow.

        To open a connection takes milliseconds on PostgreSQL; SQLite merges its log whenever the last one is closed.
        One to PostgreSQL that was not used for a second is replaced: its server, or a pooler before it, may be set to
        end idle ones (``idle_session_timeout``, ``client_idle_timeout``).
        """
        if getattr(self._kept, "connection", None) is not None:
            yield
            return
        with self._explained():
            self._prepare()
            connection = self._engine.connect()
        self._kept.connection, self._kept.used = connection, time.monotonic()
        try:
            yield
        finally:
            self._kept.connection = None
            with self._explained():
                connection.close()

    def connect(self) -> Connection:
        """Return a new connection, for a lock that is held.

        Raises:
            StateError: When the database cannot be used.
        """
        with self._explained():
            self._prepare()
            return self._engine.connect()

    def is_behind(self) -> bool:
        """Tell whether the tables are of an older revision, which this release would migrate when it first uses them.

        Commands that only look ask this first, and leave such tables alone: other machines may still run the release
        that wrote them.

        Raises:
            StateError: When the database cannot be used.
        """
        with self._explained():
            if self._file is not None and not self._file.exists():
                return False
            with self._engine.connect() as connection:
                current, scripts = _revision(connection), ScriptDirectory(str(_MIGRATIONS))
                return current not in (None, scripts.get_current_head()) and _knows(scripts, current)

    def explained(self, error: Exception) -> StateError:
        """Return the StateError for an exception of SQLAlchemy, SQLite or the file system."""
        return _explained(self.place.shown, error)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (exc.SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise self._changed_meanwhile(error) or self.explained(error) from error

    def _changed_meanwhile(self, error: Exception) -> StateError | None:
        """Return the error for tables that another release has changed since this process looked at them, else None.

        A code server and a run may live on while the others are upgraded.
        """
        if not self._ready or not isinstance(error, _OTHER_TABLES):
            return None
        try:
            with self._engine.connect() as connection:
                current, scripts = _revision(connection), ScriptDirectory(str(_MIGRATIONS))
        except (exc.SQLAlchemyError, sqlite3.Error, OSError):
            return None
        return None if current in (None, scripts.get_current_head()) else _of_another_version(self.place.shown, current)

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        kept = getattr(self._kept, "connection", None)
        if kept is not None:
            if not self.is_sqlite and time.monotonic() - self._kept.used > IDLE_SECONDS:
                kept.invalidate()  # closed; SQLAlchemy opens another one for the next statement
            try:
                yield kept
            finally:
                self._kept.used = time.monotonic()
            return
        with self._engine.connect() as connection:
            yield connection

    def _prepare(self) -> None:
        """Create or migrate the tables, once; again when the SQLite file has disappeared meanwhile."""
        file = self._file
        if self._ready and (file is None or file.exists()):
            return
        if file is not None and not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        with self._engine.connect() as connection:
            connection.info["immediate"] = True
            with connection.begin():
                if not self.is_sqlite:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CREATION})
                _migrate(connection, self.place.shown)
        self._ready = True


@cache
def database_at(place: Place) -> Database:
    """Return the database at a place: the same object every time, so that its tables are looked at only once."""
    return Database(place)


def _engine(place: Place) -> Engine:
    """Return SQLAlchemy's engine for a place, without a pool: a connection is closed after every use."""
    if place.folder is None:
        options: dict[str, Any] = {name: value for name, value in _CONNECTING.items() if name not in place.url.query}
        if place.url.drivername.endswith("+psycopg"):
            # A statement that psycopg has prepared is lost behind a pooler that hands out connections by transaction.
            options["prepare_threshold"] = None
        return create_engine(place.url, poolclass=pool.NullPool, connect_args=options)
    arguments = {"timeout": _BUSY_SECONDS, "check_same_thread": False}
    engine = create_engine(place.url, poolclass=pool.NullPool, connect_args=arguments)
    event.listen(engine, "connect", _tuned)
    event.listen(engine, "begin", _begun)
    return engine


@cache
def _empty() -> Engine:
    return create_engine("sqlite://", poolclass=pool.NullPool)


def _tuned(connection: sqlite3.Connection, _: Any) -> None:
    """Set a new SQLite connection up: readers do not wait for a writer (WAL), commits outlive a power cut (FULL)."""
    connection.isolation_level = None  # the driver begins no transactions by itself: ``_begun`` does
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def _begun(connection: Connection) -> None:
    # A transaction that will write waits for its turn at the beginning: one that begins as a reader may find, when it
    # first writes, that another has written meanwhile, and can then only fail.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.info.get("immediate") else "BEGIN")


def _migrate(connection: Connection, shown: str) -> None:
    """Bring the tables to the newest revision.

    ``shown``: the place of the state, for the message.

    Raises:
        StateError: When their revision is unknown to this release.
    """
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    current = _revision(connection)
    scripts = ScriptDirectory.from_config(config)
    if current == scripts.get_current_head():
        return
    if current is None:
        metadata.create_all(connection)
        command.stamp(config, "head")
        return
    if not _knows(scripts, current):
        raise _of_another_version(shown, current)
    command.upgrade(config, "head")


def _of_another_version(shown: str, revision: str | None) -> StateError:
    return StateError(
        f"the state in {shown} is of version {revision}, which this release does not know: use the release that"
        " wrote it (restart what was installed before an upgrade), or move the state away, then the next run sends"
        " everything again"
    )


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()


def _knows(scripts: ScriptDirectory, revision: str | None) -> bool:
    return revision in {one.revision for one in scripts.walk_revisions()}


def _explained(shown: str, error: Exception) -> StateError:
    said = str(getattr(error, "orig", None) or getattr(error, "strerror", None) or error)
    reason = " ".join(said.split())[:300]
    lower = reason.lower()
    usual = f"check that it runs and that {STATE_VARIABLE} is right" if "://" in shown else "check the folder's rights"
    advice = next((what for sign, what in _ADVICE.items() if sign in lower), usual)
    return StateError(f"the state in {shown} cannot be used: {reason}; {advice}")
