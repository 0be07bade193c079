"""Lists of regular expressions: what they select, and which names they spell out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kc_lineage_dagster.derive.readers.name_lists import comma_separated, name_list
from kc_lineage_dagster.java_regex import Refused, compile_java
from tests.tries import tries


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("a.b , c.d,", ("a.b", "c.d")),
        (r"a\.b{1\,2},c", (r"a\.b{1,2}", "c")),
        (" , ", ()),
        (None, ()),
    ],
)
def test_a_backslash_keeps_a_comma_inside_its_entry(text, entries):
    assert comma_separated(text) == entries


@pytest.mark.parametrize(
    ("entry", "names"),
    [
        ("public.users", ("public.users",)),
        (r"^public\.users$", ("public.users",)),
        (r"public[.](a|b)", ("public.a", "public.b")),
        (r"public\.t_\d", ()),
        (r"public\.t[0-9]", ()),
        (r"public\.users?", ()),
        (r"public\..*", ()),
        (r"Mixed-Case\.Order Lines", ("Mixed-Case.Order Lines",)),
    ],
)
def test_only_entries_that_spell_names_out_name_tables(entry, names):
    assert name_list([entry], 1).names == names


@pytest.mark.parametrize(
    ("entry", "name", "selected"),
    [
        ("dbo.customers", "dbo.customers", True),
        ("dbo.customers", "DBO.Customers", True),
        ("dbo.customers", "dbo.customers2", False),
        ("public.a.b", "public.aXb", True),
        (r"public\.a\.b", "public.aXb", False),
        ("public.*", "publicity.x", True),
        (r"(a|b)\.t", "b.t", True),
        (r"(s)\.\1", "s.s", True),
    ],
)
def test_an_entry_matches_a_whole_name_in_any_case(entry, name, selected):
    assert name_list([entry, r"never\.this"], 1).selects(name) is selected


def test_an_entry_that_cannot_be_read_leaves_undecided_what_no_other_selects():
    names = name_list(["public.users", "(broken"], 1)
    assert names.selects("public.users") is True
    assert isinstance(names.selects("public.orders"), Refused)


@pytest.mark.slow
def test_patterns_that_are_too_long_together_become_a_few_regular_expressions():
    """Names are found whichever of the expressions they are in, and a pattern that is refused hides no other."""
    long = "_" * 800
    names = name_list([*(rf"public\.{long}{number}_.*" for number in range(60)), "(broken"], 1)
    assert [names.selects(f"public.{long}{number}_a") for number in (0, 30, 59)] == [True] * 3
    assert isinstance(names.selects(f"public.{long}60_a"), Refused)
    assert 1 < len(names.regexes) < 5


def test_case_counts_where_the_connector_says_so():
    names = name_list(["orders", "eu-.*"], ignore_case=False)
    assert [names.selects(name) for name in ("orders", "Orders", "eu-x", "EU-x")] == [True, False, True, False]


@pytest.mark.parametrize(
    ("entries", "beginnings"),
    [
        ([r"sales\.orders.*", "crm.accounts"], (("crm",), ("sales",))),
        (["public.*"], (("public",),)),
        ([r".*\.orders"], ((),)),
    ],
)
def test_an_entry_tells_what_all_its_names_begin_with(entries, beginnings):
    assert name_list(entries, 1).beginnings == beginnings


@tries(200)
@given(
    st.lists(st.lists(st.sampled_from(["a", "A", "ß", ".", r"\."]), min_size=1, max_size=2), max_size=9),
    st.text("aAßẞ.\n", min_size=1, max_size=2),
)
def test_entries_with_dots_select_what_their_regular_expressions_match(entries, name):
    texts = ["".join(signs) for signs in entries]
    expected = any(compile_java(text, ignore_case=True).matches(name) for text in texts)
    assert (name_list(["nothing else", *texts]).selects(name)) is expected
