"""What is written about the project is what it does."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from kc_lineage_dagster import build_definitions
from kc_lineage_dagster.recipe.model import Options, SourceConfig
from kc_lineage_dagster.recipe.servers import ConnectOptions
from tools.coverage import coverage

ROOT = Path(__file__).resolve().parents[1]


def test_coverage_page_is_current():
    """docs/coverage.md is what the registry says now (`make docs`)."""
    assert (ROOT / "docs/coverage.md").read_text(encoding="utf-8") == coverage()


def test_every_field_is_documented():
    """Every field of the recipe stands in docs/recipe.md, and every option in its one place."""
    text = (ROOT / "docs/recipe.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_.]+)`", text))
    assert set(SourceConfig.model_fields) <= named
    assert set(Options.model_fields) - {"connect"} <= named
    assert {f"connect.{name}" for name in ConnectOptions.model_fields} <= named


def test_links_lead_somewhere():
    """Relative links of the documentation lead to files."""
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#|data:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_make_targets_of_ci_exist():
    """Every target that CI runs is in the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    ours = re.findall(r"(?m)^make ([a-z-]+)", (ROOT / ".ci/run").read_text(encoding="utf-8"))
    theirs = workflow["jobs"]["rest"]["strategy"]["matrix"]["target"]
    assert {"test", "lint", "package", "lowest"} <= set(ours)
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
