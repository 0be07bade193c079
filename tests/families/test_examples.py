"""Every example of every family derives exactly the lineage it states."""

import ast
from pathlib import Path

import pytest

from kc_lineage_dagster.derive.registry import registry
from tests.examples import failures, read_examples

HERE = Path(__file__).parent
FAMILIES = sorted((HERE.parents[1] / "kc_lineage_dagster/derive/families").glob("[a-z]*.py"))


@pytest.mark.parametrize("path", sorted(HERE.glob("*.txt")), ids=lambda path: path.stem)
def test_examples(path: Path):
    """What fails is told by the line where it begins in the file, its title, and the lines that differ."""
    assert not (wrong := failures(read_examples(path))), "\n\n".join(wrong)


def test_every_family_has_examples():
    """A family without a file of examples of the same name is not finished."""
    assert {path.stem for path in FAMILIES} == {path.stem for path in HERE.glob("*.txt")}


@pytest.mark.parametrize("path", FAMILIES, ids=lambda path: path.stem)
def test_every_family_says_what_is_copied_and_by_which_source(path: Path):
    """A module of families begins with what is copied from where to where, and ends with the source of the rule."""
    first, *_, last = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n\n")
    assert first.endswith(".")
    assert last.startswith("Source:")


def test_registry_loads():
    """No class is claimed by two families."""
    assert registry().families
