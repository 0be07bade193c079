"""A hostile cluster: 151 connectors of a real worker, set up to mislead, against what was observed in their records.

``truth.json``: per connector the ``edges`` observed; of those the ``missed`` ones, which nobody can know from outside,
and ``extra`` ones, which the configuration names and the records do not show (yet); ``why`` for both.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kc_lineage_dagster.connect.fetch import read
from kc_lineage_dagster.connect.saved import open_saved
from kc_lineage_dagster.connect.snapshot import Snapshot
from kc_lineage_dagster.derive.cluster import cluster_topics
from kc_lineage_dagster.derive.derive import derive
from kc_lineage_dagster.derive.evidence import ClusterTopics
from kc_lineage_dagster.derive.settings import Settings
from kc_lineage_dagster.lineage import ConnectorLineage

HOSTILE = Path(__file__).parent / "data" / "adversary"
TRUTH = {one["connector"]: one for one in json.loads((HOSTILE / "truth.json").read_text(encoding="utf-8"))}
# every mirror of this cluster reads from the cluster it writes to
SETTINGS = Settings(cluster_aliases=dict.fromkeys(("west", "east", "south", "north", "up", "lab", "ident", "ident2")))


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return read(open_saved(str(HOSTILE / "cluster.json"))).whole()


@pytest.fixture(scope="module")
def topics(snapshot) -> ClusterTopics:
    return cluster_topics(snapshot.connectors, SETTINGS)


@pytest.fixture(scope="module")
def lineages(snapshot, topics) -> dict[str, ConnectorLineage]:
    """By the connector's name."""
    return {one.name: derive(one, SETTINGS, lambda: topics) for one in snapshot.connectors}


def _edges(entries: list[dict[str, str]]) -> set[tuple[str, str]]:
    return {(one["from"], one["to"]) for one in entries}


def test_edges_are_those_observed_but_for_explained_ones(lineages):
    """Every observed edge is derived, and no other, but for those that ``truth.json`` explains."""
    derived = {
        name: {(edge.upstream and edge.upstream.name, edge.downstream.name) for edge in lineages[name].edges}
        for name in TRUTH
    }
    assert derived == {
        name: _edges(one["edges"]) - _edges(one.get("missed", [])) | _edges(one.get("extra", []))
        for name, one in TRUTH.items()
    }


# a topic that has left a sink's configuration is not asked about
MISSED = [name for name, one in TRUTH.items() if "missed" in one and "extra" not in one and name != "dj-reselected"]


def test_what_is_missed_is_listed(lineages):
    """Where edges are missed without another in their place, the connector says what could not be resolved."""
    assert [name for name in MISSED if not lineages[name].unresolved] == []


def test_every_difference_is_explained():
    """Edges are missed, or derived beyond what was observed, for a stated reason only."""
    differing = [one for one in TRUTH.values() if "missed" in one or "extra" in one]
    assert all(one.get("why") for one in differing)
