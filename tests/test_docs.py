"""What is written about the project is what it does."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from kc_lineage_dagster import build_definitions
from kc_lineage_dagster.recipe.model import Recipe
from tools.command_reference import command_reference
from tools.coverage import coverage
from tools.recipe_reference import described, with_tables

ROOT = Path(__file__).resolve().parents[1]


def test_coverage_page_is_current():
    """docs/coverage.md is what the registry says now (`make docs`)."""
    assert (ROOT / "docs/coverage.md").read_text(encoding="utf-8") == coverage()


def test_command_reference_is_current():
    """docs/cli.md is what `kc-lineage --help` and its subcommands say now (`make docs`)."""
    assert (ROOT / "docs/cli.md").read_text(encoding="utf-8") == command_reference()


def test_tables_of_the_recipe_are_current():
    """The tables of docs/recipe.md are what the models say now (`make docs`), and there is one for every part."""
    page = (ROOT / "docs/recipe.md").read_text(encoding="utf-8")
    assert with_tables(page) == page
    assert re.findall(r"<!-- fields of ([\w.]+) -->", page) == ["recipe", "source.config", "options"]


def test_every_field_says_what_it_is():
    """Every field of the recipe has a description: a sentence, which docs/recipe.md and editors show."""
    said = {path: field.description or "" for path, field in described(Recipe)}
    assert {path for path, text in said.items() if not re.match(r"[`\w].*\.\)?$", text)} == set()


def test_files_that_are_named_exist():
    """What CONTRIBUTING.md says to open is there; a bare name is beside the one before it."""
    folder = ROOT
    for name in re.findall(r"`([\w./]+(?:/|\.py))`", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")):
        place = ROOT / name if "/" in name else folder / name
        assert place.exists(), name
        folder = place.parent


def test_links_lead_somewhere():
    """Relative links of the documentation lead to files."""
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#|data:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_make_targets_of_ci_exist():
    """Every target that CI runs is in the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    ours = re.findall(r"(?m)^(?:make|beside_machines) ([a-z -]+)", (ROOT / ".ci/run").read_text(encoding="utf-8"))
    ours = [target for line in ours for target in line.split()]
    theirs = workflow["jobs"]["rest"]["strategy"]["matrix"]["target"]
    assert {"test", "slow", "lint", "package", "lowest", "live"} <= set(ours)
    for target in (*ours, *theirs):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_make_targets_of_the_readme_exist():
    """Every make target the README names is in the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"\bmake ([a-z]+)\b", (ROOT / "README.md").read_text(encoding="utf-8")):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_everything_in_dagster_is_documented():
    """docs/dagster.md names every asset, check, job, sensor and schedule, and no check that there is not."""
    recipe = {"source": {"type": "kafka-connect", "config": {"cluster_name": "payments"}}}
    repository = build_definitions(recipe).get_repository_def()
    text = (ROOT / "docs/dagster.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(?:payments/)?(\w+)`", text))
    checks = {key.name for key in repository.asset_graph.asset_check_keys}
    jobs = {job.name for job in repository.get_all_jobs() if not job.name.startswith("__")}
    others = {one.name for one in (*repository.schedule_defs, *repository.sensor_defs)}
    assets = {key.path[-1] for key in repository.asset_graph.get_all_asset_keys()}
    assert checks | jobs | others | assets <= named
    rows = re.findall(r"^\| `(\w+)` \| .* \| .* \|$", text.partition("## Checks")[2], re.MULTILINE)
    assert set(rows) == checks
