"""What the sensor decides: the listing against what was last emitted, with growing pauses."""

from __future__ import annotations

import pytest

from kc_lineage_dagster.connect.snapshot import Connector, Snapshot, TaskState
from kc_lineage_dagster.run.changes import LONGEST_PAUSE, SECOND_LOOK, Cursor, ask, changes, config_hash
from kc_lineage_dagster.state.cluster_state import Emitted


def connector(name: str, state: str = "RUNNING", **config: str) -> Connector:
    return Connector(name, "source", config, state=state, tasks=(TaskState(0, state),))


def emitted(*connectors: Connector) -> dict[str, Emitted]:
    return {one.name: Emitted(config_hash(one), "v") for one in connectors}


A, B, C = connector("a", x="1"), connector("b", x="1"), connector("c", x="1")


def test_nothing_changed():
    """What was emitted as it is listed asks for nothing."""
    assert not changes(Snapshot("s", connectors=(A, B)), emitted(A, B), Cursor(), 0)


def test_new_changed_gone():
    """New and changed connectors are to be derived, vanished ones to be removed."""
    listing = Snapshot("s", connectors=(A, connector("b", x="2"), C))
    change = changes(listing, emitted(A, B, connector("d")), Cursor(), 0)
    assert (change.changed, change.gone, change.new) == (("b", "c"), ("d",), ("c",))


def test_restarts_and_pauses_are_no_change():
    """States of connectors and tasks change no lineage."""
    assert not changes(Snapshot("s", connectors=(connector("a", state="FAILED", x="1"),)), emitted(A), Cursor(), 0)


def test_not_read_is_not_gone():
    """A connector that could not be read is not taken for deleted."""
    listing = Snapshot("s", connectors=(A,), unread={"b": "500"})
    assert not changes(listing, emitted(A, B), Cursor(), 0)


def test_the_same_change_is_asked_for_with_growing_pauses():
    """A run that failed is made up for: after a minute, two, four ... and at most an hour."""
    listing, known, cursor, now, pauses = Snapshot("s", connectors=(A,)), {}, Cursor(), 1000.0, []
    for _ in range(9):
        due, cursor = ask(changes(listing, known, cursor, now), cursor, now)
        assert due
        asked = now
        while not ask(changes(listing, known, cursor, now), cursor, now)[0]:
            now += 60
        pauses.append(now - asked)
    assert pauses[:4] == [60, 120, 240, 480]
    assert pauses[-1] == LONGEST_PAUSE


def test_another_change_is_asked_for_at_once():
    """A pause holds for the change that was asked for, not for the next one."""
    _, cursor = ask(changes(Snapshot("s", connectors=(A,)), {}, Cursor(), 0), Cursor(), 0)
    assert ask(changes(Snapshot("s", connectors=(A, B)), {}, cursor, 1), cursor, 1)[0]


def test_a_new_connector_is_looked_at_twice():
    """Ten minutes after it was new a connector is derived again: by then its topics exist; once."""
    listing = Snapshot("s", connectors=(A, B))
    due, cursor = ask(changes(listing, emitted(A), Cursor(), 0), Cursor(), 0)
    assert due
    after = emitted(A, B)
    assert not changes(listing, after, cursor, SECOND_LOOK - 1)
    again = changes(listing, after, cursor, SECOND_LOOK)
    assert again.changed == ("b",)
    due, cursor = ask(again, cursor, SECOND_LOOK)
    assert due
    assert not changes(listing, after, cursor, 10 * SECOND_LOOK)


def test_cursor_survives_text():
    """A cursor is stored as text; an unreadable one counts as none."""
    cursor = Cursor("d", 3, 4.5, {"a": 1.0})
    assert Cursor.parse(cursor.dump()) == cursor
    assert Cursor.parse("not json") == Cursor.parse(None) == Cursor()


@pytest.mark.parametrize(
    "text", ["7", "[]", "null", '{"attempts": "x"}', '{"at": {}}', '{"second_look": 5}', '{"second_look": {"a": "b"}}']
)
def test_a_cursor_that_somebody_edited_counts_as_none(text):
    """People may write anything there, in the web interface: the sensor goes on."""
    assert Cursor.parse(text) == Cursor()


def test_a_clock_that_was_ahead_holds_nothing_up():
    """A year ahead when a run was asked for, and right again: the same change is asked for, and new connectors seen."""
    listing, year = Snapshot("s", connectors=(A, B)), 365 * 86_400.0
    _, cursor = ask(changes(listing, emitted(A), Cursor(), year), Cursor(), year)
    due, cursor = ask(changes(listing, emitted(A), cursor, 0), cursor, 0)
    assert due
    assert cursor.at == 0
    late = Cursor("d", 0, 0, {"b": year})
    assert changes(listing, emitted(A, B), late, 0).changed == ("b",)
    _, cursor = ask(changes(listing, emitted(A, B), late, 0), late, 0)
    assert not changes(listing, emitted(A, B), cursor, SECOND_LOOK)
