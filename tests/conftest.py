"""What the tests share: which examples Hypothesis tries; a state on SQLite and, with ``-m postgres``, on PostgreSQL."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.live.machine import free_ports, pgbouncer, pgbouncer_missing, postgres, postgres_missing

_NUMBERS = count()

# Modules are loaded for good: to look for garbage among them is a fifth of the time that loading takes.
gc.disable()

# A process that tests beside others has reported all it found, and to free what it has loaded takes it a second.
if "PYTEST_XDIST_WORKER" in os.environ:
    atexit.register(os._exit, 0)


def pytest_collectstart() -> None:
    """Choose the examples that Hypothesis tries; a process that only hands out tests collects none, and loads less."""
    from tests.tries import choose_examples

    choose_examples()


def pytest_collection_finish() -> None:
    """Collect garbage from now on, except among what was loaded so far."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Escape what UTF-8 has no bytes for in captured logs: reports travel between the processes that test."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections]
    return report


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    """A PostgreSQL server of its own, as ``postgresql://user@host:port``; ends with the tests."""
    reason = postgres_missing()
    if reason:
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="state-postgres-"))
    folder.chmod(0o755)
    (port,) = free_ports(1)
    server = postgres(folder, port, "fsync=off\n")
    try:
        server.start()
        yield f"postgresql://postgres@127.0.0.1:{port}"
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def new_postgres(postgres_address: str) -> str:
    """The address of an empty database."""
    from sqlalchemy import create_engine, pool, text

    name = f"state{next(_NUMBERS)}"
    engine = create_engine(
        f"{postgres_address}/postgres".replace("://", "+psycopg2://"),
        poolclass=pool.NullPool,
        isolation_level="AUTOCOMMIT",
    )
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    return f"{postgres_address}/{name}"


@pytest.fixture(scope="session")
def pooler_address(postgres_address: str) -> Iterator[str]:
    """A PgBouncer before that server, which hands out connections by transaction; see ``postgres_address``."""
    reason = pgbouncer_missing()
    if reason:
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="state-pooler-"))
    folder.chmod(0o755)
    (port,) = free_ports(1)
    pooler = pgbouncer(folder, port, int(postgres_address.rpartition(":")[2]))
    try:
        pooler.start()
        yield f"postgresql://postgres@127.0.0.1:{port}"
    finally:
        pooler.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def new_pooled(new_postgres: str, pooler_address: str) -> str:
    """The address of an empty database behind the pooler."""
    return f"{pooler_address}/{new_postgres.rpartition('/')[2]}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty database as ``KC_LINEAGE_STATE``, which is set to it."""
    place = str(tmp_path / "state") if request.param == "sqlite" else str(request.getfixturevalue("new_postgres"))
    monkeypatch.setenv("KC_LINEAGE_STATE", place)
    return place


@pytest.fixture
def no_collection() -> Iterator[None]:
    """No garbage is collected: its finalizers find no room on a stack that an answer of many levels has used up."""
    gc.disable()
    yield
    gc.enable()
