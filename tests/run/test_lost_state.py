"""State that was lost, or is older than DataHub: what DataHub holds of the cluster is found there, and put right."""

from __future__ import annotations

import copy
import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Table

from kc_lineage_dagster.emit.urns import Naming, flow_of, flow_urn
from kc_lineage_dagster.state import tables
from tests.connect.stand_in import ConnectStandIn, status, worker
from tests.emit.gms import Answer, healthy
from tests.run.place import Served, config, topics
from tests.tries import first_of

MARK = "kc_lineage.cluster"


@pytest.fixture
def place(database, served):
    yield served
    assert served.gms.problems == []


def lose_the_state(place: Served) -> None:
    """The file is gone, or the tables are empty."""
    database = place.cluster().state.database
    if database.is_sqlite:
        shutil.rmtree(place.folder / "state")
    else:
        with database.writing() as connection:
            for table in tables.metadata.sorted_tables:
                connection.execute(table.delete())


def backup(place: Served) -> dict[Table, list[dict[str, Any]]]:
    """All rows of the state."""
    with place.cluster().state.database.reading() as connection:
        return {
            table: [dict(row) for row in connection.execute(table.select()).mappings()]
            for table in tables.metadata.sorted_tables
        }


def restore(place: Served, rows: dict[Table, list[dict[str, Any]]]) -> None:
    """The state is what a backup held, and nothing else."""
    lose_the_state(place)
    with place.cluster().state.database.writing() as connection:
        for table in filter(rows.get, rows):
            connection.execute(table.insert(), rows[table])


def flow(name: str) -> str:
    return f"urn:li:dataFlow:(kafka-connect,{name},PROD)"


def delete(place: Served, *names: str) -> None:
    place.names = [name for name in place.names if name not in names]
    place.serve(place.answers())


def without(place: Served, alive: set[str], *names: str) -> set[str]:
    return {urn for urn in alive if not any(f"(kafka-connect,{name}," in urn for name in names)}


@pytest.mark.parametrize("pipeline_name", first_of([None, "nightly"]))
def test_what_was_deleted_while_the_state_was_lost_goes(place, pipeline_name):
    """With and without a checkpoint in DataHub; a connector's partition goes along, and the next sync does nothing."""
    place.further = {"pipeline_name": pipeline_name} if pipeline_name else {}
    place.run()
    before = place.alive
    lose_the_state(place)
    delete(place, "c3", "c7")
    report = place.run()
    assert place.alive == without(place, before, "c3", "c7")
    assert set(report.removed) == before - place.alive
    assert set(report.stale.gone_connectors) >= {"c3", "c7"}
    again = place.run()
    assert (again.counts.sent, again.removed, again.warnings) == (0, (), ())


@pytest.mark.slow
def test_a_job_that_a_living_connector_lost_meanwhile_goes(place):
    """The state is lost, and a table is no longer captured."""
    place.run()
    lose_the_state(place)
    answers = place.answers()
    answers["/connectors/c3/topics"] = {"c3": {"topics": ["c3.public.users"]}}
    place.serve(answers)
    assert place.run().removed == (f"urn:li:dataJob:({flow('c3')},shop.public.orders)",)
    assert flow("c3") in place.alive


@pytest.mark.slow
def test_an_older_state_finds_what_it_never_knew(place):
    """A machine is restored; since that backup a connector was created, emitted and deleted."""
    place.run()
    before = place.alive
    yesterday = backup(place)
    place.names = [*place.names, "new"]
    place.serve(place.answers())
    place.run()
    restore(place, yesterday)
    delete(place, "new")
    assert len(place.run().removed) == 3
    assert place.alive == before


@pytest.mark.slow
def test_a_restored_datahub_loses_again_what_was_removed_since(place):
    """Nothing else changed since the backup, and there is no ``pipeline_name``."""
    place.run()
    yesterday = copy.deepcopy(place.gms.aspects)
    delete(place, "c3")
    place.run()
    after = place.alive
    place.gms.aspects.clear()
    place.gms.aspects.update(yesterday)
    assert len(place.run().removed) == 3
    assert place.alive == after


@pytest.mark.slow
def test_what_does_not_carry_the_mark_stays(place):
    """A flow of somebody's own, one of `datahub ingest`, and one of another deployment whose recipe is called alike."""
    place.run()
    mark = place.gms.aspects[flow("c3"), "dataFlowInfo"]["customProperties"][MARK]
    assert mark.startswith("shop-")
    for name, properties in {
        "own": {},
        "ingest": {"connector.class": "x"},
        "other": {MARK: "shop-0123456789ab"},
    }.items():
        place.gms.aspects[flow(name), "dataFlowInfo"] = {"name": name, "customProperties": properties}
        place.gms.aspects[flow(name), "status"] = {"removed": False}
    before = place.alive
    lose_the_state(place)
    delete(place, "c3")
    place.run()
    assert place.alive == without(place, before, "c3")


@pytest.mark.slow
def test_another_kafka_cluster_finds_nothing_that_is_its_own(place):
    """Without state ``connect_uri`` leads to another cluster: nothing of the first one is taken for its own."""
    place.run()
    before = place.alive
    lose_the_state(place)
    answers = place.answers(["c0"])
    answers["/"] = {"version": "3.9.1", "kafka_cluster_id": "another"}
    place.serve(answers)
    assert place.run().removed == ()
    assert place.alive == before


@pytest.mark.parametrize("answer", first_of([500, 200, 409]))
def test_only_a_404_takes_away(place, answer):
    """What the listing lacks is asked for once more, also when the state never knew it."""
    place.run()
    before = place.alive
    lose_the_state(place)
    everything = place.answers()
    delete(place, "c3")
    if answer == 200:
        place.stand_in.by_spot |= {
            spot: found for spot, found in type(place.stand_in)(everything).by_spot.items() if "c3" in spot
        }
    else:
        place.stand_in.fault("/connectors/c3", status(answer))
    assert place.run().removed == ()
    assert place.alive == before


@pytest.mark.slow
def test_what_the_recipe_excludes_is_left_to_others(place):
    """Another deployment, with a state of its own, reads a part of the cluster."""
    place.run()
    before = place.alive
    lose_the_state(place)
    delete(place, "c3", "c9")
    place.further = {"connector_patterns": {"allow": ["c[0-4]"]}}
    place.run()
    assert place.alive == without(place, before, "c3")


@pytest.mark.slow
def test_the_search_index_is_not_believed(place):
    """It shows as alive what has just been removed, and lacks what is there until it has caught up."""
    place.run()
    before = place.alive
    lose_the_state(place)
    delete(place, "c3")
    place.gms.unindexed = {urn for urn in before if "(kafka-connect,c3," in urn}
    assert place.run().removed == ()
    place.gms.unindexed = set()
    assert len(place.run().removed) == 3
    stale = json.dumps({"data": {"scrollAcrossEntities": {"nextScrollId": None, "searchResults": []}}})
    ahead = json.loads(stale)
    ahead["data"]["scrollAcrossEntities"]["searchResults"] = [{"entity": {"urn": flow("c3")}}]
    place.gms.fault = lambda request: Answer(200, json.dumps(ahead)) if "graphql" in request.path else None
    report = place.run()
    assert (report.counts.sent, report.removed, report.warnings) == (0, (), ())


@pytest.mark.parametrize(
    "answer",
    first_of(
        [
            Answer(403, json.dumps({"status": 403, "message": "no"})),
            Answer(200, json.dumps({"errors": [{"message": "no such field"}]})),
            Answer(200, json.dumps({"data": {"scrollAcrossEntities": None}})),
            Answer(200, json.dumps([1])),
            Answer(200, "<html>", "text/html"),
            Answer(reset=True),
        ]
    ),
)
def test_a_search_that_fails_is_one_line(place, answer):
    """The run is green and removes what its receipts know."""
    place.run()
    place.gms.fault = lambda request: answer if "graphql" in request.path else None
    delete(place, "c3")
    report = place.run()
    assert len(report.removed) == 3
    (warning,) = report.warnings
    assert "could not be searched" in warning
    assert "\n" not in warning
    place.gms.fault = healthy


@pytest.mark.slow
def test_names_of_any_kind_are_found_again(place):
    """A connector's name may be longer than a URN can be, and hold what separates names."""
    names = ["x" * 600, "ж" * 90, "a:b", "a(b),c", "a"]

    def serve(*left):
        place.serve(worker({one: config("pg") for one in left}, topics={one: topics("pg") for one in left}))

    serve(*names)
    place.run()
    before = place.alive
    assert len(before) == 15
    lose_the_state(place)
    assert place.run().removed == ()
    assert place.alive == before
    lose_the_state(place)
    serve(*names[1:2], *names[3:])
    gone = tuple(flow_urn(Naming(), name) for name in (names[0], names[2]))
    place.run()
    assert place.alive == {urn for urn in before if flow_of(urn) not in gone}
    assert len(place.alive) == 9


@pytest.mark.slow
def test_the_mark_is_the_same_from_run_to_run(place):
    """A worker that does not tell its Kafka cluster this time changes nothing in DataHub."""
    place.run()
    answers = place.answers()
    answers["/"] = {"version": "3.9.1"}
    place.serve(answers)
    assert place.run().counts.sent == 0


@pytest.mark.slow
def test_nothing_is_searched_where_the_recipe_says_so(place):
    """``verify: false`` believes DataHub."""
    place.run()
    path = Path(place.folder / "shop.yml")
    recipe = yaml.safe_load(path.read_text())
    assert "options" not in recipe
    place.options = {"verify": False}
    place.gms.requests.clear()
    place.run()
    assert not [path for path in place.gms.requests if "graphql" in path]


def rename(place: Served, name: str) -> None:
    """The recipe says another ``cluster_name``, beside what the worker says of itself."""
    place.further = {"cluster_name": name}


def serve(place: Served, names: list[str], kafka: str = "k1") -> None:
    place.serve({**place.answers(names), "/": {"version": "3.9.1", "kafka_cluster_id": kafka}})


def silent_for(place: Served, name: str, days: float) -> None:
    """The cluster of this name was read so many days ago for the last time."""
    cluster = tables.cluster
    with place.cluster().state.database.writing() as connection:
        moment = cluster.update().where(cluster.c.cluster == name).values(listed_at=time.time() - days * 86_400)
        assert connection.execute(moment).rowcount == 1


@pytest.mark.slow
def test_what_a_cluster_left_under_an_earlier_name_goes(place):
    """Connectors deleted around a renaming are removed two weeks later; until then the old name may be in use."""
    serve(place, place.names)
    rename(place, "old")
    place.run()
    serve(place, place.names[1:])  # one goes before the first run under the new name, and one after
    rename(place, "new")
    place.run()
    serve(place, place.names[2:])
    assert place.run().removed == ()
    assert len(place.alive) == 30
    silent_for(place, "old", 13)
    assert place.run().removed == ()
    silent_for(place, "old", 15)
    report = place.run()
    assert {flow_of(urn) for urn in report.removed} == {flow("c0"), flow("c1")}
    assert len(place.alive) == 24
    assert any("under the name `old`" in line for line in report.warnings)
    report = place.run()
    assert (report.removed, report.warnings) == ((), ())


@pytest.mark.slow
@pytest.mark.parametrize("other", ["address", "Kafka cluster", "patterns"])
def test_what_another_cluster_left_is_not_taken_over(place, other):
    """A name nobody reads any more may be another cluster's, or of a recipe that kept some connectors for itself."""
    serve(place, place.names)
    rename(place, "old")
    place.run()
    serve(place, place.names[1:], "k2" if other == "Kafka cluster" else "k1")
    rename(place, "new")
    if other == "patterns":
        place.further["connector_patterns"] = {"deny": ["c0"]}
    if other == "address":
        with ConnectStandIn(place.stand_in.answers) as elsewhere:
            place.stand_in = elsewhere
            serve(place, place.names[1:])
            place.run()
            silent_for(place, "old", 15)
            report = place.run()
    else:
        place.run()
        silent_for(place, "old", 15)
        report = place.run()
    assert (report.removed, report.warnings) == ((), ())
    assert flow("c0") in place.alive
