"""State that lies: nothing alive is removed because a listing, a worker or a clock says so."""

from __future__ import annotations

import threading

import pytest

from tests.connect.stand_in import Fault, body, status, worker
from tests.run.place import config


@pytest.fixture
def place(database, served):
    return served


@pytest.mark.slow
def test_an_older_listing_does_not_overtake_a_newer_one(place):
    """A run lists, waits for evidence, and meanwhile another run has read and emitted a connector that was created."""
    waiting, go_on = threading.Event(), threading.Event()

    def wait(handler):
        waiting.set()
        go_on.wait(30)
        return True

    place.stand_in.fault("/connectors/c9/topics", Fault(wait, times=1))
    slow = threading.Thread(target=place.read)
    slow.start()
    assert waiting.wait(30)
    place.names = [*place.names, "new"]
    place.serve(place.answers())
    place.run()
    before = place.alive
    go_on.set()
    slow.join()
    assert place.sync().removed == ()
    assert place.alive == before
    assert len(before) == 33


def test_a_partial_listing_removes_nothing(place):
    """A connector that the listing lacks and the worker has when it is asked for once more stays."""
    place.run()
    before = place.alive
    listing = {"/connectors": ["c0"]}
    partial = place.answers()
    expanded = next(path for path in partial if "expand" in path)
    partial[expanded] = {"c0": partial[expanded]["c0"]}
    place.serve({**partial, **listing})
    report = place.run()
    assert report.removed == ()
    assert place.alive == before
    assert report.stale.gone_connectors == ()
    assert {reason for reason in report.stale.keep_reasons.values() if "GET /connectors" in reason}
    place.serve(place.answers(place.names[:5]))
    assert len(place.run().removed) == 15


@pytest.mark.slow
def test_a_name_that_no_path_carries_is_asked_for_by_the_list_of_names(place):
    """Kafka 4 answers 400 to ``%2F``: such a connector is gone when two listings lack it, not when one does."""
    place.names = [*place.names, "odd/name"]
    place.serve(place.answers())
    place.run()
    before = place.alive
    without = place.answers(place.names[:-1])
    place.serve({**without, "/connectors": place.names})
    place.stand_in.fault("/connectors/odd%2Fname", status(400))
    assert place.run().removed == ()
    assert place.alive == before
    place.serve(without)
    assert len(place.run().removed) == 3


PAGE = body(b"<html>default backend - 404</html>", None, "text/html", 404)
NO_ROUTE = body(b'{"message": "no Route matched with those values"}', None, "application/json", 404)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "says"), [(NO_ROUTE, "answers 404 for 'c0' too"), (PAGE, "answers 404 for 'c0' too")]
)
def test_a_gateway_that_finds_no_connector_at_all_removes_nothing(place, fault, says):
    """The gateway lost the worker after a short listing, and answers 404 for every connector, listed or not."""
    place.run()
    before = place.alive
    place.serve({**place.answers(["c0", "c1", "c2", "c3"]), "/health": {"status": 404, "body": {}}})
    for name in place.names:
        place.stand_in.fault(f"/connectors/{name}", fault)
    report = place.run()
    assert report.removed == ()
    assert place.alive == before
    assert any("answers 404 for 'c0' too" in reason for reason in report.stale.keep_reasons.values())
    place.serve(place.answers(["c0", "c1", "c2", "c3"]))
    place.stand_in.faults.clear()
    assert len(place.run().removed) == 18


def test_a_page_is_no_word_of_the_worker(place):
    """One of two gateways has lost the worker: what it says of an unlisted connector counts for nothing."""
    place.run()
    before = place.alive
    place.serve(place.answers(place.names[:8]))
    for name in ("c8", "c9"):
        place.stand_in.fault(f"/connectors/{name}", PAGE)
    report = place.run()
    assert (report.removed, place.alive) == ((), before)
    assert all("a page says 404, perhaps of a gateway" in reason for reason in report.stale.keep_reasons.values())
    place.stand_in.faults.clear()
    assert len(place.run().removed) == 6


def test_a_proxy_that_puts_its_page_in_the_place_of_every_404_holds_nothing_back(place):
    """There a connector that nobody has gets the page as well, and a listed one is found."""
    place.run()
    place.serve(place.answers(place.names[:8]))
    for name in ("c8", "c9", "kc-lineage-asks-for-a-connector-that-nobody-has"):
        place.stand_in.fault(f"/connectors/{name}", PAGE)
    assert len(place.run().removed) == 6


@pytest.mark.slow
def test_an_empty_listing_and_a_404_of_anybody_remove_nothing(place):
    """No connector is listed, so nobody can tell whether the path leads to the worker at all."""
    place.further = {"stateful_ingestion": {"enabled": True, "fail_safe_threshold": 100}}
    place.run()
    before = place.alive
    place.serve(place.answers([]))
    for name in place.names:
        place.stand_in.fault(f"/connectors/{name}", NO_ROUTE)
    report = place.run()
    assert (report.removed, place.alive) == ((), before)
    assert any("no connector is listed" in reason for reason in report.stale.keep_reasons.values())
    place.stand_in.faults.clear()
    assert len(place.run().removed) == 30


@pytest.mark.slow
def test_a_worker_that_is_starting_removes_nothing(place):
    """Kafka 3.9 and later say whether the config topic has been read."""
    place.run()
    answers = {**place.answers(["c0", "c1", "c2", "c3"]), "/health": {"status": "starting"}}
    place.serve(answers)
    report = place.run()
    assert report.removed == ()
    assert any("starting" in reason for reason in report.stale.keep_reasons.values())
    place.serve({**answers, "/health": {"status": "healthy"}})
    assert len(place.run().removed) == 18


def test_another_kafka_cluster_removes_nothing_until_it_is_meant(place):
    """connect_uri leads to another cluster, which has three of the ten connectors under the same names."""
    place.run()
    before = place.alive
    answers = place.answers(place.names[:3])
    answers["/"] = {"version": "3.9.1", "kafka_cluster_id": "another"}
    place.serve(answers)
    for _ in range(2):
        report = place.run()
        assert report.removed == ()
        assert place.alive == before
        assert any("another Kafka cluster" in reason for reason in report.stale.keep_reasons.values())
    assert len(place.run(allow_removal=True).removed) == 21
    assert place.run().removed == ()


@pytest.mark.slow
def test_topics_that_were_reset_stay_while_the_configuration_is_the_same(place):
    """PUT /connectors/{name}/topics/reset; then one topic gets a record again. A full refresh forgets."""
    place.run()
    before = place.alive
    for known in ([], ["c0.public.users"]):
        answers = place.answers()
        for name in place.names:
            answers[f"/connectors/{name}/topics"] = {name: {"topics": [one.replace("c0", name) for one in known]}}
        place.serve(answers)
        report = place.run()
        assert report.removed == ()
        assert place.alive == before
        assert report.counts.edges == 20
    notes = {str(note) for result in place.results for note in result.connector.notes}
    assert any("full_refresh forgets" in note for note in notes)
    report = place.run(full_refresh=True)
    assert report.counts.edges == 10
    assert len(report.removed) == 10
    assert place.run().counts.edges == 10


@pytest.mark.slow
def test_failed_connectors_without_topics_keep_their_jobs(place):
    """The status topic was rebuilt with a wrong password: everything FAILED, nothing active."""
    place.run()
    before = place.alive
    answers = worker(
        {name: config(name) for name in place.names},
        topics={name: [] for name in place.names},
        state="FAILED",
        trace="java.lang.IllegalStateException: no",
    )
    place.serve(answers)
    assert place.run().removed == ()
    assert place.alive == before


@pytest.mark.slow
@pytest.mark.parametrize("state", ["PAUSED", "STOPPED"])
def test_a_connector_at_rest_loses_nothing_until_it_runs(place, state):
    """A table leaves the list of a connector that is paused or stopped: its job goes when the connector runs again."""
    place.run()
    before = place.alive
    narrowed = {name: config(name) | {"table.include.list": "public\\.users"} for name in place.names}
    known = {name: [f"{name}.public.users"] for name in place.names}
    place.serve(worker(narrowed, topics=known, state=state))
    report = place.run()
    assert report.removed == ()
    assert place.alive == before
    assert set(report.stale.keep_reasons.values()) == {f"its connector is {state.lower()}"}
    place.serve(worker(narrowed, topics=known))
    assert len(place.run(allow_removal=True).removed) == len(place.names)


@pytest.mark.slow
def test_what_could_not_be_asked_takes_nothing_away(place):
    """A table leaves the list of a connector whose active topics cannot be read: its job stays until they can."""
    place.run()
    before = place.alive
    narrowed = {name: config(name) | {"table.include.list": "public\\.users"} for name in place.names}
    place.serve(worker(narrowed, topics={name: [f"{name}.public.users"] for name in place.names}))
    place.stand_in.fault("/connectors/c0/topics", status(500))
    kept = place.run(allow_removal=True).stale.keep_reasons
    assert {urn for urn in kept if "(kafka-connect,c0," in urn} == set(kept) != set()
    asked = f"{place.stand_in.uri}/connectors/c0/topics"
    assert set(kept.values()) == {f"topics: GET {asked}: answered 500 (HTTP 500) (tried 3 times)"}
    place.stand_in.faults.clear()
    place.run()
    assert {urn for urn in before - place.alive if "public.orders" in urn} == before - place.alive
    assert len(before - place.alive) == len(place.names)


@pytest.mark.slow
@pytest.mark.parametrize("changed", [{}, {"topic.prefix": "c0"}, {"connector.class": "com.acme.Unknown", "a": "b"}])
def test_an_empty_configuration_or_a_lost_class_keeps_the_jobs(place, changed):
    """One answer with nothing in it, or a class whose plugin is not there any more, is not a decision."""
    place.run()
    before = place.alive
    answers = place.answers()
    expanded = next(path for path in answers if "expand" in path)
    answers[expanded]["c0"]["info"]["config"] = changed
    place.serve(answers)
    assert place.run().removed == ()
    assert place.alive >= before
    place.serve(place.answers())
    place.run()
    assert place.alive == before
