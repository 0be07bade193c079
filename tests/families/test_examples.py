"""Every example of every family derives exactly the lineage it states."""

import ast
from pathlib import Path

import pytest

from kc_lineage_dagster.derive.registry import registry
from tests.examples import Example, read_examples

HERE = Path(__file__).parent
FAMILIES = sorted((HERE.parents[1] / "kc_lineage_dagster/derive/families").glob("[a-z]*.py"))
EXAMPLES = [example for path in sorted(HERE.glob("*.txt")) for example in read_examples(path)]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.where} {example.title[:60]}")
def test_example(example: Example):
    example.check()


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
