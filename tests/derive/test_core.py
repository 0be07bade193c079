"""What derivation decides itself, whatever the family: evidence, doubts, unknown classes and transforms."""

from pathlib import Path

import pytest

from tests.examples import Example, read_examples

EXAMPLES = read_examples(Path(__file__).with_name("core.txt"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title[:70])
def test_example(example: Example):
    example.check()
