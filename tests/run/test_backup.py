"""The commands of docs/operating.md that back the state up, bring it back and take it away."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from kc_lineage_dagster.state.database import database_at
from tests.live.machine import postgres_binaries

PAGE = Path(__file__).resolve().parents[2] / "docs/operating.md"


def commands(database: str) -> list[str]:
    """The lines of the page about one kind of database, in its order."""
    (block,) = re.findall(rf"```sh\n# {database}.*?\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return [line.strip() for line in block.strip().splitlines()]


def shell(served, line: str) -> None:
    environ = {**os.environ, "PATH": f"{postgres_binaries()}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-euc", line], env=environ, cwd=served.folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    database_at.cache_clear()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="sqlite3 is not installed")
def test_a_copy_of_the_file_sends_nothing(served, monkeypatch):
    """A copy that was made with the page's command, put in the place of the lost file, knows everything."""
    monkeypatch.delenv("KC_LINEAGE_STATE", raising=False)
    monkeypatch.setenv("DAGSTER_HOME", str(served.folder))
    assert served.run().counts.sent
    for line in commands("SQLite"):
        shell(served, line)
    shutil.rmtree(served.folder / "kc_lineage")
    (served.folder / "kc_lineage").mkdir()
    shutil.move(served.folder / "kc-lineage.sqlite", served.folder / "kc_lineage/state.sqlite")
    assert served.run().counts.sent == 0


@pytest.mark.postgres
@pytest.mark.skipif(shutil.which("pg_dump") is None, reason="PostgreSQL's clients are not installed")
def test_restored_tables_send_nothing(served, monkeypatch, new_postgres):
    """Backed up, dropped and restored, the state knows everything; dropped, it is made anew and everything is sent."""
    monkeypatch.setenv("KC_LINEAGE_STATE", new_postgres)
    back_up, restore, drop = commands("PostgreSQL")
    first = served.run().counts.sent
    assert first
    shell(served, back_up)
    shell(served, drop)
    shell(served, restore)
    assert served.run().counts.sent == 0
    shell(served, restore)  # over tables that are there, as after an upgrade
    assert served.run().counts.sent == 0
    shell(served, drop)
    assert served.run().counts.sent == first
