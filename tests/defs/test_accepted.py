"""What Dagster refuses of one recipe does not take the other clusters of a code location along."""

from __future__ import annotations

import pytest
import yaml

from kc_lineage_dagster import build_definitions
from kc_lineage_dagster.defs.accepted import accepted
from kc_lineage_dagster.recipe.files import read_recipe
from tests.cli.run import kc_lineage


@pytest.fixture
def folder(tmp_path):
    """A folder with a good recipe, to which others are added."""
    add(tmp_path, "good")
    return tmp_path


def add(folder, name, **options):
    recipe = {"source": {"type": "kafka-connect", "config": {"connect_uri": "cluster.json"}}, "options": options}
    (folder / f"{name}.yml").write_text(yaml.safe_dump(recipe), encoding="utf-8")


def descriptions(folder):
    """Job -> its description, of a code location that loads."""
    definitions = build_definitions(folder)
    definitions.get_repository_def().load_all_definitions()
    return {job.name: job.description for job in definitions.resolve_all_job_defs()}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"schedule": "every day"}, "options.schedule: 'every day' is not a cron expression"),
        ({"schedule": "61 * * * *"}, "options.schedule: '61 * * * *' is not a cron expression"),
        ({"timezone": "Mars/Base"}, "options.timezone: 'Mars/Base' is not a time zone"),
        ({"schedule": "", "timezone": "x"}, "'x' is not a time zone"),
    ],
)
def test_a_schedule_that_dagster_refuses_is_that_recipes_problem(folder, options, says):
    """The code location loads, the job of the recipe says what is wrong, and the job of the other one is as always."""
    add(folder, "bad", **options)
    found = descriptions(folder)
    assert says in found["sync_bad"]
    assert found["sync_good"].startswith("Reads the cluster of good.yml")
    assert accepted(read_recipe(folder / "good.yml")).problem is None


def test_the_doctor_says_so_too(folder, monkeypatch):
    """`kc-lineage doctor` finds what would keep the recipe from loading."""
    add(folder, "bad", schedule="every day")
    monkeypatch.setenv("KC_LINEAGE_RECIPES", str(folder))
    result = kc_lineage("doctor", "bad")
    assert result.exit_code == 1
    assert "options.schedule: 'every day'" in result.output


@pytest.mark.parametrize("name", ["01-payments", "1", "class", "sync", "_", "Ünïcode"])
def test_any_name_of_a_recipe_is_a_cluster(folder, name):
    """Files are often numbered; whatever a recipe is called, its definitions load beside the others."""
    alone = descriptions(folder)
    add(folder, name)
    both = descriptions(folder)
    assert both.keys() > alone.keys()
    assert sum(job.startswith("sync_") for job in both) == 2
