"""A sync of a cluster in which nothing has changed derives nothing, and otherwise is as any other sync is."""

from __future__ import annotations

import copy
import json
import time
from dataclasses import replace

import pytest
import yaml
from sqlalchemy import text

from kc_lineage_dagster.recipe.files import read_recipe
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.reading import read_cluster
from kc_lineage_dagster.run.report import Request
from kc_lineage_dagster.run.sync import Sync
from kc_lineage_dagster.state import codec
from kc_lineage_dagster.state.cluster_state import Derived
from kc_lineage_dagster.state.opening import state_of
from kc_lineage_dagster.state.receipts import Receipts
from tests.catalog.metadata import hold
from tests.catalog.server import Server
from tests.connect.stand_in import status, worker
from tests.emit.gms import Answer, healthy, rejects
from tests.run.place import Impatient, config, topics
from tests.tries import first_of


@pytest.fixture
def place(database, served):
    served.names = served.names[:4]
    served.serve(served.answers())
    return served


def derived(place, **request) -> int:
    return place.run(**request).counts.derived


def state(place):
    return state_of("shop", place.folder)


def execute(place, statement: str) -> None:
    with state(place).database.writing() as connection:
        connection.execute(text(statement))


def results(place):
    return [(one.connector, one.lineage, one.before, one.version, one.urns, one.failed) for one in place.results]


def test_the_second_sync_takes_the_lineage_of_the_first(place):
    """Its results, its report and what DataHub holds are those of a sync that derives."""
    assert derived(place) == 4
    first, held = results(place), place.alive
    second = place.run()
    assert second.counts.derived == 0
    assert results(place) == [(one, lineage, lineage, *rest) for one, lineage, _, *rest in first]
    assert (second.counts.connectors, second.counts.edges, second.counts.changed, second.counts.sent) == (4, 8, 0, 0)
    place.read()
    execute(place, "UPDATE kc_lineage_cluster SET settled = NULL")
    third = place.sync()
    assert third.counts.derived == 4
    assert results(place) == [(one, lineage, lineage, *rest) for one, lineage, _, *rest in first]
    assert (third.whole, third.stale, third.warnings, third.entities) == (
        second.whole,
        second.stale,
        second.warnings,
        second.entities,
    )
    assert place.alive == held


def test_keys_that_an_older_release_did_not_store_are_added_without_sending(place):
    """Lineage that says the same with fewer keys is stored again, and neither DataHub nor the run hears of a change."""
    place.run()
    rows = state(place).lineages_of(place.names)
    with state(place).database.writing() as connection:
        older = [codec.lineages().dump(replace(one, decided_by=())) for one in rows.values()]
        emitted = state(place).emitted(place.names)
        state(place).remember(
            connection,
            [Derived(one, text, emitted[name]) for (name, one), text in zip(rows.items(), older, strict=True)],
        )
    assert {one.decided_by for one in state(place).lineages_of(place.names).values()} == {()}
    report = place.run()
    assert (report.counts.derived, report.counts.sent, report.counts.changed) == (4, 0, 0)
    found = state(place).lineages_of(place.names)
    assert {one.decided_by for one in found.values()} == {("database.dbname", "table.include.list", "topic.prefix")}
    assert derived(place) == 0


def another_config(place):
    changed = {**{name: config(name) for name in place.names}, "c0": {**config("c0"), "database.dbname": "other"}}
    place.serve(worker(changed, topics={name: topics(name) for name in place.names}))


def another_topic(place):
    active = {**{name: topics(name) for name in place.names}, "c0": ["c0.public.users"]}
    place.serve(worker({name: config(name) for name in place.names}, topics=active))


def one_more(place):
    place.names = [*place.names, "new"]
    place.serve(place.answers())


def one_less(place):
    place.names = place.names[1:]
    place.serve(place.answers())


def another_letter_case(place):
    place.options = {"letter_case": {"postgres": "upper"}}


def topics_that_exist(place):
    place.options = {"topics": ["a", "b"]}


def another_instance(place):
    place.further = {"platform_instance_map": {"postgres": "eu"}}


def another_link(place):
    place.options = {"external_url": "https://connect.example.com/{connector}"}


def restored_lineage(place):
    execute(place, "UPDATE kc_lineage_lineage SET digest = 'x' WHERE name = 'c1'")


def damaged_receipts(place):
    execute(place, "UPDATE kc_lineage_entity SET aspects = '{}' WHERE connector = 'c1'")


def lost_receipts(place):
    execute(place, "DELETE FROM kc_lineage_entity WHERE connector = 'c1'")


def another_release(place):
    execute(place, "UPDATE kc_lineage_cluster SET code_version = '0.1'")


@pytest.mark.parametrize(
    "change",
    first_of(
        [
            another_config,
            another_topic,
            one_more,
            one_less,
            another_letter_case,
            topics_that_exist,
            another_instance,
            another_link,
            restored_lineage,
            damaged_receipts,
            lost_receipts,
            another_release,
        ]
    ),
)
def test_whatever_changes_everything_is_derived_once(place, change):
    """Answers, recipe, release and rows of the state: the sync after a change derives all, the one after it nothing."""
    derived(place)
    assert derived(place) == 0
    change(place)
    assert derived(place) == len(place.names)
    after = results(place)
    assert derived(place) == 0
    assert [one[1] for one in results(place)] == [one[1] for one in after]


@pytest.mark.slow
def test_how_far_offsets_are_changes_nothing(place):
    """Only that a sink has read anything at all counts, so that a cluster at work settles too."""
    sink = {"connector.class": "io.confluent.connect.jdbc.JdbcSinkConnector", "topics": "a.b"}
    sink |= {"connection.url": "jdbc:postgresql://h/dwh"}

    def at(offset):
        there = {"partition": {"kafka_topic": "a.b", "kafka_partition": 0}, "offset": {"kafka_offset": offset}}
        answers = worker({"sink": sink}, topics={"sink": ()}, kind="sink")
        place.serve({**answers, "/connectors/sink/offsets": {"offsets": [there]}})

    at(7)
    assert derived(place) == 1
    at(9)
    assert derived(place) == 0
    at(0)
    assert derived(place) == 1


@pytest.mark.slow
def test_a_document_that_is_damaged_is_derived(place):
    """The lineage that a run shows and sends is right, whatever stands in the state."""
    place.run()
    right = results(place)
    execute(place, "UPDATE kc_lineage_lineage SET document = '{\"connector\": \"c1\"}' WHERE name = 'c1'")
    place.run()
    assert [one[1] for one in results(place)] == [one[1] for one in right]
    key = next(key for key in place.gms.aspects if ",c1," in key[0])
    del place.gms.aspects[key]
    report = place.run()
    assert (report.counts.derived, report.counts.sent) == (1, 1)
    assert [one[1] for one in results(place)] == [one[1] for one in right]


@pytest.mark.slow
def test_what_was_not_acknowledged_is_derived_and_sent_again(place):
    """A sync that DataHub refused settles nothing."""
    place.gms.fault = rejects(",c1,")
    with pytest.raises(AssertionError):
        place.run()
    place.gms.fault = healthy
    assert derived(place) == 4
    assert derived(place) == 0


@pytest.mark.slow
def test_a_run_over_some_connectors_settles_nothing(place):
    """It derives what it was asked for, and the sync after it derives all when anything had changed."""
    derived(place)
    assert derived(place, connectors=["c0", "c1"]) == 2
    assert derived(place) == 0
    another_topic(place)
    place.read()
    assert place.sync(connectors=["c0"]).counts.derived == 1
    assert derived(place) == 4
    assert derived(place) == 0


@pytest.mark.slow
def test_a_full_refresh_derives(place):
    """Whoever asks for everything gets everything."""
    derived(place)
    assert derived(place, full_refresh=True) == 4
    assert derived(place, resend=True) == 4


@pytest.mark.slow
def test_what_datahub_lost_is_sent_again_without_deriving(place):
    """The comparison with DataHub is the same, whether lineage was derived or not."""
    derived(place)
    urn = next(urn for urn in place.alive if ",c1," in urn)
    lost = [key for key in place.gms.aspects if key[0] == urn]
    for key in lost:
        del place.gms.aspects[key]
    report = place.run()
    assert (report.counts.derived, report.counts.sent) == (0, len(lost))
    assert urn in place.alive
    assert derived(place) == 0


def showing(place, aspects, **more):
    """The GMS shows these aspects of flows, with further fields of its own."""

    def answer(request):
        if not request.path.endswith("dataflow/batchGet"):
            return None
        urns = sorted({urn for urn, _ in aspects if urn.startswith("urn:li:dataFlow:")})
        return Answer(
            200,
            json.dumps(
                [
                    {"urn": urn}
                    | {name: {"value": {**value, **more}} for (of, name), value in aspects.items() if of == urn}
                    for urn in urns
                ]
            ),
        )

    place.gms.fault = answer


@pytest.mark.slow
def test_fields_that_datahub_adds_change_nothing(place):
    """They are compared field by field once, then by the form that DataHub showed; neither sends anything."""
    derived(place)
    showing(place, place.gms.aspects, created={"time": 1})
    assert [place.run().counts.sent for _ in range(3)] == [0, 0, 0]
    receipts = Receipts(state(place))
    flows = {urn: held for urn, held in receipts.of_connectors(place.names).items() if "dataFlow:" in urn[:20]}
    assert all(held.forms["dataFlowInfo"] != held.aspects["dataFlowInfo"] for held in flows.values())
    showing(place, place.gms.aspects, created={"time": 2})
    assert place.run().counts.sent == 0
    place.gms.fault = healthy
    assert place.run().counts.sent == 0
    held = receipts.of_connectors(place.names)
    assert all(one.forms == one.aspects for one in held.values())


@pytest.mark.slow
def test_the_form_of_an_older_value_is_no_excuse(place):
    """A DataHub that is back at what it showed of an older value gets the new one again."""
    derived(place)
    older = copy.deepcopy(place.gms.aspects)
    showing(place, older, created={"time": 1})
    place.run()
    another_config(place)
    place.gms.fault = healthy
    assert place.run().counts.sent > 0
    showing(place, older, created={"time": 1})
    sent = place.run().counts.sent
    assert sent > 0


@pytest.mark.slow
def test_removals_that_are_held_back_are_looked_at_each_time(place):
    """While something is stale every sync derives, and says what it keeps."""
    place.further = {"stateful_ingestion": {"enabled": False}}
    derived(place)
    place.names = place.names[1:]
    place.serve(place.answers())
    kept = place.run().stale.keep_reasons
    assert kept
    again = place.run()
    assert (again.counts.derived, again.stale.keep_reasons) == (3, kept)


@pytest.mark.slow
def test_a_connector_that_cannot_be_read_is_no_change_of_the_others(place):
    """It leaves the readable ones, so that they are derived once more, and then settle without it."""
    derived(place)
    answers = place.answers()
    expanded = next(path for path in answers if "expand" in path)
    broken = {**answers[expanded], "c0": {"info": 3, "status": {}}}
    place.serve({**answers, expanded: broken})
    place.stand_in.fault("/connectors/c0", status(500))
    assert derived(place) == 3


class Hours:
    """The time that the state's answers are remembered at."""

    def __init__(self, monkeypatch):
        self.passed, real = 0.0, time.time
        monkeypatch.setattr(time, "time", lambda: real() + self.passed * 3600)


@pytest.fixture
def hours(monkeypatch):
    return Hours(monkeypatch)


def tables_of(place, *names: str) -> None:
    """DataHub holds these tables of the source database."""
    for name in names:
        hold(place.gms, "postgres", f"shop.public.{name}", ["id"], kind="Table")


def asked(place) -> int:
    return place.gms.requests["POST /api/graphql"]


def test_what_a_server_answered_counts_until_it_is_asked_for_again(place, hours):
    """The answers are remembered for four hours: as long nothing is derived, and nobody is asked."""
    tables_of(place, "users", "orders")
    place.further = {"use_schema_resolver": True}
    place.options = {"verify": False}
    assert [derived(place), derived(place)] == [4, 0]
    place.gms.requests.clear()
    hours.passed = 3.9
    assert (derived(place), asked(place)) == (0, 0)
    tables_of(place, "items")
    hours.passed = 4.1
    assert derived(place) == 4
    assert asked(place) > 0
    assert [derived(place), derived(place)] == [0, 0]


@pytest.mark.slow
def test_answers_of_a_clock_that_was_ahead_settle_nothing(place, hours):
    """A year later by mistake, and set right again: nobody knows how old the answers are, so they are asked for."""
    tables_of(place, "users", "orders")
    place.further = {"use_schema_resolver": True}
    hours.passed = 24 * 365
    assert derived(place) == 4
    hours.passed = 0
    place.gms.requests.clear()
    assert derived(place) == 4
    assert asked(place) > 0
    assert derived(place) == 0


@pytest.mark.slow
def test_answers_that_are_not_remembered_settle_nothing(place, hours):
    """With ``catalog_refresh: 0`` each sync asks, and derives."""
    place.further, place.options = {"use_schema_resolver": True}, {"catalog_refresh": 0}
    assert [derived(place), derived(place)] == [4, 4]


@pytest.mark.slow
@pytest.mark.parametrize("first", [True, False])
def test_a_server_that_does_not_answer_settles_nothing(place, hours, first):
    """Whether it fails in the first sync or later: once it answers again, the sync after that derives nothing."""
    tables_of(place, "users", "orders")
    place.further = {"use_schema_resolver": True}
    if not first:
        assert derived(place) == 4
        hours.passed = 5
    place.gms.fault = lambda request: Answer(500, "{}") if "graphql" in request.path else healthy(request)
    assert [derived(place), derived(place)] == [4, 4]
    place.gms.fault = healthy
    assert [derived(place), derived(place)] == [4, 0]


@pytest.mark.slow
def test_another_answer_in_the_state_is_derived_from(place, hours):
    """A full refresh asks anew; rows that were changed, or have gone, settle nothing either."""
    tables_of(place, "users", "orders")
    place.further = {"use_schema_resolver": True}
    assert [derived(place), derived(place)] == [4, 0]
    assert [derived(place, full_refresh=True), derived(place)] == [4, 0]
    place.read()
    execute(place, "DELETE FROM kc_lineage_cache")
    assert [derived(place), derived(place)] == [4, 0]


@pytest.mark.slow
def test_what_the_recipe_says_of_servers_counts(place, hours):
    """Who is asked, and for what, decides: what another server said settles nothing."""
    place.further = {"use_schema_resolver": True}
    assert [derived(place), derived(place)] == [4, 0]
    for further, options in (
        ({"use_schema_resolver": True, "schema_resolver_finegrained_lineage": False}, {}),
        ({"use_schema_resolver": True}, {"catalog_refresh": 7000}),
        ({"use_schema_resolver": False}, {}),
    ):
        place.further, place.options = further, options
        assert [derived(place), derived(place)] == [4, 0]


@pytest.mark.slow
def test_a_server_that_cannot_be_asked_is_said_each_time(place):
    """The line that says why nobody is asked stands in the report of a sync that derives nothing, too."""
    place.further = {"use_schema_resolver": True}
    sink = {"type": "console"}
    path = place.cluster().file.path
    recipe = {**yaml.safe_load(path.read_text()), "sink": sink}
    path.write_text(yaml.safe_dump(recipe))
    cluster = Cluster.of(read_recipe(path))
    found = []
    for _ in range(2):
        read_cluster(cluster, cluster)
        run = Sync(cluster, Impatient({"server": place.gms.url}), Request("run"))
        list(run)
        found.append((run.report.counts.derived, [one for one in run.report.warnings if "nobody is asked" in one]))
    assert [number for number, _ in found] == [4, 0]
    assert found[0][1] == found[1][1] != []


@pytest.mark.slow
def test_a_stream_catalog_is_asked_each_time(place):
    """What Confluent's Stream Catalog answers is not remembered, so such a recipe derives in every sync."""
    with Server(lambda _: (200, {"data": {"cn_connector": []}})) as server:
        asked = {"enabled": True, "schema_registry_url": server.url, "api_key": "k", "api_secret": "s"}
        place.further = {"confluent_catalog": asked}
        assert [derived(place), derived(place)] == [4, 4]
