"""Two recipes that write the same entities: a warning while loading, a failing check once both have written."""

from __future__ import annotations

import logging

import pytest
import yaml
from dagster import DagsterInstance

from kc_lineage_dagster import build_definitions
from kc_lineage_dagster.recipe.files import recipe_of
from kc_lineage_dagster.state.other_recipes import alike
from tests.defs.clusters import CONNECTORS, execute, save_cluster

GMS = {"type": "datahub-rest", "config": {"server": "http://gms:8080", "token": "${TOKEN}"}}


def recipe(path, name, sink=GMS, **config):
    return recipe_of(
        {"source": {"type": "kafka-connect", "config": {"cluster_name": name, **config}}, "sink": sink},
        path / f"{name}.yml",
    )


def test_same_sink_env_and_instance_is_a_warning(tmp_path):
    """Nothing keeps the flows of these two clusters apart."""
    found = alike([recipe(tmp_path, "a"), recipe(tmp_path, "b", env="prod"), recipe(tmp_path, "c", env="DEV")])
    assert found.keys() == {"a", "b"}
    assert "b.yml" in found["a"]
    assert "platform_instance" in found["a"]


@pytest.mark.parametrize(
    "other",
    [
        {"env": "DEV"},
        {"platform_instance": "west"},
        {"sink": {"type": "datahub-rest", "config": {"server": "http://other:8080"}}},
        {"sink": None},
        {"sink": {"type": "file", "config": {"filename": "out.json"}}},
    ],
)
def test_one_difference_is_enough(tmp_path, other):
    """Environment, platform instance or sink keep two clusters apart."""
    assert alike([recipe(tmp_path, "a"), recipe(tmp_path, "b", **other)]) == {}


def test_the_token_makes_no_difference(tmp_path):
    """One GMS is one GMS, whoever writes."""
    sink = {"type": "datahub-rest", "config": {"server": "http://gms:8080", "token": "${OTHER}"}}
    assert alike([recipe(tmp_path, "a"), recipe(tmp_path, "b", sink=sink)]).keys() == {"a", "b"}


@pytest.fixture
def two(tmp_path, monkeypatch):
    monkeypatch.setenv("KC_LINEAGE_STATE", str(tmp_path / "state"))
    save_cluster(tmp_path, CONNECTORS)
    for name in ("east", "west"):
        config = {"connect_uri": "cluster.json", "cluster_name": name}
        data = {
            "source": {"type": "kafka-connect", "config": config},
            "sink": {"type": "file", "config": {"filename": "out.json"}},
        }
        (tmp_path / f"{name}.yml").write_text(yaml.safe_dump(data))
    with DagsterInstance.ephemeral(tempdir=str(tmp_path)) as instance:
        yield tmp_path, instance


def evaluations(result):
    return {one.check_name: one for one in result.get_asset_check_evaluations()}


@pytest.mark.slow
def test_the_check_fails_once_both_have_written(two):
    """The second one to write says which flows the first one writes too."""
    folder, instance = two
    definitions = build_definitions(folder)
    first = execute(definitions, instance, "sync_east")
    assert evaluations(first)["flows_written_by_one_recipe"].passed
    second = execute(definitions, instance, "sync_west")
    check = evaluations(second)["flows_written_by_one_recipe"]
    assert second.success
    assert not check.passed
    assert check.metadata["count"].value == len(CONNECTORS)
    assert "east" in check.metadata["items"].value


def test_loading_says_so(two, caplog):
    """The warning is in the log of whatever loads the definitions, once for all the recipes that it is about."""
    folder, _ = two
    with caplog.at_level(logging.WARNING):
        build_definitions(folder)
    [line] = [line for line in caplog.messages if "would overwrite each other" in line]
    assert "east.yml and west.yml" in line
