"""``deriver`` is ``derive``, with less work."""

from __future__ import annotations

from pathlib import Path

from kc_lineage_dagster.connect.fetch import fetch
from kc_lineage_dagster.connect.saved import open_saved
from kc_lineage_dagster.derive.derive import Settings, cluster_topics, derive, deriver

LAB = Path(__file__).parents[1] / "data" / "lab" / "cluster.json"


def test_each_connector_has_the_lineage_that_derive_gives():
    """Whatever the order in which connectors are asked about."""
    connectors, settings = fetch(open_saved(LAB)).connectors, Settings(cluster_aliases={"west": None})
    topics = cluster_topics(connectors, settings)
    expected = {one.name: derive(one, settings, lambda: topics) for one in connectors}
    for order in (connectors, connectors[::-1]):
        derived = deriver(connectors, settings)
        assert {one.name: derived(one) for one in order} == expected
