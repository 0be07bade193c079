"""One run of a cluster at a time, on both databases; the lock dies with its process."""

from __future__ import annotations

import signal
import time

import pytest

from kc_lineage_dagster.errors import StateError
from kc_lineage_dagster.state.lock import hold, holder
from kc_lineage_dagster.state.opening import state_of
from tests.lock_holder import lock_holder

HOLD = """
import sys
from pathlib import Path
from kc_lineage_dagster.state.opening import state_of
from kc_lineage_dagster.state.lock import hold
with hold(state_of("shop", Path(sys.argv[1])), 5, "first") as held:
    held.check()
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path, database):
    with lock_holder(HOLD, tmp_path) as process:
        yield process


@pytest.mark.slow
def test_who_waits_is_told_who_holds_it(tmp_path, other):
    """By run, process, machine and time; another cluster is free."""
    state = state_of("shop", tmp_path)
    with pytest.raises(StateError) as error, hold(state, 0.5):
        pass
    assert f"run first, pid {other.pid} on" in str(error.value)
    found = holder(state)
    assert found is not None
    assert (found.run, found.pid) == ("first", other.pid)
    assert holder(state_of("other", tmp_path)) is None


def test_the_lock_dies_with_its_process(tmp_path, other):
    """After kill -9 the lock is free, and there is nothing to clean up."""
    state = state_of("shop", tmp_path)
    other.send_signal(signal.SIGKILL)
    other.wait()
    with hold(state, 5, "second") as held:
        held.check()
        assert holder(state) is not None
    assert holder(state) is None


@pytest.mark.postgres
def test_a_lock_that_postgresql_has_dropped_ends_the_run(tmp_path, new_postgres, monkeypatch):
    """The server was restarted: another run may be at work."""
    from sqlalchemy import text

    monkeypatch.setenv("KC_LINEAGE_STATE", new_postgres)
    state = state_of("shop", tmp_path)
    with hold(state, 5) as held:
        ours = "pid <> pg_backend_pid() AND datname = current_database()"
        with state.database.writing() as connection:
            connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}"))
        with pytest.raises(StateError, match="is lost"):
            held.check()


@pytest.mark.postgres
def test_time_limits_of_the_server_do_not_end_the_lock(tmp_path, new_postgres, monkeypatch):
    """Administrators have transactions ended that do nothing for a while; the lock's does nothing for a whole run."""
    from sqlalchemy import create_engine, pool, text

    monkeypatch.setenv("KC_LINEAGE_STATE", new_postgres)
    with hold(state_of("shop", tmp_path), 5):
        pass  # the tables are there before the limits, which a busy machine takes to make them
    engine = create_engine(new_postgres.replace("://", "+psycopg2://"), poolclass=pool.NullPool)
    with engine.begin() as connection:
        name = connection.execute(text("SELECT current_database()")).scalar_one()
        known = connection.execute(
            text("SELECT name FROM pg_settings WHERE name LIKE '%transaction%timeout'")
        ).scalars()
        for limit in known.all():
            connection.execute(text(f"ALTER DATABASE {name} SET {limit} = '1s'"))
    for driver in ("psycopg2", "psycopg"):
        monkeypatch.setenv("KC_LINEAGE_STATE", new_postgres.replace("://", f"+{driver}://"))
        with hold(state_of("shop", tmp_path), 5) as held:
            time.sleep(3)
            held.check()
