"""Checks of the whole cluster keep to the whole cluster, whatever part of it a run looked at."""

from __future__ import annotations

import pytest
from dagster import DagsterInstance

from tests.defs.clusters import CONNECTORS, run, save_cluster, write_recipe

ODD = {"connector.class": "com.example.NoSuchConnector"}


@pytest.fixture
def instance(tmp_path, monkeypatch):
    monkeypatch.setenv("KC_LINEAGE_STATE", str(tmp_path / "state"))
    save_cluster(tmp_path, {**CONNECTORS, "odd": ODD})
    write_recipe(tmp_path)
    with DagsterInstance.ephemeral(tempdir=str(tmp_path)) as ephemeral:
        yield ephemeral


def evaluations(result):
    return {one.check_name: one for one in result.get_asset_check_evaluations()}


def test_a_run_of_one_partition_judges_the_whole_cluster(tmp_path, instance):
    """One connector whose class nobody knows is one of five, also when it alone was looked at again."""
    run(tmp_path, instance)
    check = evaluations(run(tmp_path, instance, partition_key="odd"))["lineage_resolved"]
    assert check.metadata["edges"].value == 5
    assert check.passed


def test_rows_are_shown_without_a_click(tmp_path, instance):
    """The first rows are the evaluation's description; a table among its metadata is behind a link."""
    check = evaluations(run(tmp_path, instance))["lineage_resolved"]
    assert "NoSuchConnector" in check.description
    assert evaluations(run(tmp_path, instance))["no_edge_disappeared"].description is None
