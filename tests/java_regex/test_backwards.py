"""What patterns can match, and RegexRouter read backwards."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kc_lineage_dagster.java_regex import (
    Hole,
    JavaRegex,
    Preimage,
    compile_java,
    complete,
    enumerate_language,
    literal_prefix,
    matches_pattern,
    preimages,
)
from tests.tries import tries


@pytest.mark.parametrize(
    ("pattern", "language"),
    [
        (r"dbo\.(invoices|staff)", {"dbo.invoices", "dbo.staff"}),
        ("a[bc]?", {"a", "ab", "ac"}),
        ("(?!x)[xy]{1,2}", {"y", "yx", "yy"}),
        ("(?i)ab", {"ab", "aB", "Ab", "AB"}),
        (r"\Qa.b\E", {"a.b"}),
        ("", {""}),
        ("[a&&b]", set()),
        ("public.users", None),
        ("a*", None),
        (r"(a)\1", None),
        (r"\d{4}", None),
        ("(", None),
    ],
)
def test_finite_patterns_are_listed(pattern, language):
    """All texts of a finite pattern; None for endless, too many, or not understood."""
    assert enumerate_language(pattern) == (None if language is None else frozenset(language))


@pytest.mark.parametrize(
    ("pattern", "language"),
    [
        ("public.users|public.orders", {"public.users", "public.orders"}),
        (r"(db.)?users\.", {"db.users.", "users."}),
        ("public.*", None),
        ("public.+", None),
        ("(.)?a", None),
        ("a.{3}", None),
        ("a.?", None),
        ("[.]x", {".x"}),
    ],
)
def test_dots_of_include_lists_stand_for_themselves(pattern, language):
    """People write `public.users` and mean the dot; a repeated dot is never meant that way."""
    assert enumerate_language(pattern, literal_dot=True) == (None if language is None else frozenset(language))


def test_the_limit_is_on_the_number_of_texts():
    """A pattern of more texts than asked for is as good as endless."""
    assert len(enumerate_language("[ab]{3}", limit=8) or ()) == 8
    assert enumerate_language("[ab]{3}", limit=7) is None


@pytest.mark.parametrize(
    ("pattern", "prefix", "with_dots"),
    [
        (r"inventory\..*", "inventory.", "inventory."),
        (r"inventory\.(orders|order_items)", "inventory.order", "inventory.order"),
        ("public.users", "public", "public.users"),
        ("(ab)+c", "ab", "ab"),
        ("a(b|)b", "ab", "ab"),
        ("(?i)shop", "", ""),
        ("x?y", "", ""),
        ("(", "", ""),
    ],
)
def test_prefixes_are_what_every_match_begins_with(pattern, prefix, with_dots):
    """The longest text every match begins with; alternatives share what they have in common."""
    assert (literal_prefix(pattern), literal_prefix(pattern, literal_dot=True)) == (prefix, with_dots)


H = Hole


@pytest.mark.parametrize(
    ("pattern", "replacement", "output", "found"),
    [
        (r"shop-eu\.sales\.(.*)", "eu_$1", "eu_orders", [("shop-eu.sales.orders",)]),
        (r"shop-eu\.sales\.(.*)", "eu_$1", "us_orders", []),
        (r"([^.]+)\.([^.]+)\.([^.]+)", "$3", "orders", [(H("[^.]+"), ".", H("[^.]+"), ".orders")]),
        (r"srv\.(inventory|sales)\.(.*)", "$2", "o", [("srv.inventory.o",), ("srv.sales.o",)]),
        (r"srv\.(inventory|sales)\.(.*)", "$1_$2", "sales_o", [("srv.sales.o",)]),
        (r"(\w+)-(\w+)", "$1.$1", "a.a", [("a-", H("\\w+"))]),
        (r"(\w+)-(\w+)", "$1.$1", "a.b", []),
        ("(a+)-(a*)", "$1$2", "aaa", [("a-aa",), ("aa-a",), ("aaa-",)]),
        ("(?:(prod)|(dev))-(.*)", "$1$3", "x", [("dev-x",)]),
        (r"(.*)(_v\d)?", "$1", "o", [("o",)]),
        (r"(?:[^.]*+\.){2}(.*)", "${0}$1", "o", None),
        (r"(?:[^.]*+\.){2}(.*)", "$1", "o", [(H("(?:[^.]*\\.){2}"), "o")]),
        (r"(.*)\.(.*)", "$2", "b.c", []),
        (r"(.*)_(.*)", "$1", "a", [("a_", H("(?:(?![\\_]).)*"))]),
        ("a|ab", "X", "Xb", [("ab",)]),
        ("(.*)", "$0_x", "a_x", [("a",)]),
        (".*", "all", "all", [(H(".*"),)]),
        (r"(.*?)\.(.*?)", "$1", "a", None),
        (r"(.*)\1", "$1", "a", None),
        ("(a)*x(.*)", "$1$2", "y", None),
        ("(?=.*x)(.*)", "$1", "x", None),
        ("(.*)", "$2", "a", None),
    ],
)
def test_routers_are_read_backwards(pattern, replacement, output, found):
    """All inputs of an output; a hole where the router lost text; None when the pattern is not understood backwards."""
    assert preimages(pattern, replacement, output) == (None if found is None else tuple(found))


def test_too_many_inputs_are_none():
    """More than 200 inputs are told as None, because so many decide nothing."""
    assert len(preimages("(a*)(a*)", "$1$2", "a" * 50) or ()) == 1
    assert preimages("(a*)-(a*)", "$1$2", "a" * 300) is None


THREE: Preimage = (H("[^.]+"), ".", H("[^.]+"), ".orders")


@pytest.mark.parametrize(
    ("parts", "head", "texts"),
    [
        (THREE, "shop.inventory.", ("shop.inventory.orders",)),
        (THREE, "shop.inventory", ("shop.inventory.orders",)),
        (THREE, "shop.inventory.ord", ("shop.inventory.orders",)),
        (THREE, "shop.", ()),
        (THREE, "shop.inventory.users", ()),
        ((H(".*"), ".orders"), "shop.inventory.", ("shop.inventory.orders",)),
        (("shop.orders",), "shop.", ("shop.orders",)),
        (("shop.orders",), "crm.", ()),
        (("a_", H(".*")), "a_", ()),
    ],
)
def test_a_known_beginning_completes_what_is_left(parts, head, texts):
    """When the beginning covers all holes, the rest is known."""
    assert complete(parts, head) == texts


def test_texts_fit_literals_and_holes():
    """A hole takes what its pattern matches, a literal only itself."""
    assert matches_pattern(THREE, "a.b.orders")
    assert not matches_pattern(THREE, "a.b.c.orders")
    assert not matches_pattern(("a.b",), "axb")
    assert not matches_pattern((H("("),), "x")


ATOMS = [
    "a",
    "b",
    "\\.",
    "[^.]+",
    ".*",
    "(.*)",
    "([^.]+)",
    "(.+)",
    "(a|b)",
    "(a|ab)",
    "(?:a|b\\.)",
    "([ab]*)",
    "(b)?",
    "(?:\\.(a))?",
    "[ab]",
    ".*?",
    "(.*?)",
    "(a*+)",
    "(?:[^.]*\\.){2}",
    "((a)b)",
    "$",
]
PATTERNS = st.lists(st.sampled_from(ATOMS), min_size=1, max_size=4).map("".join)
REPLACEMENTS = st.lists(st.sampled_from(["$0", "$1", "$2", "a", "."]), max_size=3).map("".join)
INPUTS = ["".join(letters) for length in range(6) for letters in product("ab.", repeat=length)]


def routed(router: JavaRegex, replacement: str) -> dict[str, object]:
    return {text: router.replace_first(text, replacement) for text in INPUTS if router.matches(text) is True}


@tries(60)
@given(PATTERNS, REPLACEMENTS, st.data())
def test_reading_backwards_undoes_routing(pattern, replacement, data):
    """Whatever fits an answer becomes the output; without narrowed holes, whatever becomes the output fits one."""
    router = compile_java(pattern)
    assert isinstance(router, JavaRegex)
    forwards = routed(router, replacement)
    outputs = sorted({output for output in forwards.values() if isinstance(output, str)})
    assume(outputs)
    output = data.draw(st.sampled_from(outputs))
    found = preimages(pattern, replacement, output)
    assume(found is not None)
    fitting = {text for text in INPUTS if any(matches_pattern(parts, text) for parts in found)}
    assert {forwards.get(text) for text in fitting} <= {output}
    if "(?!" not in repr(found):
        assert fitting == {text for text, other in forwards.items() if other == output}


@tries(60)
@given(st.lists(st.sampled_from([*ATOMS, "a?", "[ab]{1,2}", "|", "b{2}", "(?!b)"]), max_size=5).map("".join))
def test_languages_and_prefixes_hold(pattern):
    """Listed texts match, no other does, and every match begins with the prefix."""
    compiled = compile_java(pattern)
    assume(isinstance(compiled, JavaRegex))
    matching = {text for text in INPUTS if compiled.matches(text) is True}
    assert all(text.startswith(literal_prefix(pattern)) for text in matching)
    language = enumerate_language(pattern)
    if language is not None:
        assert all(compiled.matches(text) is True for text in language)
        assert matching == language & set(INPUTS)
