"""What a catalogue decides: edges that the configuration and the cluster alone leave open."""

from pathlib import Path

import pytest

from tests.examples import Example, read_examples

EXAMPLES = read_examples(Path(__file__).with_name("catalog.txt"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title[:70])
def test_example(example: Example):
    example.check()


def test_the_evidence_says_so():
    """An edge that only the catalogue decides names it; one that is known without it does not."""
    merged = next(example for example in EXAMPLES if example.title.startswith("shards that a router merges"))
    evidence = {str(edge.upstream): edge.evidence for edge in merged.run().edges}
    assert evidence["postgres:shop.sales.orders_shard_1"] == "configuration, catalogue, active topics"
