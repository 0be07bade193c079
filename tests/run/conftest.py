"""What tests of runs share."""

from __future__ import annotations

import pytest

from tests.defs.clusters import CONNECTORS, save_cluster, write_recipe
from tests.emit.gms import Gms
from tests.run.place import Place, Served


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The small cluster, read by nobody yet, and a GMS that finds nothing wrong with what it is sent."""
    monkeypatch.setenv("KC_LINEAGE_STATE", str(tmp_path / "state"))
    save_cluster(tmp_path, CONNECTORS)
    with Gms() as gms:
        write_recipe(tmp_path, sink={"type": "datahub-rest", "config": {"server": gms.url}})
        yield Place(tmp_path, gms)
        assert gms.problems == []


@pytest.fixture
def served(tmp_path):
    """A worker with ten connectors, read by nobody yet, and a GMS."""
    with Gms() as gms:
        found = Served(tmp_path, gms)
        with found.stand_in:
            yield found
