"""Checks of the whole cluster keep to the whole cluster, whatever part of it a run looked at."""

from __future__ import annotations

import pytest
from dagster import AssetCheckKey, AssetKey

from kc_lineage_dagster import build_definitions
from kc_lineage_dagster.defs.checks import causes_of
from kc_lineage_dagster.defs.metadata import bullet_list
from kc_lineage_dagster.lineage import ConnectorLineage, Unresolved
from tests.defs.clusters import CONNECTORS, POSTGRES, materialize, run, save_cluster

KEPT, RESOLVED = "no_edge_disappeared", "lineage_resolved"
LOST = "postgres:shop.public.orders"
ODD = {"connector.class": "com.example.NoSuchConnector"}


@pytest.fixture
def instance(instance, tmp_path):
    save_cluster(tmp_path, {**CONNECTORS, "odd": ODD})
    return instance


def evaluations(result):
    return {one.check_name: one for one in result.get_asset_check_evaluations()}


@pytest.mark.slow
def test_a_run_of_one_partition_judges_the_whole_cluster(tmp_path, instance):
    """One connector whose class nobody knows is one of five, also when it alone was looked at again."""
    run(tmp_path, instance)
    check = evaluations(materialize(tmp_path, instance, "connector_lineage", "datahub_emissions", partition_key="odd"))[
        "lineage_resolved"
    ]
    assert check.metadata["edges"].value == 5
    assert check.passed


@pytest.mark.slow
def test_rows_are_shown_without_a_click(tmp_path, instance):
    """The first rows are the evaluation's description; a table among its metadata is behind a link."""
    found = evaluations(run(tmp_path, instance))
    assert "NoSuchConnector" in found[RESOLVED].description
    assert "&#" not in found[RESOLVED].description
    assert found[KEPT].description is None


@pytest.mark.slow
def test_the_button_of_the_job_evaluates_every_check(tmp_path, instance):
    """The web interface selects the checks of the job's own assets; those of the partitions are evaluated too."""
    assets = ("raw_connector_configs", "datahub_emissions", "stale_entities")
    found = evaluations(materialize(tmp_path, instance, *assets))
    assert {"lineage_resolved", "no_edge_disappeared", "every_connector_read", "stale_removal_done"} <= found.keys()


def look(folder, instance, name=KEPT):
    """Presses *Execute* on one check."""
    key = AssetCheckKey(AssetKey(["shop", "connector_lineage"]), name)
    job = build_definitions(folder / "shop.yml").get_repository_def().get_implicit_global_asset_job_def()
    alone = job.get_subset(asset_selection=set(), asset_check_selection={key})
    return evaluations(alone.execute_in_process(instance=instance, raise_on_error=False))[name]


def lost(check):
    return (
        {(one["connector"], one["upstream"]) for one in check.metadata["lost_edges"].value}
        if not check.passed
        else set()
    )


def without_orders(folder):
    save_cluster(folder, {**CONNECTORS, "cdc": {**POSTGRES, "table.include.list": "public.users"}, "odd": ODD})


@pytest.mark.slow
def test_a_lost_edge_is_reported_until_somebody_has_seen_it(tmp_path, instance):
    """Further syncs do not heal the warning; executing the check does, and the edge is not reported again."""
    run(tmp_path, instance)
    without_orders(tmp_path)
    for _ in range(3):
        check = evaluations(run(tmp_path, instance))[KEPT]
        assert lost(check) == {("cdc", LOST)}
    assert LOST in check.description
    assert "Execute" in check.description
    assert look(tmp_path, instance).passed
    assert evaluations(run(tmp_path, instance))[KEPT].passed


@pytest.mark.slow
def test_a_lost_edge_that_is_back_is_reported_no_longer(tmp_path, instance):
    """A lost edge is back whichever connector draws it then."""
    run(tmp_path, instance)
    without_orders(tmp_path)
    assert lost(evaluations(run(tmp_path, instance))[KEPT]) == {("cdc", LOST)}
    save_cluster(tmp_path, {**CONNECTORS, "odd": ODD})
    assert evaluations(run(tmp_path, instance))[KEPT].passed
    save_cluster(tmp_path, {**{name: one for name, one in CONNECTORS.items() if name != "cdc"}, "renamed": POSTGRES})
    assert evaluations(run(tmp_path, instance))[KEPT].passed


@pytest.mark.slow
def test_edges_of_a_deleted_connector_count(tmp_path, instance):
    """A connector that is gone takes its edges along, and that is reported."""
    run(tmp_path, instance)
    save_cluster(tmp_path, {name: one for name, one in CONNECTORS.items() if name != "cdc"})
    assert lost(evaluations(run(tmp_path, instance))[KEPT]) == {("cdc", LOST), ("cdc", "postgres:shop.public.users")}


@pytest.mark.slow
def test_looking_at_another_check_acknowledges_nothing(tmp_path, instance):
    """Executing one check does not silence its neighbour."""
    run(tmp_path, instance)
    without_orders(tmp_path)
    run(tmp_path, instance)
    assert look(tmp_path, instance, RESOLVED).passed
    assert lost(evaluations(run(tmp_path, instance))[KEPT]) == {("cdc", LOST)}


def test_one_cause_counts_once_and_names_its_topics():
    """A mirror of a thousand topics whose option is missing is one cause, and says which topics wait for it."""
    why = "set options.cluster_aliases"
    items = tuple(Unresolved("source.cluster.alias = us", why, f"us.t{at}") for at in range(1_000))
    lineage = ConnectorLineage("mirror", "source", None, None, unresolved=(*items, Unresolved("x", "another")))
    mirror, other = causes_of(lineage)
    assert mirror[:2] == ("mirror", why)
    assert mirror[2].startswith("source.cluster.alias = us, us.t0, us.t1, ")
    assert mirror[2].endswith("and 981 more")
    assert other == ("mirror", "another", "x")


def test_descriptions_read_well_in_a_terminal_too():
    """Names with underscores and angle brackets stand as they are: no HTML entities, nothing for Markdown to read."""
    assert bullet_list([("a_b<c>*d*", "x`y\nz")], 5) == "- `a_b<c>*d*` · `x'y z`"
