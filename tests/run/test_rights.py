"""The rights that docs/deploying.md asks for are enough, on Connect, DataHub and PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from kc_lineage_dagster.errors import StateError
from kc_lineage_dagster.recipe.files import read_recipe
from kc_lineage_dagster.run.doctor import examine
from kc_lineage_dagster.state.database import database_at
from kc_lineage_dagster.state.place import place_of
from kc_lineage_dagster.state.tables import VERSION_TABLE
from tests.connect.stand_in import status

PAGE = Path(__file__).resolve().parents[2] / "docs/deploying.md"


def told(side: str) -> list[str]:
    """What stands in backticks in a row of the page's table."""
    (row,) = re.findall(rf"^\| {re.escape(side)} \|(.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return re.findall(r"`([^`]+)`", row)


def beyond(asked: Iterable[str], patterns: list[str]) -> list[str]:
    """What no pattern allows."""
    return [one for one in asked if not any(fnmatchcase(one, pattern) for pattern in patterns)]


@pytest.mark.slow
def test_connect_and_datahub(served, monkeypatch, tmp_path):
    """A sync, with a removal, and the doctor ask Connect and DataHub for nothing but what the page names."""
    served.further = {"pipeline_name": "nightly"}
    monkeypatch.setenv("KC_LINEAGE_STATE", str(tmp_path / "state"))
    served.run()
    served.names = served.names[1:]
    served.serve(served.answers())
    assert served.run().removed
    (recipe,) = served.folder.glob("*.yml")
    assert list(examine(read_recipe(recipe)))
    method, *patterns = told("Connect")
    assert method == "GET"
    asked = {target.partition("?")[0] for target in served.stand_in.targets}
    assert len(asked) > 10
    assert beyond(asked, patterns) == []
    requests = [request for request in served.gms.requests if " /" in request]
    assert len(requests) > 5
    assert beyond(requests, told("what stands before DataHub's GMS")) == []


@pytest.mark.slow
def test_a_gateway_that_refuses_what_newer_workers_have(served, monkeypatch, tmp_path):
    """A worker whose health may not be asked for is as one of Kafka before 3.9: what is gone is removed."""
    monkeypatch.setenv("KC_LINEAGE_STATE", str(tmp_path / "state"))
    served.run()
    served.names = served.names[1:]
    served.serve(served.answers())
    served.stand_in.fault("/health", status(403))
    assert served.run().removed


@pytest.mark.postgres
def test_postgresql(served, monkeypatch, new_postgres):
    """Once the tables are there, the rights that the page names are enough for a sync and a removal. To make or change
    tables they are not, and one line says what to do.
    """
    import psycopg  # with the other fast tests this file is also collected where the driver is not installed

    rights, tables = told("state database")
    with psycopg.connect(new_postgres, autocommit=True) as owner:
        owner.execute("CREATE ROLE daily LOGIN")
        mine = new_postgres.replace("postgres@", "daily@")
        monkeypatch.setenv("KC_LINEAGE_STATE", mine)
        with pytest.raises(StateError, match=r"permission denied.*; check the rights of the user"):
            served.run()
        monkeypatch.setenv("KC_LINEAGE_STATE", new_postgres)
        served.run()
        made = [name for (name,) in owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        assert all(fnmatchcase(name, tables) for name in made)
        for name in made:
            owner.execute(f"GRANT {rights} ON {name} TO daily")
    monkeypatch.setenv("KC_LINEAGE_STATE", mine)
    database_at.cache_clear()
    assert place_of(served.folder).url.username == "daily"
    before = len(served.alive)
    served.names = served.names[1:]
    served.serve(served.answers())
    assert served.run().removed
    assert len(served.alive) < before
    with psycopg.connect(new_postgres, autocommit=True) as owner:
        owner.execute(f"UPDATE {VERSION_TABLE} SET version_num = '0001'")
    database_at.cache_clear()
    with pytest.raises(StateError, match=r"must be owner.*let their owner run it once"):
        served.run()
