"""Laws of naming: what a connector names is read back, whatever the strategy and the names."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from kc_lineage_dagster.derive.readers.debezium_naming import DebeziumNaming, escaped, sanitised, unescaped
from kc_lineage_dagster.derive.readers.templates import Variable, filled, readings
from tests.tries import tries

LAYOUTS = [(("table",),), (("schema", "table"),), (("database", "schema", "table"),)]
NAMES = st.text(st.sampled_from("abZ09_-. #é中😀"), min_size=1, max_size=8).filter(str.strip)
TABLES = st.fixed_dictionaries(dict.fromkeys(("database", "schema", "table"), NAMES))
NAMINGS = st.builds(
    DebeziumNaming,
    prefix=st.sampled_from(["pg", "shop-eu", "a.b"]),
    delimiter=st.sampled_from([".", "-", "_"]),
    layouts=st.sampled_from(LAYOUTS),
)
QUICK = tries(100)


@QUICK
@given(NAMINGS, TABLES)
def test_a_table_is_among_the_ways_to_read_its_topic(naming, table):
    told = {part: sanitised(table[part]) for part in naming.layouts[0]}
    ways = naming.ways(naming.topic(table), ())
    assert any(way == told for tier in ways for way in tier)


@QUICK
@given(NAMINGS.map(lambda naming: replace(naming, escaped=True, delimiter=".")), TABLES)
def test_the_unicode_strategy_loses_nothing(naming, table):
    told = {part: table[part] for part in naming.layouts[0]}
    ways = naming.ways(naming.topic(table), ())
    assert any(way == told for tier in ways for way in tier)


@QUICK
@given(NAMES)
def test_sanitising_twice_changes_nothing_more(name):
    assert sanitised(sanitised(name)) == sanitised(name)


@QUICK
@given(NAMES)
def test_an_escaped_name_is_among_its_readings(name):
    assert name in unescaped(escaped(name))


@QUICK
@given(st.fixed_dictionaries({"a": NAMES, "b": NAMES}), st.sampled_from([".", "-", "x"]))
def test_a_filled_template_is_read_back(values, between):
    template = ("t", Variable("a", dots=True), between, Variable("b", dots=True))
    assert values in readings(template, filled(template, values))
