"""DataHub as a catalog: what is asked, what is believed, and what a server that is away, slow or odd costs."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from kc_lineage_dagster.catalog.datahub import PAGE_SIZE, DataHubCatalog
from kc_lineage_dagster.catalog.questions import Questions
from kc_lineage_dagster.emit.gms_session import graph_at
from kc_lineage_dagster.lineage import Dataset
from tests.catalog.metadata import dataset_urn, hold
from tests.connect.stand_in import DRIPS
from tests.emit.gms import FLOOD, Answer, Gms, everything
from tests.tries import quick_if

USERS = "shop.public.users"


@pytest.fixture
def gms() -> Iterator[Gms]:
    with Gms() as served:
        yield served


def provider(gms: Gms, **settings) -> DataHubCatalog:
    def client():
        return graph_at({"server": gms.url, "token": "t0ken-of-the-test", "timeout_sec": 2, "retry_max_times": 0})

    return DataHubCatalog(client, gms.url, "PROD", **settings)


def view(found):
    return found.seen_from("c", lambda *_: None)


ALL = Questions(platforms=frozenset({"postgres"}))


@pytest.mark.slow
def test_all_datasets_of_a_platform_come_with_their_schemas(gms):
    """Pages are followed to the end; other environments, platforms and removed datasets do not count."""
    for number in range(PAGE_SIZE + 3):
        hold(gms, "postgres", f"shop.public.t{number}", ["id", "name"])
    hold(gms, "postgres", "shop.public.gone", removed=True)
    hold(gms, "postgres", "shop.public.dev", env="DEV")
    hold(gms, "mysql", "shop.t")
    hold(gms, "postgres", "shop.public.v", kind="View")
    hold(gms, "postgres", "shop.public.plain", kind="Table")
    found = provider(gms).answer(ALL)
    assert found.notes == ()
    assert set(found.platforms) == {"postgres"}
    assert len(view(found).datasets("postgres")) == PAGE_SIZE + 5
    assert view(found).fields(Dataset("postgres", "shop.public.t7")) == ("id", "name")
    assert view(found).is_view(Dataset("postgres", "shop.public.v")) is True
    assert view(found).is_view(Dataset("postgres", "shop.public.plain")) is False
    assert view(found).is_view(Dataset("postgres", "shop.public.t1")) is None
    assert gms.requests["POST /api/graphql"] == 2


def test_a_few_datasets_are_asked_for_by_name(gms):
    """Where all names do not matter the index is not searched, and what it does not hold yet is found."""
    gms.unindexed.add(hold(gms, "postgres", USERS, ["id"]))
    hold(gms, "postgres", "shop.public.gone", ["id"], removed=True)
    questions = Questions(
        datasets=frozenset({("postgres", USERS), ("postgres", "no"), ("postgres", "shop.public.gone")})
    )
    found = provider(gms).answer(questions)
    assert view(found).fields(Dataset("postgres", USERS)) == ("id",)
    assert view(found).datasets("postgres") == (USERS,)
    assert gms.requests["POST /api/graphql"] == 0


def test_what_search_does_not_find_is_asked_for(gms):
    """After a scroll single datasets that were wanted and not found are asked for in the primary store."""
    hold(gms, "postgres", "shop.public.a", ["id"])
    gms.unindexed.add(hold(gms, "postgres", USERS, ["id", "mail"]))
    questions = Questions(platforms=frozenset({"postgres"}), datasets=frozenset({("postgres", USERS)}))
    assert view(provider(gms).answer(questions)).fields(Dataset("postgres", USERS)) == ("id", "mail")


def test_a_recipe_may_want_only_names_or_only_columns(gms):
    """``schema_resolver_expand_patterns: false`` asks for no platform, ``finegrained_lineage: false`` for no field."""
    hold(gms, "postgres", USERS, ["id"])
    questions = Questions(platforms=frozenset({"postgres"}), datasets=frozenset({("postgres", USERS)}))
    names = view(provider(gms, columns=False).answer(questions))
    assert (names.datasets("postgres"), names.fields(Dataset("postgres", USERS))) == ((USERS,), None)
    gms.requests.clear()
    assert view(provider(gms, names=False).answer(questions)).fields(Dataset("postgres", USERS)) == ("id",)
    assert gms.requests["POST /api/graphql"] == 0


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (everything(401), "answers 401 (a token"),
        (everything(403), "answers 403"),
        (everything(500), "answers 500"),
        (lambda _: Answer(200, "<html>Sign in t0ken-of-the-test</html>", "text/html"), "makes no sense"),
        (lambda _: Answer(200, "[]"), "makes no sense"),
        (lambda _: Answer(200, json.dumps({"errors": [{"message": "t0ken-of-the-test"}]})), "makes no sense"),
        (lambda _: Answer(200, json.dumps({"data": {"scrollAcrossEntities": None}})), "makes no sense"),
        (lambda _: Answer(reset=True), "cannot be reached"),
    ],
)
def test_a_server_that_fails_costs_one_note(gms, fault, says):
    """Whatever it does: one note in every answer, no exception, no further question, no secret."""
    gms.fault = fault
    datahub = provider(gms)
    found = datahub.answer(ALL)
    asked = sum(gms.requests.values())
    assert len(found.notes) == 1
    assert says in found.notes[0]
    assert "t0ken" not in found.notes[0]
    again = datahub.answer(Questions(platforms=frozenset({"mysql"})))
    assert (again.notes, again.platforms) == (found.notes, {})  # the same note: this was not answered either
    assert sum(gms.requests.values()) == asked <= 3


def test_a_server_that_is_not_there(gms):
    """A closed port costs one note."""
    gms.stop()
    assert "cannot be reached" in provider(gms).answer(ALL).notes[0]


@pytest.mark.parametrize("drip", quick_if(DRIPS, {"headers", "chunks"}))
def test_whatever_drips_ends_by_the_time_limit(gms, drip):
    """A server that sends a little at a time is left when the time is up, however little arrives."""
    gms.fault = lambda _: Answer(drip=DRIPS[drip])
    config = {"server": gms.url, "timeout_sec": 0.2, "retry_max_times": 0}
    (note,) = DataHubCatalog(lambda: graph_at(config), gms.url, "PROD").answer(ALL).notes
    # the time may be over before a busy machine has connected
    assert "does not answer in time" in note or "cannot be reached" in note


@pytest.mark.slow
def test_an_answer_without_end_is_one_note(gms):
    """An answer without end is one note: its bytes are counted, not kept."""
    gms.fault = lambda _: Answer(drip=FLOOD)
    (note,) = provider(gms).answer(ALL).notes
    assert "makes no sense" in note


def test_one_hiccup_is_no_answer_lost(gms):
    """A server that answers 503 once is asked again: without its answer edges would be missing for an hour."""
    hold(gms, "postgres", USERS, ["id"])
    faults = iter([Answer(503)])
    gms.fault = lambda _: next(faults, None)
    config = {"server": gms.url, "timeout_sec": 2, "retry_max_times": 1}
    found = DataHubCatalog(lambda: graph_at(config), gms.url, "PROD").answer(ALL)
    assert (found.notes, view(found).datasets("postgres")) == ((), (USERS,))


def test_a_slow_server_is_left(gms):
    """The time of one run is bounded: what a slow server answered until then counts."""
    for number in range(PAGE_SIZE * 3):
        hold(gms, "postgres", f"t.{number}")
    times = iter(range(0, 10_000, 50))
    found = provider(gms, seconds=60.0, clock=lambda: float(next(times))).answer(ALL)
    assert "took more than 60 s" in found.notes[0]
    assert gms.requests["POST /api/graphql"] < 3


def test_absurd_pages_end(gms):
    """A scroll that repeats itself ends, and datasets of others that it names do not count."""
    entity = {"urn": dataset_urn("mysql", "a.b"), "schemaMetadata": None}
    page = {"nextScrollId": "same", "searchResults": [{"entity": entity}, {"entity": {"urn": 5}}]}
    gms.fault = lambda request: (
        Answer(200, json.dumps({"data": {"scrollAcrossEntities": page}})) if "graphql" in request.path else None
    )
    found = provider(gms).answer(ALL)
    assert (view(found).datasets("postgres"), found.notes) == ((), ())
    assert gms.requests["POST /api/graphql"] == 2
