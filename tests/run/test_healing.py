"""DataHub is verified, not believed: whatever happened to it, the next sync puts it right."""

from __future__ import annotations

import copy
import json

import pytest
import requests

from kc_lineage_dagster.chunks import CHUNK
from kc_lineage_dagster.emit.aspects import Proposal
from kc_lineage_dagster.emit.read_back import ReadBack
from kc_lineage_dagster.emit.urns import Naming, flow_urn
from kc_lineage_dagster.emit.verify import Verifier, says
from kc_lineage_dagster.recipe.files import read_recipe
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.healing import Healing
from kc_lineage_dagster.state.receipts import Receipts
from tests.defs.clusters import CONNECTORS, POSTGRES
from tests.emit.gms import Answer, Gms, healthy
from tests.tries import first_of

FLOW = "urn:li:dataFlow:(kafka-connect,cdc,PROD)"
CHANGED = {**CONNECTORS, "cdc": {**POSTGRES, "table.include.list": "public.users,public.orders,public.items"}}


def job(gms: Gms) -> str:
    """One job of the connector ``cdc``, not one of the three entities that every sync looks at."""
    every = sorted(gms.entities())
    asked = {every[0], every[len(every) // 2], every[-1]}
    return next(urn for urn in every if urn.startswith(f"urn:li:dataJob:({FLOW}") and urn not in asked)


def restored(gms: Gms, yesterday: dict) -> None:
    gms.aspects.clear()
    gms.aspects.update(copy.deepcopy(yesterday))


def hard_deleted(gms: Gms, _: dict) -> None:
    urn = job(gms)
    for key in [key for key in gms.aspects if key[0] == urn]:
        del gms.aspects[key]


def soft_deleted(gms: Gms, _: dict) -> None:
    gms.aspects[job(gms), "status"] = {"removed": True}


def overwritten(gms: Gms, _: dict) -> None:
    gms.aspects[FLOW, "dataFlowInfo"] = {"name": "somebody else's", "customProperties": {}}


def redirected(gms: Gms, _: dict) -> None:
    held = gms.aspects[job(gms), "dataJobInputOutput"]
    gms.aspects[job(gms), "dataJobInputOutput"] = {**held, "outputDatasets": []}


def linked(gms: Gms, _: dict) -> None:
    """A field that is not written now stands there still."""
    gms.aspects[FLOW, "dataFlowInfo"] = {**gms.aspects[FLOW, "dataFlowInfo"], "externalUrl": "https://old.example.com"}


@pytest.mark.parametrize("damage", first_of([restored, hard_deleted, soft_deleted, overwritten, redirected, linked]))
def test_the_next_sync_puts_datahub_right(place, damage):
    """DataHub changed behind the receipts: the next sync sends what differs, and the one after it nothing."""
    place.run()
    yesterday = copy.deepcopy(place.gms.aspects)
    place.save(CHANGED)
    place.run()
    expected = copy.deepcopy(place.gms.aspects)
    damage(place.gms, yesterday)
    assert place.gms.aspects != expected
    report = place.run()
    assert report.problem is None
    assert place.gms.aspects == expected
    assert any("as they were acknowledged" in warning for warning in report.warnings)
    again = place.run()
    assert again.counts.sent == 0
    assert again.warnings == ()


@pytest.mark.slow
def test_a_restored_checkpoint_takes_away_what_was_removed_since(place):
    """With ``pipeline_name``: a connector deleted after the backup is alive in the restored DataHub, and goes again."""
    with (place.folder / "shop.yml").open("a", encoding="utf-8") as recipe:
        recipe.write("pipeline_name: nightly\n")
    place.run()
    yesterday, checkpoints = copy.deepcopy(place.gms.aspects), list(place.gms.timeseries)
    place.save({name: CONNECTORS[name] for name in ("cdc", "dw/sink")})
    removed = place.run().removed
    alive = place.gms.entities(removed=False)
    restored(place.gms, yesterday)
    place.gms.timeseries[:] = checkpoints
    assert set(place.run().removed) == set(removed) != set()
    assert place.gms.entities(removed=False) == alive


def test_only_what_differs_is_sent_again(place):
    """One overwritten aspect is one proposal."""
    place.run()
    overwritten(place.gms, {})
    assert place.run().counts.sent == 1


def test_verifying_writes_nothing_and_asks_once_per_type(place):
    """An unchanged cluster costs a question about its flows and one about its jobs."""
    place.run()
    assert place.run().counts.sent == 0
    assert place.gms.requests["writes"] == 0
    asked = {path: count for path, count in place.gms.requests.items() if path.endswith("batchGet")}
    assert set(asked.values()) == {1}
    assert len(asked) == 2


def test_it_can_be_switched_off(place):
    """``verify: false``: what people delete in DataHub stays deleted until its connector changes."""
    with (place.folder / "shop.yml").open("a", encoding="utf-8") as recipe:
        recipe.write("options: {verify: false}\n")
    place.run()
    overwritten(place.gms, {})
    assert place.run().counts.sent == 0
    assert not any(path.endswith("batchGet") for path in place.gms.requests)


@pytest.mark.slow
@pytest.mark.parametrize(
    "answer",
    [
        Answer(404, json.dumps({"status": 404, "message": "no such endpoint"})),
        Answer(500, "{}"),
        Answer(200, json.dumps({"entities": []})),
        Answer(200, json.dumps([1, 2])),
        Answer(200, "<html>", "text/html"),
        Answer(reset=True),
    ],
)
def test_a_gms_that_cannot_be_asked_is_believed(place, answer):
    """A GMS without OpenAPI v3, or one that answers oddly, is one note: the run is green and sends what changed."""
    place.run()
    place.gms.fault = lambda request: answer if request.path.endswith("batchGet") else None
    report = place.run()
    assert report.problem is None
    assert report.counts.sent == 0
    (warning,) = report.warnings
    assert "could not be verified" in warning
    assert "\n" not in warning
    assert sum(count for path, count in place.gms.requests.items() if path.endswith("batchGet")) == 1
    place.save(CHANGED)
    assert place.run().counts.sent > 0
    place.gms.fault = healthy


@pytest.mark.slow
def test_a_datahub_that_stores_otherwise_is_not_written_for_ever(place):
    """Some server shows an aspect otherwise than it was written: it is sent once more, and then taken as its way."""
    place.run()

    def shows(request):
        if not request.path.endswith("dataflow/batchGet"):
            return None
        rows = [
            {"urn": urn, "dataFlowInfo": {"value": {**aspect, "name": "N"}}, "status": {"value": {}}}
            for (urn, name), aspect in place.gms.aspects.items()
            if name == "dataFlowInfo"
        ]
        return Answer(200, json.dumps(rows))

    place.gms.fault = shows
    assert place.run().counts.sent == len(CONNECTORS)
    assert place.run().counts.sent == 0
    place.gms.fault = healthy
    assert place.run().counts.sent == 0


def test_a_slow_gms_does_not_hold_a_run_up_for_ever(place):
    """After ten minutes of waiting for answers the rest of a run is not verified, and said so."""
    ticks = iter(range(0, 10_000, 400))
    flow = Proposal(FLOW, "dataFlow", "status", {"removed": False})
    with requests.Session() as session:
        verifier = Verifier(ReadBack(session, place.gms.url, clock=lambda: next(ticks)))
        asked = [len(verifier.compared([flow]).differing) for _ in range(4)]
    assert asked == [1, 1, 0, 0]
    assert "the rest was not verified" in verifier.problem


@pytest.mark.slow
def test_a_verification_that_was_cut_short_goes_on_where_it_was(place):
    """By a kill or a slow GMS: the next run begins behind what was verified, the one after it with the first one."""
    place.save({f"c{at:03d}": {**POSTGRES, "topic.prefix": f"p{at}"} for at in range(CHUNK + 1)})
    place.run()
    urns = {name: flow_urn(Naming(), name) for name in ("c000", f"c{CHUNK}")}

    def alive():
        return {name for name, urn in urns.items() if not place.gms.aspects[urn, "status"]["removed"]}

    state = Cluster.of(read_recipe(place.folder / "shop.yml")).state
    Receipts(state).set_verified_up_to(f"c{CHUNK - 1}")
    for urn in urns.values():
        place.gms.aspects[urn, "status"] = {"removed": True}
    place.run()
    assert alive() == {f"c{CHUNK}"}
    assert Receipts(state).facts.verified_up_to is None
    place.run()
    assert alive() == urns.keys()


def test_how_far_a_verification_has_come_is_noted(place, tmp_path):
    """Every few seconds, and when its time is over; a GMS that cannot be asked notes nothing."""
    place.run()
    receipts = Receipts(Cluster.of(read_recipe(place.folder / "shop.yml")).state)
    flow = Proposal(FLOW, "dataFlow", "status", {"removed": False})
    now = [0.0]
    with requests.Session() as session:
        verifier = Verifier(ReadBack(session, place.gms.url, clock=lambda: now[0]))
        healing = Healing(verifier, receipts)
        for seconds, name, noted in ((1, "a", None), (20, "b", "b"), (25, "c", "b")):
            now[0] = seconds
            verifier.compared([flow])
            healing.through([name])
            assert receipts.facts.verified_up_to == noted
        healing.finish()
        assert receipts.facts.verified_up_to is None
        place.gms.fault = lambda _: now.__setitem__(0, now[0] + 700)
        verifier.compared([flow])
        assert verifier.late
        healing.through(["d"])
        healing.finish()
        assert receipts.facts.verified_up_to == "c"


@pytest.mark.slow
def test_an_odd_way_of_storing_is_forgotten_once_it_is_over(place):
    """What an older server made of an aspect is no excuse for a later damage that looks the same."""
    place.run()
    odd = {**place.gms.aspects[FLOW, "dataFlowInfo"], "name": "N"}
    rows = [{"urn": FLOW, "dataFlowInfo": {"value": odd}, "status": {"value": {}}}]
    place.gms.fault = lambda request: (
        Answer(200, json.dumps(rows)) if request.path.endswith("dataflow/batchGet") else None
    )
    place.run()
    place.gms.fault = healthy
    assert place.run().counts.sent == 0
    place.gms.aspects[FLOW, "dataFlowInfo"] = odd
    assert place.run().counts.sent == 1
    assert place.gms.aspects[FLOW, "dataFlowInfo"]["name"] == "cdc"


def test_what_a_server_may_add_makes_no_difference():
    """Fields of DataHub's own, values that it leaves out because they are empty: the same aspect."""
    lineage = {"upstreams": ["a"], "downstreams": ["b"], "confidenceScore": 1.0}
    sent = Proposal(
        "u",
        "dataJob",
        "dataJobInputOutput",
        {"inputDatasets": ["x"], "outputDatasets": [], "fineGrainedLineages": [lineage]},
    )
    held = {"inputDatasets": ["x"], "inputDatajobs": [], "fineGrainedLineages": [{**lineage, "query": None}]}
    assert says(held, sent)
    assert not says({**held, "outputDatasets": ["y"]}, sent)
    assert not says({**held, "inputDatasets": ["x", "z"]}, sent)
    assert not says(None, sent)
    info = Proposal("u", "dataJob", "dataJobInfo", {"name": "n", "type": {"string": "COMMAND"}, "customProperties": {}})
    assert says({"name": "n", "type": "COMMAND"}, info)
    assert not says({"name": "n", "type": "SQL"}, info)
    assert not says({"name": "n", "type": "COMMAND", "customProperties": {"a": "b"}}, info)
    status = Proposal("u", "dataJob", "status", {"removed": False})
    assert says({}, status)
    assert not says({"removed": True}, status)
    assert not says(None, status)
