"""The storages that Dagster is tried with: SQLite as ``dagster.yaml`` sets it, and a PostgreSQL of its own."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import yaml

from bench.contest import ROOT
from tests.live.machine import Process, free_ports, postgres_binaries

SQLITE, POSTGRES = "SQLite", "PostgreSQL"


@contextmanager
def storages(names: Collection[str]) -> Iterator[Mapping[str, str]]:
    """Name -> ``dagster.yaml``, of those asked for that can be had here; PostgreSQL's server runs until the block ends,
    as an account that is not root.
    """
    settings = (ROOT / "dagster.yaml").read_text()
    binaries = postgres_binaries() if POSTGRES in names else None
    if binaries is None or importlib.util.find_spec("dagster_postgres") is None:
        yield {SQLITE: settings}
        return
    with _server(binaries) as port:
        document = yaml.safe_load(settings)
        del document["event_log_storage"]
        document["storage"] = {
            "postgres": {"postgres_url": f"postgresql+psycopg2://postgres@127.0.0.1:{port}/postgres"}
        }
        yield {SQLITE: settings, POSTGRES: yaml.safe_dump(document)}


@contextmanager
def _server(binaries: Path) -> Iterator[int]:
    folder = Path(tempfile.mkdtemp(prefix="bench-postgres-"))
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user, user)
    (port,) = free_ports(1)
    data = str(folder / "data")
    made = [str(binaries / "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"]
    subprocess.run(made, user=user, cwd="/", check=True, capture_output=True)
    given = [f"--port={port}", "--listen_addresses=127.0.0.1", "--unix_socket_directories="]
    command = [str(binaries / "postgres"), "-D", data, *given]
    server = Process("PostgreSQL", command, port, folder / "log", user, signal.SIGINT)
    try:
        server.start()
        yield port
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
