"""Receipts: what was acknowledged, through every kind of interruption."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kc_lineage_dagster.emit.aspects import Proposal, status
from kc_lineage_dagster.emit.which_datahub import Seen
from kc_lineage_dagster.errors import StateError
from kc_lineage_dagster.run.stale import removal_proposals
from kc_lineage_dagster.state.receipts import ADOPTED, Receipts
from tests.emit.samples import cluster, current, flat, owners


def acknowledged(folder, wanted, identity="sink"):
    receipts = Receipts.load(folder)
    receipts.reconcile(identity, Seen())
    receipts.acknowledge(owners(wanted), flat(wanted))
    return receipts


def unsent(receipts, wanted):
    return [p for name, made in wanted.items() for p in receipts.diff(name, made)]


def test_only_what_differs_is_to_be_sent(tmp_path):
    """By content; a change of one aspect sends that aspect."""
    wanted = cluster(3)
    receipts = acknowledged(tmp_path, wanted)
    assert unsent(receipts, wanted) == []
    changed = Proposal(wanted["c0001"][0].urn, "dataFlow", "dataFlowInfo", {"name": "new", "customProperties": {}})
    assert receipts.diff("c0001", (changed, *wanted["c0001"][1:])) == (changed,)
    assert receipts.diff("other", wanted["c0001"]) == wanted["c0001"]


def test_receipts_are_read_back(tmp_path):
    """By another process, whether the first one closed them or was killed."""
    wanted = cluster(3)
    acknowledged(tmp_path, wanted)  # never closed
    found = Receipts.load(tmp_path)
    assert found.identity == "sink"
    assert found.holdings() == {name: frozenset(urns) for name, urns in current(wanted).items()}
    assert unsent(found, wanted) == []


def test_reading_creates_nothing(tmp_path):
    """A dry run leaves no trace."""
    receipts = Receipts.load(tmp_path / "never")
    receipts.save()
    receipts.close()
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_changes_nothing_on_disk(tmp_path):
    """It may play through everything."""
    wanted = cluster(2)
    acknowledged(tmp_path, wanted).close()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    receipts = Receipts.load(tmp_path, read_only=True)
    assert receipts.reconcile("another sink", Seen())
    assert len(unsent(receipts, wanted)) == len(flat(wanted))
    receipts.close()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_full_disk_is_a_state_error(tmp_path):
    """And what was noted before it stays."""
    (tmp_path / "receipts.journal").symlink_to("/dev/full")
    receipts = Receipts(tmp_path)
    with pytest.raises(StateError, match="No space left"):
        receipts.acknowledge({"u": "c"}, [Proposal("u", "dataFlow", "status", {"removed": False})])


def test_a_torn_line_is_ignored_and_not_continued(tmp_path):
    """Whatever byte a kill stopped at: no error, at worst something is sent again, and later lines count."""
    wanted = cluster(2)
    acknowledged(tmp_path, wanted)
    journal = tmp_path / "receipts.journal"
    whole = journal.read_bytes()
    for cut in [*range(0, len(whole), 97), len(whole) - 1]:
        journal.write_bytes(whole[:cut])
        receipts = Receipts.load(tmp_path)
        receipts.reconcile("sink", Seen())
        receipts.acknowledge(owners(wanted), wanted["c0001"])
        receipts.close()
        assert Receipts.load(tmp_path).diff("c0001", wanted["c0001"]) == ()


def test_a_long_journal_is_folded_into_the_document(tmp_path, monkeypatch):
    """And replaying it over the document, after a kill between the two, changes nothing."""
    monkeypatch.setattr("kc_lineage_dagster.state.receipts._FOLD_BYTES", 100)
    wanted = cluster(5)
    receipts = acknowledged(tmp_path, wanted)
    receipts.begin_removal(current(wanted)["c0002"])
    receipts.acknowledge({}, removal_proposals(current(wanted)["c0002"]))
    receipts.forget("c0003")
    receipts.acknowledge(owners(wanted), wanted["c0003"][:2])
    journal = (tmp_path / "receipts.journal").read_bytes()
    receipts.close()
    assert (tmp_path / "receipts.journal").read_bytes() == b""
    before = (tmp_path / "receipts.json").read_bytes()
    expected = Receipts.load(tmp_path)
    (tmp_path / "receipts.journal").write_bytes(journal)
    again = Receipts.load(tmp_path)
    assert again._state == expected._state
    assert (tmp_path / "receipts.json").read_bytes() == before
    assert again.connectors() == {"c0000", "c0001", "c0003", "c0004"}


def test_a_removal_is_pending_until_acknowledged(tmp_path):
    """Also across a kill; then nothing is left of the entity."""
    wanted = cluster(2)
    gone = current(wanted)["c0001"]
    acknowledged(tmp_path, wanted).begin_removal(gone)
    receipts = Receipts.load(tmp_path)
    assert receipts.pending() == gone
    assert receipts.urns("c0001") == gone
    assert receipts.alive() == current(wanted)["c0000"]
    receipts.acknowledge({}, removal_proposals(gone))
    assert Receipts.load(tmp_path).holdings() == {"c0000": frozenset(current(wanted)["c0000"])}


def test_an_entity_that_comes_back_is_told_so(tmp_path):
    """Whether its removal was acknowledged, or sent and the answer lost: status removed=false is due again."""
    wanted = cluster(1)
    receipts = acknowledged(tmp_path, wanted)
    receipts.begin_removal(current(wanted)["c0000"])
    alive = {status(urn, removed=False) for urn in current(wanted)["c0000"]}
    assert set(unsent(receipts, wanted)) == alive
    receipts.acknowledge({}, removal_proposals(current(wanted)["c0000"]))
    assert set(unsent(receipts, wanted)) == set(wanted["c0000"])
    receipts.acknowledge(owners(wanted), flat(wanted))
    assert unsent(receipts, wanted) == []
    assert receipts.pending() == frozenset()


def test_entities_of_datahub_ingest_are_adopted_until_removed(tmp_path):
    """Their pending removal is remembered though no connector of ours made them."""
    receipts = Receipts.load(tmp_path)
    receipts.begin_removal(["urn:li:dataFlow:(kafka-connect,old,PROD)"])
    found = Receipts.load(tmp_path)
    assert found.pending() == {"urn:li:dataFlow:(kafka-connect,old,PROD)"}
    assert found.holdings().keys() == {ADOPTED}
    assert found.connectors() == frozenset()


def test_a_checkpoint_leaves_no_receipt(tmp_path):
    """Only what belongs to a connector does."""
    receipts = Receipts.load(tmp_path)
    receipts.acknowledge({}, [Proposal("urn:li:dataJob:(x)", "dataJob", "datahubIngestionCheckpoint", {})])
    assert receipts.all_urns() == frozenset()


def test_another_sink_means_a_full_send(tmp_path):
    """Its receipts say nothing of this one."""
    wanted = cluster(2)
    receipts = acknowledged(tmp_path, wanted)
    assert receipts.reconcile("sink", Seen()) is None
    assert "another one" in (receipts.reconcile("other", Seen()) or "")
    assert receipts.all_urns() == frozenset()
    assert Receipts.load(tmp_path).identity == "other"


@pytest.mark.parametrize(
    ("seen", "known"), [(Seen("b"), 0), (Seen("a", empty=True), 0), (Seen("a", missing=frozenset("u")), 2)]
)
def test_a_datahub_that_lost_what_it_acknowledged_means_a_full_send(tmp_path, seen, known):
    """A new or empty one knows no entity; one that lost some may still hold others that are to be removed."""
    wanted = cluster(2)
    receipts = acknowledged(tmp_path, wanted)
    assert receipts.reconcile("sink", Seen("a")) is None
    assert receipts.reconcile("sink", seen)
    assert len(unsent(receipts, wanted)) == len(flat(wanted))
    assert len(receipts.connectors()) == known
    assert len(unsent(Receipts.load(tmp_path), wanted)) == len(flat(wanted))


def test_a_datahub_that_does_not_say_who_it_is_is_taken_for_the_same(tmp_path):
    """An outage of the question is not a reason to send everything."""
    receipts = acknowledged(tmp_path, cluster(1))
    receipts.reconcile("sink", Seen("a"))
    assert receipts.reconcile("sink", Seen(None)) is None
    assert receipts.incarnation == "a"


def test_names_stay_inside_the_folder(tmp_path):
    """A connector may be called anything; letter case matters to Connect and not to every file system."""
    names = ["../../up", "/abs", "a/b", "", "..", "Case", "case", "nul", "\x00", "é" * 300]
    folder = tmp_path / "state"
    receipts = Receipts.load(folder)
    for at, name in enumerate(names):
        receipts.acknowledge({f"u{at}": name}, [Proposal(f"u{at}", "dataFlow", "status", {"removed": False})])
    receipts.close()
    found = Receipts.load(folder)
    assert [found.urns(name) for name in names] == [{f"u{at}"} for at in range(len(names))]
    assert {path.name for path in folder.iterdir()} <= {"receipts.json", "receipts.journal"}
    assert list(tmp_path.iterdir()) == [folder]


def test_receipts_hold_no_values(tmp_path):
    """URNs, aspect names and hashes; nothing of a configuration."""
    made = Proposal("urn", "dataFlow", "dataFlowInfo", {"customProperties": {"some.key": "some-value"}})
    receipts = Receipts.load(tmp_path)
    receipts.acknowledge({"urn": "c"}, [made])
    receipts.close()
    assert b"some" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_a_document_that_is_not_readable_says_what_to_do(tmp_path):
    """It is not overwritten: that would forget what is to be removed."""
    for content in ("{", json.dumps({"version": 99})):
        (tmp_path / "receipts.json").write_text(content)
        with pytest.raises(StateError, match="delete it to send everything again"):
            Receipts.load(tmp_path)


def test_a_folder_that_cannot_be_written_is_a_state_error(tmp_path):
    """Not a traceback."""
    (tmp_path / "state").write_text("a file")
    receipts = Receipts(tmp_path / "state")
    with pytest.raises(StateError):
        receipts.reconcile("sink", Seen())


operations = st.lists(
    st.tuples(st.sampled_from(["ack", "remove", "removed", "forget", "reconcile", "lose", "save"]), st.integers(0, 3)),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(operations)
def test_what_is_on_disk_is_what_is_in_memory(tmp_path_factory, steps):
    """After any sequence of changes, wherever the process ends."""
    folder = tmp_path_factory.mktemp("receipts")
    wanted = cluster(4, 1)
    receipts = Receipts.load(folder)
    for action, at in steps:
        name = f"c{at:04d}"
        urns = {p.urn for p in wanted[name]}
        {
            "ack": lambda name=name: receipts.acknowledge(owners(wanted), wanted[name]),
            "remove": lambda urns=urns: receipts.begin_removal(urns),
            "removed": lambda urns=urns: receipts.acknowledge({}, removal_proposals(urns)),
            "forget": lambda name=name: receipts.forget(name),
            "reconcile": lambda at=at: receipts.reconcile(f"sink{at % 2}", Seen(str(at))),
            "lose": lambda urns=urns: receipts.reconcile("sink0", Seen(missing=frozenset(urns))),
            "save": receipts.save,
        }[action]()
        assert Receipts.load(folder)._state == receipts._state
