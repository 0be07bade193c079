"""A real cluster: what a real Kafka Connect worker answered, against the lineage observed in the data itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kc_lineage_dagster.connect.fetch import read
from kc_lineage_dagster.connect.saved import open_saved
from kc_lineage_dagster.connect.snapshot import Snapshot
from kc_lineage_dagster.derive.cluster import cluster_topics, deriver
from kc_lineage_dagster.derive.derive import derive
from kc_lineage_dagster.derive.settings import Settings
from kc_lineage_dagster.lineage import Edge
from tests.catalog.metadata import lab_holdings

LAB = Path(__file__).parent / "data" / "lab"
TRUTH = {one["connector"]: one for one in json.loads((LAB / "truth.json").read_text(encoding="utf-8"))}
# the mirror of this cluster reads from the cluster it writes to
SETTINGS = Settings(cluster_aliases={"west": None})
# the tables of the recorded cluster's databases, as DataHub would hold them
WORLD = lab_holdings(json.loads((LAB / "world.json").read_text(encoding="utf-8")))
WITH_CATALOG = replace(SETTINGS, catalog=lambda name: WORLD.seen_from(name, lambda *_: None))


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return read(open_saved(str(LAB / "cluster.json"))).whole()


@pytest.mark.parametrize("settings", [SETTINGS, WITH_CATALOG], ids=["alone", "with a catalog"])
@pytest.mark.parametrize("connector", TRUTH)
def test_edges_are_those_observed(snapshot, connector, settings):
    """Every edge that was observed in the records is derived, and no other, with a catalog and without."""
    topics = cluster_topics(snapshot.connectors, settings)
    view = next(one for one in snapshot.connectors if one.name == connector)
    lineage = derive(view, settings, lambda: topics)
    derived = {(edge.upstream and edge.upstream.name, edge.downstream.name) for edge in lineage.edges}
    assert derived == {(edge["from"], edge["to"]) for edge in TRUTH[connector]["edges"]}
    assert lineage.unresolved == ()


def test_columns_are_not_contradicted(snapshot):
    """A field that is said to arrive from certain columns does, in the records that were observed."""
    for view in snapshot.connectors:
        observed = {(one["from"], one["to"]): one.get("columns", {}) for one in TRUTH[view.name]["edges"]}
        lineage = derive(view, SETTINGS, lambda: cluster_topics(snapshot.connectors, SETTINGS))
        for edge in lineage.edges:
            columns = observed[(edge.upstream and edge.upstream.name, edge.downstream.name)]
            for field in edge.fields:
                if columns.get(field.downstream):
                    assert set(columns[field.downstream]) <= set(field.upstream), (view.name, field)


def edges_with_catalog(snapshot: Snapshot) -> Iterator[tuple[str, Edge]]:
    """The connectors' edges when the tables of the databases are known, but no topic."""
    derived = deriver(snapshot.connectors, WITH_CATALOG)
    for view in snapshot.connectors:
        for edge in derived(view).edges:
            yield view.name, edge


def test_columns_with_a_catalog_of_tables_are_those_observed(snapshot):
    """Every column that was seen equal at both ends is derived from it, and from no other; all but what an outbox
    router reads out of JSON text, which no schema tells.
    """
    seen, missing = 0, []
    for name, edge in edges_with_catalog(snapshot):
        ends = edge.upstream and edge.upstream.name, edge.downstream.name
        observed = next(one for one in TRUTH[name]["edges"] if (one["from"], one["to"]) == ends)
        # an envelope holds the row below after; what was observed are rows
        derived = {
            (pair.downstream or "").removeprefix("after."): {path.removeprefix("after.") for path in pair.upstream}
            for pair in edge.fields
            if pair.upstream and not (pair.downstream or "").startswith("before.")
        }
        for field, columns in observed.get("columns", {}).items():
            seen += bool(columns)
            if columns and field not in derived:
                missing.append((name, field))
            elif columns:
                assert derived[field] == set(columns)
        assert derived.keys() - {""} <= {*observed.get("columns", derived), *ENVELOPE}
    assert set(missing) == {("outbox-router", field) for field in ("nick", "customer_id", "sku", "order_id")}
    assert (seen, len(missing)) == (102, 4)


# fields of a change event beside the row, which a mirror copies too
ENVELOPE = ("op", "ts_ms", "ts_us", "ts_ns")
