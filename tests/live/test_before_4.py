"""The project against a worker of the releases before Kafka 4: what differs between the releases."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live import world
from tests.live.lab import Lab
from tests.live.project import beside

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("default")]


def test_edges_are_what_the_records_say(old_lab: Lab, tmp_path: Path) -> None:
    """One sync gives the edges that the records and rows show, of a connector with a slash in its name too."""
    with beside(old_lab, tmp_path) as live:
        assert live.sync()
        derived, truth = live.edges(), world.observed(old_lab)
        assert derived.pop("failed") == set()  # it never moved a record
        assert derived == truth
        (odd,) = (one for one in live.cluster().fetch().connectors if one.name == world.SLASHED)
        assert odd.topics
        assert odd.notes == ()
        assert live.gms.problems == []
