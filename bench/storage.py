"""Dagster's storages in the benchmark: the default SQLite, and a PostgreSQL server started for the run."""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import yaml

from bench.contest import ROOT
from tests.live.machine import free_ports, postgres, postgres_binaries

SQLITE, POSTGRES = "SQLite", "PostgreSQL"


@contextmanager
def storages(names: Collection[str]) -> Iterator[Mapping[str, str]]:
    """Give the storages among ``names`` that are installed: name -> text of ``dagster.yaml``.

    SQLite is always among them. PostgreSQL runs until the block ends.
    """
    settings = (ROOT / "dagster.yaml").read_text()
    wanted = POSTGRES in names and postgres_binaries() is not None
    if not wanted or importlib.util.find_spec("dagster_postgres") is None:
        yield {SQLITE: settings}
        return
    with _server() as port:
        document = yaml.safe_load(settings)
        document["storage"] = {
            "postgres": {"postgres_url": f"postgresql+psycopg2://postgres@127.0.0.1:{port}/postgres"}
        }
        yield {SQLITE: settings, POSTGRES: yaml.safe_dump(document)}


@contextmanager
def _server() -> Iterator[int]:
    folder = Path(tempfile.mkdtemp(prefix="bench-postgres-"))
    folder.chmod(0o755)
    (port,) = free_ports(1)
    server = postgres(folder, port)
    try:
        server.start()
        yield port
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
