"""Lists of regular expressions: what they select, and which names they spell out."""

import pytest

from kc_lineage_dagster.derive.readers.name_lists import comma_separated, name_list
from kc_lineage_dagster.java_regex import Refused


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
