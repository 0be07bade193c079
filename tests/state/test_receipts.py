"""Receipts: what was acknowledged, through every kind of interruption, on both databases."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kc_lineage_dagster.emit.aspects import Proposal, status
from kc_lineage_dagster.emit.which_datahub import Seen
from kc_lineage_dagster.errors import StateError
from kc_lineage_dagster.state.cluster_state import ClusterState
from kc_lineage_dagster.state.emission import Emission
from kc_lineage_dagster.state.opening import state_of
from kc_lineage_dagster.state.receipts import ALIVE, REMOVING, UNKNOWN, Receipts
from tests.emit.samples import cluster, current, flat, owners
from tests.tries import tries


@pytest.fixture
def state(tmp_path, database) -> ClusterState:
    return state_of("shop", tmp_path)


def acknowledged(state, wanted, identity="sink"):
    receipts = Receipts(state)
    receipts.reconcile(identity, Seen())
    emit(state, wanted)
    return Receipts(state)


def emit(state, wanted, proposals=None):
    emission = Emission.of(Receipts(state), state, wanted.keys())
    emission.expect(owners(wanted))
    emission.acknowledge(flat(wanted) if proposals is None else proposals)
    with state.database.writing() as connection:
        emission.flush(connection)


def unsent(state, wanted):
    emission = Emission.of(Receipts(state), state, wanted.keys())
    return [p for name, made in wanted.items() for p in emission.due(name, made)]


def held(state, *states):
    return frozenset(Receipts(state).urns(*states))


def test_only_what_differs_is_to_be_sent(state):
    """By content; a change of one aspect sends that aspect; what another connector made is sent whole."""
    wanted = cluster(3)
    acknowledged(state, wanted)
    assert unsent(state, wanted) == []
    changed = Proposal(wanted["c0001"][0].urn, "dataFlow", "dataFlowInfo", {"name": "new", "customProperties": {}})
    assert unsent(state, {"c0001": (changed, *wanted["c0001"][1:])}) == [changed]
    assert unsent(state, {"other": wanted["c0001"]}) == list(wanted["c0001"])


def test_reading_creates_nothing(tmp_path):
    """A dry run leaves no trace."""
    state = state_of("shop", tmp_path, {"KC_LINEAGE_STATE": str(tmp_path / "never")})
    assert Receipts(state).count() == 0
    assert state.facts() is None
    assert state.names() == [] == list(state.lineages())
    assert list(tmp_path.iterdir()) == []


def test_what_is_about_to_be_sent_is_known(state):
    """A process that ends before it can note an acknowledgement leaves nothing in DataHub that nobody knows of."""
    wanted = cluster(1)
    emission = Emission.of(Receipts(state), state, ["c0000"])
    emission.expect(owners(wanted))
    assert held(state) == held(state, UNKNOWN) == current(wanted)["c0000"]
    assert unsent(state, wanted) == list(wanted["c0000"])


def test_a_part_that_was_acknowledged_is_not_sent_again(state):
    """Each aspect counts for itself; an entity is alive when its status was acknowledged."""
    wanted = cluster(1)
    emit(state, wanted, wanted["c0000"][:1])
    assert unsent(state, wanted) == list(wanted["c0000"][1:])
    assert held(state, ALIVE) == frozenset()
    emit(state, wanted)
    assert held(state, ALIVE) == current(wanted)["c0000"]


def test_a_removal_is_pending_until_acknowledged(state):
    """A removal is pending until it is acknowledged, also across a kill; then nothing is left of the entity."""
    wanted = cluster(2)
    gone = current(wanted)["c0001"]
    acknowledged(state, wanted).begin_removal(gone)
    assert held(state, REMOVING) == gone
    assert held(state, ALIVE) == current(wanted)["c0000"]
    Receipts(state).drop(gone)
    assert held(state) == current(wanted)["c0000"]


def test_an_entity_that_comes_back_is_told_so(state):
    """Whether its removal was acknowledged, or sent and the answer lost: status removed=false is due again."""
    wanted = cluster(1)
    receipts = acknowledged(state, wanted)
    receipts.begin_removal(current(wanted)["c0000"])
    assert set(unsent(state, wanted)) == {status(urn, removed=False) for urn in current(wanted)["c0000"]}
    receipts.drop(current(wanted)["c0000"])
    assert set(unsent(state, wanted)) == set(wanted["c0000"])
    emit(state, wanted)
    assert unsent(state, wanted) == []
    assert held(state, REMOVING) == frozenset()


def test_entities_of_datahub_ingest_are_adopted_until_removed(state):
    """Their pending removal is remembered though no connector of ours made them."""
    old = "urn:li:dataFlow:(kafka-connect,old,PROD)"
    Receipts(state).begin_removal([old])
    assert {urn: one.connector for urn, one in Receipts(state).without(["old"]).items()} == {old: None}


def test_entities_of_connectors_that_are_gone_are_found(state):
    """Entities whose connector is not among those that are listed now are found."""
    wanted = cluster(3)
    acknowledged(state, wanted)
    found = Receipts(state).without({"c0000", "c0002"})
    assert found.keys() == current(wanted)["c0001"]
    assert {one.connector for one in found.values()} == {"c0001"}


def test_another_sink_means_a_full_send(state):
    """Its receipts say nothing of this one."""
    wanted = cluster(2)
    receipts = acknowledged(state, wanted)
    assert receipts.reconcile("sink", Seen()) is None
    assert "another one" in (receipts.reconcile("other", Seen()) or "")
    assert held(state) == frozenset()
    assert Receipts(state).facts.identity == "other"


@pytest.mark.parametrize(
    ("seen", "known"), [(Seen("b"), 0), (Seen("a", empty=True), 0), (Seen("a", missing=frozenset("u")), 6)]
)
def test_a_datahub_that_lost_what_it_acknowledged_means_a_full_send(state, seen, known):
    """A new or empty one knows no entity; one that lost some may still hold others that are to be removed."""
    wanted = cluster(2)
    receipts = acknowledged(state, wanted)
    assert receipts.reconcile("sink", Seen("a")) is None
    assert receipts.reconcile("sink", seen)
    assert len(unsent(state, wanted)) == len(flat(wanted))
    assert Receipts(state).count() == known


def test_a_datahub_that_does_not_say_who_it_is_is_taken_for_the_same(state):
    """An outage of the question is not a reason to send everything."""
    receipts = acknowledged(state, cluster(1))
    receipts.reconcile("sink", Seen("a"))
    assert receipts.reconcile("sink", Seen(None)) is None
    assert Receipts(state).facts.incarnation == "a"


NAMES = [
    "../../up",
    "/abs",
    "a/b",
    "",
    "..",
    "Case",
    "case",
    "nul",
    "\x00",
    "é" * 300,
    "x" * 5_000,
    "\\u0000",
    "\ud800",
]


def test_names_are_kept_as_they_are(state):
    """A connector may be called anything, also what a database cannot hold; nothing is written under its name."""
    wanted = {name: (Proposal(f"u{at}", "dataFlow", "status", {"removed": False}),) for at, name in enumerate(NAMES)}
    emit(state, wanted)
    found = {one.connector: urn for urn, one in Receipts(state).without([]).items()}
    assert found == {name: f"u{at}" for at, name in enumerate(NAMES)}
    assert unsent(state, wanted) == []


def test_receipts_hold_no_values(tmp_path, monkeypatch):
    """URNs, aspect names and hashes; nothing of a configuration."""
    state = state_of("shop", tmp_path, {"KC_LINEAGE_STATE": str(tmp_path)})
    made = Proposal("urn", "dataFlow", "dataFlowInfo", {"customProperties": {"some.key": "some-value"}})
    emit(state, {"c": (made,)})
    assert b"some" not in b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())


def test_a_folder_that_cannot_be_written_is_a_state_error(tmp_path):
    """A folder that cannot be written is a StateError, not a traceback."""
    (tmp_path / "state").write_text("a file")
    state = state_of("shop", tmp_path, {"KC_LINEAGE_STATE": str(tmp_path / "state")})
    with pytest.raises(StateError, match="check"):
        Receipts(state).reconcile("sink", Seen())


operations = st.lists(
    st.tuples(st.sampled_from(["expect", "ack", "part", "remove", "removed", "reconcile", "lose"]), st.integers(0, 3)),
    max_size=12,
)


@tries(30, once=True)
@given(operations)
def test_the_rows_follow_a_simple_model(state, steps):
    """After any sequence of changes: which entities are held, in which state, and what is due of each."""
    wanted = cluster(4, 1)
    model: dict[str, tuple[str, set[str]]] = {}  # URN -> state, acknowledged aspects
    Receipts(state).drop(list(held(state)))
    Receipts(state).reconcile("sink", Seen())
    for action, at in steps:
        _STEPS[action](state, model, {f"c{at:04d}": wanted[f"c{at:04d}"]}, at)
        assert {urn: one.state for urn, one in Receipts(state).of_urns(model).items()} == {
            urn: found for urn, (found, _) in model.items()
        }
        assert held(state) == model.keys()
        due = {(p.urn, p.aspect_name) for p in unsent(state, wanted)}
        known = {(urn, name) for urn, (_, names) in model.items() for name in names}
        assert due == {(p.urn, p.aspect_name) for p in flat(wanted)} - known


def _expect(state, model, made, at):
    Emission.of(Receipts(state), state, made.keys()).expect(owners(made))
    for p in flat(made):
        model.setdefault(p.urn, (UNKNOWN, set()))


def _ack(state, model, made, at, proposals=None):
    _expect(state, model, made, at)
    emit(state, made, proposals)
    for p in flat(made) if proposals is None else proposals:
        before, names = model[p.urn]
        model[p.urn] = (ALIVE if p.aspect_name == "status" else before, names | {p.aspect_name})


def _part(state, model, made, at):
    _ack(state, model, made, at, flat(made)[:1])


def _remove(state, model, made, at):
    urns = {p.urn for p in flat(made)} & model.keys()
    Receipts(state).begin_removal(urns)
    model.update({urn: (REMOVING, model[urn][1] - {"status"}) for urn in urns})


def _removed(state, model, made, at):
    urns = {p.urn for p in flat(made)}
    Receipts(state).drop(urns)
    for urn in urns & model.keys():
        del model[urn]


def _reconcile(state, model, made, at):
    before = Receipts(state).facts.identity
    Receipts(state).reconcile(f"sink{at % 2}", Seen())
    if model and before not in (None, f"sink{at % 2}"):
        model.clear()


def _lose(state, model, made, at):
    identity = Receipts(state).facts.identity or "sink0"
    Receipts(state).reconcile(identity, Seen(missing=frozenset({"u"})))
    model.update({urn: (UNKNOWN, set()) for urn, (found, _) in model.items() if found == ALIVE})


_STEPS = {
    "expect": _expect,
    "ack": _ack,
    "part": _part,
    "remove": _remove,
    "removed": _removed,
    "reconcile": _reconcile,
    "lose": _lose,
}
