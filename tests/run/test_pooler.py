"""The state in PostgreSQL as careful administrators run it: behind PgBouncer, by transaction, and with time limits."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, pool, text

from kc_lineage_dagster.errors import StateError
from kc_lineage_dagster.state.lock import hold, holder
from kc_lineage_dagster.state.opening import state_of
from tests.emit.gms import Gms
from tests.emit.run_once import Run
from tests.live.machine import free_ports, pgbouncer
from tests.waiting import wait

pytestmark = pytest.mark.postgres

DRIVERS = ("psycopg2", "psycopg")


def by(driver: str, address: str) -> str:
    return address.replace("://", f"+{driver}://")


@pytest.fixture
def pooled(new_pooled, new_postgres) -> Iterator[Callable[[str], str]]:
    """The address of the database behind a PgBouncer of its own with these settings."""
    server, _, name = new_postgres.rpartition("/")
    folder = Path(tempfile.mkdtemp(prefix="small-pooler-"))
    folder.chmod(0o755)
    started = []

    def start(settings: str) -> str:
        (port,) = free_ports(1)
        started.append(pgbouncer(folder, port, int(server.rpartition(":")[2]), settings))
        started[-1].start()
        return f"postgresql://postgres@127.0.0.1:{port}/{name}"

    yield start
    for one in started:
        one.stop()
    shutil.rmtree(folder)


@pytest.mark.parametrize("driver", DRIVERS)
def test_runs_converge_through_a_pooler(served, new_pooled, monkeypatch, driver):
    """All is sent once, an unchanged cluster sends nothing, and what is gone is removed."""
    monkeypatch.setenv("KC_LINEAGE_STATE", by(driver, new_pooled))
    assert served.run().counts.sent == sum(served.gms.writes.values()) > 0
    assert served.run().counts.sent == 0
    served.serve(served.answers(served.names[1:]))
    assert any(f",{served.names[0]}," in urn for urn in served.run().removed)


@pytest.mark.parametrize("driver", DRIVERS)
def test_one_run_at_a_time_through_a_pooler(tmp_path, new_pooled, monkeypatch, driver):
    """The lock is an open transaction, to which a pooler that hands out connections by transaction gives one."""
    monkeypatch.setenv("KC_LINEAGE_STATE", by(driver, new_pooled))
    state = state_of("shop", tmp_path)
    with hold(state, 5, "first") as held:
        assert holder(state).run == "first"
        with pytest.raises(StateError, match="run first"), hold(state, 0.5):
            pass
        held.check()
    assert holder(state) is None


def test_a_run_killed_behind_a_pooler_is_made_up_for(tmp_path, new_pooled):
    """The lock dies with its process, and nothing is sent again but what was on its way."""
    with Gms() as gms:
        run = Run(tmp_path / "cluster", new_pooled, "datahub-rest", {"server": gms.url, "max_per_batch": 10})
        process, told = run.start(5)
        told.recv()
        process.kill()
        process.join()
        run.finish(5)
        assert set(gms.writes.values()) <= {1, 2}
        gms.requests.clear()
        run.finish(5)
        assert gms.requests["writes"] == 0


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_pool_that_is_too_small_is_one_line(tmp_path, pooled, monkeypatch, driver):
    """A run holds one connection for its lock; when no other one is left, the line says so."""
    monkeypatch.setenv("KC_LINEAGE_STATE", by(driver, pooled("default_pool_size = 1\nquery_wait_timeout = 1\n")))
    state = state_of("shop", tmp_path)
    with pytest.raises(StateError, match=r"two (connections )?for each run") as error, hold(state, 5):
        pass
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_connection_that_the_server_ended_meanwhile_is_replaced(tmp_path, new_postgres, monkeypatch, driver):
    """So do ``idle_session_timeout`` and a pooler's ``client_idle_timeout`` while DataHub takes its time."""
    monkeypatch.setenv("KC_LINEAGE_STATE", by(driver, new_postgres))
    state = state_of("shop", tmp_path)
    other = create_engine(by(driver, new_postgres), poolclass=pool.NullPool)
    with state.database.keeping():
        assert state.begin_reading() == 1
        with other.begin() as connection:
            ours = "pid <> pg_backend_pid() AND datname = current_database() AND backend_type = 'client backend'"
            ended = connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}"))
            assert ended.scalars().all() == [True]
        time.sleep(1.5)
        assert state.begin_reading() == 2


def test_the_server_asks_whether_the_machine_with_the_lock_still_lives(tmp_path, new_postgres, monkeypatch):
    """A machine that loses power closes no connection: without being asked it would hold the lock for two hours."""
    monkeypatch.setenv("KC_LINEAGE_STATE", new_postgres)
    port = int(new_postgres.rpartition("/")[0].rpartition(":")[2])
    with hold(state_of("shop", tmp_path), 5):
        wait(lambda: any(0 < seconds <= 30 for seconds in keepalives(port)), "a timer of half a minute")


def keepalives(port: int) -> list[float]:
    """Seconds until Linux asks the other ends of the connections that a server of this machine holds."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    timers = [row[5].split(":") for row in rows if row[1].endswith(f":{port:04X}")]
    return [int(when, 16) / 100 for kind, when in timers if kind == "02"]
