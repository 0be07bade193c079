"""The checks that look into DataHub, in whole runs of the job; and the page each run leaves."""

from __future__ import annotations

import pytest

from kc_lineage_dagster import build_definitions
from tests.defs.clusters import materialize, run, write_recipe
from tests.emit.gms import Answer, Gms

KNOWN = "datasets_known_to_datahub"
USERS = "urn:li:dataset:(urn:li:dataPlatform:postgres,shop.public.users,PROD)"


def evaluations(result):
    return {one.check_name: one for one in result.get_asset_check_evaluations()}


def stale(result):
    """The materialization that every whole run logs."""
    (found,) = (
        event.step_materialization_data.materialization
        for event in result.all_events
        if event.is_step_materialization and event.asset_key.path[-1] == "stale_entities"
    )
    return found


def test_dangling_datasets(tmp_path, instance):
    """Datasets that DataHub does not know fail the check as a warning, by name; the run succeeds."""
    with Gms() as gms:
        gms.aspects[(USERS, "status")] = {"removed": False}
        write_recipe(tmp_path, sink={"type": "datahub-rest", "config": {"server": gms.url}})
        result = run(tmp_path, instance)
    assert result.success
    check = evaluations(result)[KNOWN]
    assert not check.passed
    assert check.metadata["datasets"].value - check.metadata["count"].value == 1
    assert "shop.public.orders" in check.metadata["items"].value.replace("&#95;", "_")
    assert "shop.public.users" not in check.metadata["items"].value


@pytest.mark.slow
def test_a_gms_that_cannot_be_asked_fails_nothing(tmp_path, instance):
    """An older GMS without that question: the run succeeds, and the check stays as it was."""
    with Gms() as gms:
        gms.fault = lambda request: Answer(404) if request.path.endswith("/batchGet") else None
        write_recipe(tmp_path, sink={"type": "datahub-rest", "config": {"server": gms.url}})
        result = run(tmp_path, instance)
    assert result.success
    assert KNOWN not in evaluations(result)


@pytest.mark.slow
def test_only_whole_runs_ask(tmp_path, instance):
    """A run of one partition says nothing of the cluster's datasets."""
    with Gms() as gms:
        write_recipe(tmp_path, sink={"type": "datahub-rest", "config": {"server": gms.url}})
        run(tmp_path, instance)
        before = gms.requests["POST /openapi/v3/entity/dataset/batchGet"]
        result = materialize(tmp_path, instance, "connector_lineage", "datahub_emissions", partition_key="cdc")
    assert result.success
    assert KNOWN not in evaluations(result)
    assert gms.requests["POST /openapi/v3/entity/dataset/batchGet"] == before


def test_other_sinks_have_no_such_check(tmp_path, instance):
    """A file knows no datasets, so there is nothing to be asked."""
    write_recipe(tmp_path)
    checks = build_definitions(tmp_path / "shop.yml").resolve_asset_graph().asset_check_keys
    assert KNOWN not in {key.name for key in checks}


@pytest.mark.slow
def test_every_run_leaves_a_page(tmp_path, instance):
    """The page is linked from the asset that all connectors share, and from each whole run."""
    write_recipe(tmp_path)
    result = run(tmp_path, instance)
    path = tmp_path / "state/shop/lineage.html"
    assert "dw/sink" in path.read_text()
    assert stale(result).metadata["lineage_page"].value == str(path)
    specs = build_definitions(tmp_path / "shop.yml").resolve_all_asset_specs()
    lineage = next(one for one in specs if one.key.path[-1] == "connector_lineage")
    assert lineage.metadata["lineage_page"].value == str(path)


@pytest.mark.slow
def test_a_page_that_cannot_be_written_fails_no_run(tmp_path, instance):
    """The run succeeds and says why the picture is missing."""
    write_recipe(tmp_path)
    (tmp_path / "state/shop/lineage.html").mkdir(parents=True)
    result = run(tmp_path, instance)
    assert result.success
    assert "lineage.html cannot be written: Is a directory" in stale(result).metadata["warnings"].value
