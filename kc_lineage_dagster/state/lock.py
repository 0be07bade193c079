"""One writer per cluster: a lock that dies with its process, and who holds it, for the one who waits.

Beside SQLite a file lock. On PostgreSQL a row that is locked in an open transaction, because that holds also behind a
pooler of transactions, where advisory locks let two in.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timezone

from filelock import FileLock, Timeout
from sqlalchemy import Connection, exc, select, text

from kc_lineage_dagster.emit.lock import file_lock, holder_beside
from kc_lineage_dagster.errors import StateError
from kc_lineage_dagster.state import tables
from kc_lineage_dagster.state.cluster_state import ClusterState, upsert

_TRY_EVERY = 0.25  # seconds between two tries for a row


@dataclass(frozen=True, slots=True)
class Holder:
    """Who works on a cluster. ``run``: its id, empty when it has none. ``since``: in ISO 8601, UTC."""

    run: str
    host: str
    pid: int
    since: str

    @classmethod
    def myself(cls, run: str) -> Holder:
        """This process."""
        return cls(run, socket.gethostname(), os.getpid(), datetime.now(timezone.utc).isoformat(timespec="seconds"))

    def __str__(self) -> str:
        return f"{f'run {self.run}, ' if self.run else ''}pid {self.pid} on {self.host}, since {self.since}"


class Hold:
    """A lock that is held."""

    def __init__(self, state: ClusterState, connection: Connection | None) -> None:
        self._state, self._connection = state, connection

    def check(self) -> None:
        """StateError when the lock is lost: PostgreSQL was restarted, so another run may be at work by now."""
        if self._connection is None:
            return
        try:
            self._connection.execute(text("SELECT 1"))
        except exc.SQLAlchemyError as error:
            reason = self._state.database.explained(error)
            raise StateError(f"the lock of cluster {self._state.slug} is lost, the run ends: {reason}") from error


@contextmanager
def hold(state: ClusterState, timeout: float, run: str = "") -> Iterator[Hold]:
    """Hold a cluster's lock; waits up to ``timeout`` seconds, then raises StateError that names the holder.

    ``run``: the id of the run, for those who wait.
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
        connection.invalidate()  # closes it, which ends the transaction whatever state it is in
        connection.close()


def holder(state: ClusterState) -> Holder | None:
    """Who works on the cluster now; None when nobody does. Tries the lock, so that a dead process holds nothing."""
    folder = state.folder
    if folder is not None:
        if not (folder / "lock").exists():
            return None
        try:
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
    """Try to lock the cluster's row; the transaction stays open when it is."""
    table = tables.lock
    mine = table.c.cluster == state.slug
    try:
        if connection.execute(select(table).where(mine)).one_or_none() is None:
            connection.rollback()
            with state.database.writing() as other:
                upsert_lock(other, state.slug)
        else:
            connection.rollback()
        # a server may end transactions that are idle: this one is meant to be
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        found = connection.execute(select(table).where(mine).with_for_update(skip_locked=True)).one_or_none()
    except exc.SQLAlchemyError as error:
        raise state.database.explained(error) from error
    if found is None:
        connection.rollback()
    return found is not None


def upsert_lock(connection: Connection, slug: str) -> None:
    """Make the row that is locked."""
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
