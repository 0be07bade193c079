"""Every example of every family derives exactly the lineage it states."""

from pathlib import Path

import pytest

from kc_lineage_dagster.derive.registry import registry
from tests.examples import Example, read_examples

HERE = Path(__file__).parent
EXAMPLES = [example for path in sorted(HERE.glob("*.txt")) for example in read_examples(path)]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.where} {example.title[:60]}")
def test_example(example: Example):
    example.check()


def test_every_family_has_examples():
    """A family without a file of examples of the same name is not finished."""
    modules = {path.stem for path in (HERE.parents[1] / "kc_lineage_dagster/derive/families").glob("[a-z]*.py")}
    assert modules == {path.stem for path in HERE.glob("*.txt")}


def test_registry_loads():
    """No class is claimed by two families."""
    assert registry().families
