"""Texts that outlive a run: by scope and key, the last one counts, and a spoilt one is none."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from kc_lineage_dagster.catalog.holdings import Holdings, Platform, Schema
from kc_lineage_dagster.catalog.questions import Questions
from kc_lineage_dagster.catalog.remembered import Remembering
from kc_lineage_dagster.state import tables
from kc_lineage_dagster.state.cache import Cache, digest_of
from kc_lineage_dagster.state.opening import state_of
from tests.tries import tries

WORDS = ("a", "b", "a.b", "ü", "")
FIELDS = st.none() | st.lists(st.sampled_from(WORDS), max_size=2).map(tuple)
SCHEMAS = st.builds(
    Schema,
    FIELDS,
    FIELDS,
    st.lists(st.sampled_from(WORDS), max_size=2).map(tuple),
    st.sampled_from((None, True, False)),
)
NAMED = st.dictionaries(st.sampled_from(WORDS), SCHEMAS, max_size=3)
HOLDINGS = st.builds(
    lambda named, topics: Holdings({platform: Platform(names) for platform, names in named.items()}, topics),
    st.fixed_dictionaries({"postgres": NAMED, "mysql": NAMED, "kafka": NAMED}),
    st.frozensets(st.sampled_from(WORDS)),
)
# All tables of one platform, single ones of another, the topics of a connector, and Kafka's list.
ASKED = Questions(
    frozenset({"postgres"}),
    frozenset(("mysql", name) for name in WORDS),
    frozenset(("connector", name) for name in WORDS),
    True,
)
OWNERS = count()


@dataclass
class Says:
    """A server that gives one answer to everything."""

    held: Holdings
    scope: str = "server"

    def answer(self, _: Questions) -> Holdings:
        return self.held


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


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    return state_of("shop", tmp_path_factory.mktemp("state"), {}).database


@tries(200, once=True, quick=6)
@given(HOLDINGS, HOLDINGS)
def test_whatever_changes_in_an_answer_changes_the_digest(database, one, other):
    """Where two answers of a server are not the same, neither are the digests of what is remembered of them."""
    owner = f"owner{next(OWNERS)}"
    found = []
    for held, fresh in ((one, -math.inf), (one, math.inf), (other, -math.inf)):
        asking = Remembering(Says(held), Cache(database, f"{owner}: server"), fresh, lambda: 1000.0)
        answer = asking.answer(ASKED)
        found.append((answer.platforms, answer.topics, digest_of(database, f"{owner}: ")))
    first, remembered, second = found
    assert first == remembered
    assert (first[:2] == second[:2]) or first[2] != second[2]


def test_the_digest_is_of_one_owners_scopes(tmp_path):
    """What is remembered for another cluster changes nothing, whatever stands in its name."""
    database = state_of("shop", tmp_path, {"KC_LINEAGE_STATE": str(tmp_path / "state")}).database
    Cache(database, "shop: a").remember("k", "text")
    before = digest_of(database, "shop: ")
    for scope in ("shop_2: a", "shopX: a", "Xshop: a", "%: a"):
        Cache(database, scope).remember("k", "text")
    assert digest_of(database, "shop: ") == before
    Cache(database, "shop: a").remember("k", "text")
    assert digest_of(database, "shop: ") == before
    Cache(database, "shop: b").remember("k", "text")
    assert digest_of(database, "shop: ") != before
