"""Texts that outlive a run: by scope and key, the last one counts, and a spoilt one is none."""

from __future__ import annotations

import time

from sqlalchemy import update

from kc_lineage_dagster.state import tables
from kc_lineage_dagster.state.cache import Cache
from kc_lineage_dagster.state.opening import state_of


def test_a_text_comes_back_as_it_was(tmp_path):
    """With the time at which it was kept; another scope has its own."""
    database = state_of("shop", tmp_path, {"KC_LINEAGE_STATE": str(tmp_path / "state")}).database
    cache = Cache(database, "shop: DataHub")
    assert cache.recall("platform postgres") is None
    cache.remember("platform postgres", "old")
    cache.remember("platform postgres", "größer " * 100_000)
    when, text = cache.recall("platform postgres") or (0.0, "")
    assert text == "größer " * 100_000
    assert abs(when - time.time()) < 600
    assert Cache(database, "other: DataHub").recall("platform postgres") is None


def test_a_spoilt_text_is_none(tmp_path):
    """A row that nobody wrote costs nothing."""
    database = state_of("shop", tmp_path, {"KC_LINEAGE_STATE": str(tmp_path / "state")}).database
    cache = Cache(database, "shop: DataHub")
    cache.remember("a", "text")
    for value in ("", "x", "AAAA", "ü"):
        with database.writing() as connection:
            connection.execute(update(tables.cache).values(value=value))
        assert cache.recall("a") is None
