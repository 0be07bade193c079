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


def _edges(entries: list[dict[str, str]]) -> set[tuple[str, str]]:
    return {(one["from"], one["to"]) for one in entries}


def _lineage(snapshot: Snapshot, topics: ClusterTopics, connector: str) -> ConnectorLineage:
    view = next(one for one in snapshot.connectors if one.name == connector)
    return derive(view, SETTINGS, lambda: topics)


@pytest.mark.parametrize("connector", TRUTH)
def test_edges_are_those_observed_but_for_explained_ones(snapshot, topics, connector):
    """Every observed edge is derived, and no other, but for those that ``truth.json`` explains."""
    lineage = _lineage(snapshot, topics, connector)
    derived = {(edge.upstream and edge.upstream.name, edge.downstream.name) for edge in lineage.edges}
    one = TRUTH[connector]
    assert derived == _edges(one["edges"]) - _edges(one.get("missed", [])) | _edges(one.get("extra", []))


# a topic that has left a sink's configuration is not asked about
MISSED = [name for name, one in TRUTH.items() if "missed" in one and "extra" not in one and name != "dj-reselected"]


@pytest.mark.parametrize("connector", MISSED)
def test_what_is_missed_is_listed(snapshot, topics, connector):
    """Where edges are missed without another in their place, the connector says what could not be resolved."""
    assert _lineage(snapshot, topics, connector).unresolved


def test_every_difference_is_explained():
    """Edges are missed, or derived beyond what was observed, for a stated reason only."""
    differing = [one for one in TRUTH.values() if "missed" in one or "extra" in one]
    assert all(one.get("why") for one in differing)
