"""Laws of the keys that are said to have decided lineage: the others decide nothing, and nothing else is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import assume, given
from hypothesis import strategies as st

from kc_lineage_dagster.connect.snapshot import Connector
from kc_lineage_dagster.derive.settings import Settings
from kc_lineage_dagster.lineage import ConnectorLineage
from kc_lineage_dagster.run.derivation import deriving
from kc_lineage_dagster.state import codec
from tests.examples import Example, read_examples
from tests.properties.test_clusters import EVERY
from tests.tries import tries

TESTS = Path(__file__).resolve().parents[1]
EXAMPLES = [one for path in sorted(TESTS.glob("*/*.txt")) for one in read_examples(path)]
# what every connector may have, and what looks like keys that decide
BYSTANDERS = {
    "tasks.max": "3",
    "errors.tolerance": "all",
    "consumer.override.max.poll.records": "10",
    "connection.attempts": "3",
    "connection.password": "<redacted>",
    "transforms.unused.type": "org.apache.kafka.connect.transforms.RegexRouter",
    "column.nothing": "x",
    "filters.unused.type": "x",
    "topic.unused": "x",
}
values = st.sampled_from(["", "x", "true", "a.b", "kafka", "shop.public.users"]) | st.text("ab.,:*0", max_size=6)


def both(found: ConnectorLineage) -> tuple[ConnectorLineage, tuple[str, ...]]:
    """Everything that lineage says; the keys take no part when it is compared."""
    return found, found.decided_by


@tries(1500, quick=60)
@given(st.sampled_from(EXAMPLES), st.data())
def test_a_key_that_is_not_named_decides_nothing(example: Example, data: st.DataObject):
    """Whatever the family: to remove or to change keys that are not named leaves lineage as it is, edge by edge, column
    by column, word by word.
    """
    example = replace(example, config={**BYSTANDERS, **example.config})
    before = example.run()
    assume(before.trace is None)
    others = sorted(example.config.keys() - {*before.decided_by, "connector.class", "name"})
    changed = data.draw(st.dictionaries(st.sampled_from(others), st.none() | values, min_size=1, max_size=len(others)))
    kept = {key: value for key, value in {**example.config, **changed}.items() if value is not None}
    assert both(replace(example, config=kept).run()) == both(before)


@tries(400)
@given(st.sampled_from(EXAMPLES))
def test_only_keys_that_are_there_are_named(example: Example):
    """Each is a key of the configuration, none of them says how the connector runs, and their order is always one."""
    found = replace(example, config={**BYSTANDERS, **example.config}).run()
    assert set(found.decided_by) <= example.config.keys() - {"connector.class"}
    assert list(found.decided_by) == sorted(set(found.decided_by))
    assert found.decided_by == example.run().decided_by


@tries(400)
@given(st.sampled_from(EXAMPLES))
def test_lineage_is_decided_by_the_named_keys_alone(example: Example):
    """A connector with nothing but its class and the named keys has the same lineage."""
    before = example.run()
    named = {*before.decided_by, "connector.class", "name"}
    only = {key: value for key, value in example.config.items() if key in named}
    assert both(replace(example, config=only).run()) == both(before)


@tries(150)
@given(st.lists(st.sampled_from(EVERY), min_size=1, max_size=12, unique_by=lambda one: one.name), st.randoms())
def test_among_other_connectors_too_a_key_that_is_not_named_decides_nothing(connectors: list[Connector], random):
    """In a whole cluster, where connectors tell each other of topics and columns, a connector whose other keys are gone
    has the same lineage.
    """
    before = lineages(connectors)
    one = random.choice(connectors)
    named = {*before[one.name].decided_by, "connector.class", "name"}
    changed = replace(one, config={key: value for key, value in one.config.items() if key in named})
    after = lineages([changed if other is one else other for other in connectors])
    assert both(after[one.name]) == both(before[one.name])


@tries(20)
@given(st.lists(st.sampled_from(EVERY), min_size=1, max_size=6, unique_by=lambda one: one.name))
def test_the_keys_stay_through_the_state(connectors: list[Connector]):
    """What is written to the state and read again names the same keys; of lineage that an older release wrote, none."""
    for found in lineages(connectors).values():
        document = codec.lineages().dump(found)
        loaded = codec.lineages().load(document)
        assert loaded is not None
        assert both(loaded) == both(found)
        older = codec.lineages().load(codec.lineages().dump(replace(found, decided_by=())))
        assert older == found


def lineages(connectors: list[Connector]) -> dict[str, ConnectorLineage]:
    derived = deriving(connectors, Settings())
    return {one.name: derived(one) for one in connectors}
