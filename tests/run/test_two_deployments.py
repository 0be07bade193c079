"""Two deployments of one recipe, each with a state of its own, as a test deployment beside the real one."""

from __future__ import annotations

import pytest


@pytest.fixture
def deployed(served, monkeypatch, tmp_path):
    """Runs the sync of one of two deployments."""

    def run(name: str):
        monkeypatch.setenv("KC_LINEAGE_STATE", str(tmp_path / name))
        return served.run()

    return run


def test_two_deployments_of_one_recipe_agree(served, deployed):
    """Each sends what it has not sent itself, once; none takes anything from the other, and both remove what is gone."""
    both = ("one", "two")
    assert [deployed(name).counts.sent > 0 for name in both] == [True, True]
    everything = served.alive
    assert [deployed(name).counts.sent for name in both * 2] == [0, 0, 0, 0]
    served.serve(served.answers([*served.names, "new"]))
    assert [deployed(name).removed for name in both] == [(), ()]
    assert [deployed(name).counts.sent for name in both] == [0, 0]
    assert served.alive > everything
    served.serve(served.answers())
    assert all(deployed(name).removed for name in both)
    assert [deployed(name).counts.sent for name in both] == [0, 0]
    assert served.alive == everything
