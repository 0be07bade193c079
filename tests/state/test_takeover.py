"""The state that release 0.1 left (``tests/data/state-0.1``, made by that release) is taken over once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from kc_lineage_dagster.state.opening import state_of
from kc_lineage_dagster.state.receipts import REMOVING, Receipts
from tests.defs.clusters import CONNECTORS

RECORDED = Path(__file__).parents[1] / "data/state-0.1"
SINK_JOB = "urn:li:dataFlow:(kafka-connect,dw/sink,PROD)"


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(RECORDED, tmp_path / "state")
    return tmp_path


def opened(folder):
    return state_of("shop", folder, {"KC_LINEAGE_STATE": str(folder / "state")})


def test_everything_is_there(folder):
    """Connectors, lineage, what was emitted, receipts with a pending removal, the sink; the old files are gone."""
    state = opened(folder)
    assert state.names() == sorted(CONNECTORS)
    assert {one.connector for one in state.lineages()} == set(CONNECTORS)
    assert state.emitted().keys() == set(CONNECTORS)
    receipts = Receipts(state)
    assert receipts.count() == 8
    assert list(receipts.urns(REMOVING)) == [SINK_JOB]
    assert (receipts.facts.identity or "").startswith("datahub-lite sqlite ")
    left = {path.name for path in (folder / "state/shop").iterdir()}
    assert left == set()
    assert opened(folder).names() == sorted(CONNECTORS)


def test_notes_that_were_one_text_are_told_apart(folder):
    """What they are about, and whether anything failed, is read from the words that 0.1 wrote."""
    [snapshot] = (folder / "state/shop/snapshots").iterdir()
    document = json.loads(snapshot.read_text())
    document["connectors"][0]["notes"] = [
        "topics: this worker does not offer active topics (topic.tracking.enable)",
        "offsets: answered 500 (no): again",
        "properties: 1 withheld (a)",
    ]
    snapshot.write_text(json.dumps(document))
    state = opened(folder)
    [found] = state.connectors_of([document["connectors"][0]["name"]]).values()
    assert list(map(str, found.notes)) == document["connectors"][0]["notes"]
    assert [str(note) for note in found.unanswered] == ["offsets: answered 500 (no): again"]


@pytest.mark.parametrize("name", ["index.json", "lineage.json", "receipts/receipts.journal", "snapshots"])
def test_what_is_damaged_is_left_out(folder, name):
    """What is damaged in a state of 0.1 is left out and sent again."""
    path = folder / "state/shop" / name
    for file in [path] if path.is_file() else path.iterdir():
        file.write_text("[")
    state = opened(folder)
    assert state.names() in ([], sorted(CONNECTORS))


@pytest.mark.parametrize("document", [{}, {"format": 2}, {"format": 1}, {"format": 1, "connectors": [{}]}])
def test_a_snapshot_of_another_shape_is_left_out(folder, document, caplog):
    """Whatever object the file holds; a line of the log names the file."""
    [snapshot] = (folder / "state/shop/snapshots").iterdir()
    snapshot.write_text(json.dumps(document))
    assert opened(folder).names() == []
    assert bool(document) == (f"{snapshot} cannot be read and is left out" in caplog.text)


def test_a_state_that_is_there_already_wins(folder, tmp_path):
    """Old files beside a database that knows the cluster are only cleared away."""
    state = opened(folder)
    number = state.begin_reading()
    state.finish_reading(number, state.head())
    shutil.copytree(RECORDED / "shop", folder / "state/shop", dirs_exist_ok=True)
    assert opened(folder).names() == []
    assert list((folder / "state/shop").iterdir()) == []
