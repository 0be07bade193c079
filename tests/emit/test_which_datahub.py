"""A GMS that is not the one of the receipts is noticed before anything is sent."""

from __future__ import annotations

import pytest

from kc_lineage_dagster.emit.patience import Patience
from kc_lineage_dagster.emit.sinks import open_sink
from kc_lineage_dagster.emit.which_datahub import Seen
from tests.emit import gms as faults
from tests.emit.gms import Gms
from tests.emit.samples import cluster, emit, flat, state_in
from tests.tries import first_of

WANTED = cluster(3)


@pytest.fixture
def gms():
    with Gms() as served:
        yield served


def sink(gms):
    return open_sink("datahub-rest", {"server": gms.url}, run_id="r", patience=Patience(0.0))


def run(gms, folder):
    return emit(sink(gms), state_in(folder), WANTED).sent


def lose_everything(gms):
    gms.wipe()


def lose_one_flow(gms):
    for key in [key for key in gms.aspects if key[0] == WANTED["c0000"][0].urn]:
        del gms.aspects[key]


def be_another(gms):
    gms.client_id = "another"


@pytest.mark.parametrize("damage", first_of([lose_everything, lose_one_flow, be_another]))
def test_a_gms_that_is_new_or_has_lost_something_gets_everything(gms, tmp_path, damage):
    """A GMS that is new, emptied or lacks an entity gets everything, once."""
    assert run(gms, tmp_path) == len(flat(WANTED))
    assert run(gms, tmp_path) == 0
    damage(gms)
    assert run(gms, tmp_path) == len(flat(WANTED))
    assert run(gms, tmp_path) == 0


def test_an_unchanged_cluster_costs_a_gms_four_questions(gms, tmp_path):
    """An unchanged cluster costs a question for the GMS's id and one for each of three entities."""
    run(gms, tmp_path)
    gms.requests.clear()
    run(gms, tmp_path)
    assert sum(gms.requests.values()) == 4


@pytest.mark.parametrize(
    "fault",
    [
        faults.everything(401),
        faults.everything(503),
        lambda _: faults.Answer(200, faults.HTML, "text/html"),
        lambda _: faults.Answer(200, "[]"),
        lambda _: faults.Answer(reset=True),
    ],
)
def test_a_gms_that_cannot_be_asked_is_taken_for_the_same(gms, tmp_path, fault):
    """An outage is no reason to send everything; whoever has something to send will notice it."""
    run(gms, tmp_path)
    gms.fault = fault
    assert sink(gms).look({p.urn for p in flat(WANTED)}) == Seen()
    assert run(gms, tmp_path) == 0


def test_an_old_gms_without_an_id_is_judged_by_what_it_holds(gms, tmp_path):
    """A 404 for the id says nothing, so what the GMS holds decides."""
    gms.fault = lambda request: faults.Answer(404) if "telemetry" in request.path else None
    assert run(gms, tmp_path) == len(flat(WANTED))
    assert run(gms, tmp_path) == 0
    gms.wipe()
    assert run(gms, tmp_path) == len(flat(WANTED))
