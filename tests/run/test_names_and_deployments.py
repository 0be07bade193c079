"""One cluster under two states, or under two names at two addresses: what docs/operating.md says of them."""

from __future__ import annotations

import pytest

from kc_lineage_dagster.recipe.files import read_recipe
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.reading import read_cluster
from kc_lineage_dagster.run.report import Report, Request
from kc_lineage_dagster.run.sync import Sync
from tests.defs.clusters import write_recipe
from tests.run.place import Impatient


@pytest.fixture
def deployed(served, monkeypatch, tmp_path):
    """Runs the sync of one of two deployments."""

    def run(name: str):
        monkeypatch.setenv("KC_LINEAGE_STATE", str(tmp_path / name))
        return served.run()

    return run


def test_two_deployments_of_one_recipe_agree(served, deployed):
    """Each sends what it has not sent itself, once; none takes from the other what is there, and what is gone goes."""
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


def test_what_a_cluster_left_under_another_name_and_address_goes_when_its_old_name_reads_the_new_address(
    served, monkeypatch, tmp_path
):
    """Nobody can tell that it is the same cluster, so nothing is removed until the old name is run once more."""
    monkeypatch.setenv("KC_LINEAGE_STATE", str(tmp_path / "state"))
    there = served.stand_in.uri.replace("127.0.0.1", "localhost")

    def run(name: str, uri: str) -> Report:
        sink = {"type": "datahub-rest", "config": {"server": served.gms.url}}
        cluster = Cluster.of(read_recipe(write_recipe(served.folder, sink=sink, connect_uri=uri, cluster_name=name)))
        read_cluster(cluster, cluster)
        sync = Sync(cluster, Impatient({"server": served.gms.url}), Request("run"))
        list(sync)
        assert sync.report.problem is None
        return sync.report

    run("old", served.stand_in.uri)
    gone = served.names.pop()
    served.serve(served.answers())
    assert run("new", there).removed == ()
    removed = run("old", there).removed
    assert removed
    assert all(gone in urn for urn in removed)
    assert run("new", there).removed == ()
    assert len(served.alive) == 3 * len(served.names)
