"""Sets of characters: what is asked of many characters at once is what is asked of each."""

from hypothesis import given
from hypothesis import strategies as st

from kc_lineage_dagster.java_regex.charset import Prop, among, contains, negate, ranges, union
from tests.tries import tries

POINTS = st.integers(0x60, 0x70)
PAIRS = st.tuples(POINTS, POINTS).map(lambda pair: (min(pair), max(pair)))
SETS = st.lists(PAIRS, max_size=3).map(lambda pairs: ranges(*pairs))


@tries(200)
@given(
    SETS | SETS.map(negate) | SETS.map(lambda some: union((some, Prop(r"\p{Lu}")))),
    st.sets(st.characters(), max_size=9),
)
def test_characters_among_many_are_those_that_a_set_contains(some, others):
    chars = sorted({*map(chr, range(0x5F, 0x72)), *others})
    assert among(some, chars) == {char for char in chars if contains(some, char)}
