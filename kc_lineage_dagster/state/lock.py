"""The lock that lets one run at a time work on a cluster. It ends with its process, and tells others who holds it.

With SQLite it is a file lock. With PostgreSQL it is a row that is locked in an open transaction: behind a pooler that
hands out connections by transaction (PgBouncer), an advisory lock could be held by two runs at once.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timezone

from filelock import FileLock, Timeout
from sqlalchemy import Connection, exc, select, text

from kc_lineage_dagster.emit.file_lock import file_lock, holder_beside
from kc_lineage_dagster.errors import StateError
from kc_lineage_dagster.state import tables
from kc_lineage_dagster.state.cluster_state import ClusterState
from kc_lineage_dagster.state.upsert import upsert

_TRY_EVERY = 0.25  # seconds between two tries for a row
# For the transaction that it stands in, of those settings that the server knows.
_SET = (
    "SELECT set_config(name, CAST(:settings AS json) ->> name, true) FROM pg_settings"
    " WHERE name IN (SELECT json_object_keys(CAST(:settings AS json)))"
)
# A server may be set to end transactions that are idle, or long (since PostgreSQL 17): that of a lock is both. A
# machine that loses power says no goodbye: the server asks it after half a minute of silence, instead of after two
# hours, and the lock is free half a minute later.
_SETTINGS = {
    "idle_in_transaction_session_timeout": "0",
    "transaction_timeout": "0",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that works on a cluster.

    Args:
        run: The id of its run, empty when it has none.
        host: The name of its machine.
        pid: The number of the process on that machine.
        since: When it got the lock, in ISO 8601, UTC.
    """

    run: str
    host: str
    pid: int
    since: str

    @classmethod
    def myself(cls, run: str) -> Holder:
        """Return this process as a holder, from now on."""
        return cls(run, socket.gethostname(), os.getpid(), datetime.now(timezone.utc).isoformat(timespec="seconds"))

    def __str__(self) -> str:
        return f"{f'run {self.run}, ' if self.run else ''}pid {self.pid} on {self.host}, since {self.since}"


class Hold:
    """The lock of a cluster while it is held."""

    def __init__(self, state: ClusterState, connection: Connection | None) -> None:
        """``connection``: of the transaction that holds the lock; None for a file lock, which cannot be lost."""
        self._state, self._connection = state, connection

    def check(self) -> None:
        """Make sure that the lock is still held: after a restart of PostgreSQL another run may be at work by now.

        Raises:
            StateError: When the lock is lost.
        """
        if self._connection is None:
            return
        try:
            self._connection.execute(text("SELECT 1"))
        except exc.SQLAlchemyError as error:
            reason = self._state.database.explained(error)
            raise StateError(
                f"the lock of cluster {self._state.slug} is lost, the run ends: {reason}; the next run goes on from"
                " here"
            ) from error


@contextmanager
def hold(state: ClusterState, timeout: float, run: str = "") -> Iterator[Hold]:
    """Hold the lock of a cluster while the ``with`` block runs.

    Args:
        state: Of the cluster.
        timeout: Seconds to wait for another holder.
        run: The id of this run, which those who wait are told; empty when it has none.

    Raises:
        StateError: When another run still holds the lock after ``timeout``, which the message names.
    """
    folder = state.folder
    if folder is not None:
        with file_lock(folder / "lock", timeout, about=asdict(Holder.myself(run)), what=f"cluster {state.slug}"):
            yield Hold(state, None)
        return
    connection = state.database.connect()
    try:
        until = time.monotonic() + timeout
        while not _locked(state, connection):
            if time.monotonic() >= until:
                raise StateError(f"another run is working on {_who(state)}; waited {timeout:.0f} s for it")
            time.sleep(_TRY_EVERY)
        _write_holder(state, Holder.myself(run))
        yield Hold(state, connection)
    finally:
        connection.invalidate()  # closes the connection, which ends the transaction whatever state it is in
        connection.close()


def holder(state: ClusterState) -> Holder | None:
    """Return who works on the cluster now; None when nobody does.

    The lock itself is tried, so a process that died is never taken for a holder.

    Raises:
        StateError: When the lock cannot be looked at.
    """
    folder = state.folder
    if folder is not None:
        try:
            if not (folder / "lock").exists():
                return None
            with FileLock(folder / "lock", timeout=0):
                return None
        except Timeout:
            found = holder_beside(folder / "lock")
        except OSError as error:
            raise StateError(f"the lock {folder / 'lock'} cannot be used: {error.strerror or error}") from error
        return Holder(**found) if found else Holder("", "another process", 0, "not known")
    with state.database.connect() as connection:
        return None if _locked(state, connection) else _read_holder(state)


def _locked(state: ClusterState, connection: Connection) -> bool:
    """Try to lock the cluster's row, and tell whether that worked: then the transaction stays open, and holds it."""
    table = tables.lock
    mine = table.c.cluster == state.slug
    try:
        if connection.execute(select(table).where(mine)).one_or_none() is None:
            connection.rollback()
            with state.database.writing() as other:
                upsert_lock(other, state.slug)
        else:
            connection.rollback()
        connection.execute(text(_SET), {"settings": json.dumps(_SETTINGS)})
        found = connection.execute(select(table).where(mine).with_for_update(skip_locked=True)).one_or_none()
    except exc.SQLAlchemyError as error:
        raise state.database.explained(error) from error
    if found is None:
        connection.rollback()
    return found is not None


def upsert_lock(connection: Connection, slug: str) -> None:
    """Make the row that the lock of a cluster is, unless it is there. ``connection``: of a transaction that writes."""
    from sqlalchemy.dialects.postgresql import insert

    connection.execute(insert(tables.lock).on_conflict_do_nothing(), {"cluster": slug})


def _write_holder(state: ClusterState, mine: Holder) -> None:
    with state.database.writing() as connection:
        upsert(connection, tables.holder, [{"cluster": state.slug, **asdict(mine)}])


def _read_holder(state: ClusterState) -> Holder:
    table = tables.holder
    with state.database.reading() as connection:
        row = connection.execute(select(table).where(table.c.cluster == state.slug)).one_or_none()
    return Holder(row.run, row.host, row.pid, row.since) if row else Holder("", "another process", 0, "not known")


def _who(state: ClusterState) -> str:
    return f"cluster {state.slug} ({_read_holder(state)})"
