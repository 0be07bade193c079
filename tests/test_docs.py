"""What is written about the project is what it does."""

from __future__ import annotations

import re
from pathlib import Path

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


def test_make_targets_of_the_readme_exist():
    """Every make target the README names is in the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"\bmake ([a-z]+)\b", (ROOT / "README.md").read_text(encoding="utf-8")):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
