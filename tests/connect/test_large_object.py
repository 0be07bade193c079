"""An object of a megabyte is kept as text; it holds what the same object holds when it is parsed at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kc_lineage_dagster.connect.answers import RepeatedKeys, parse_json
from kc_lineage_dagster.connect.large_object import LargeObject, parse_answer

PADDING = b" " * (1 << 20)  # white space may follow a document, so every document can be large
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda one: st.lists(one) | st.dictionaries(st.text(), one),
)


def outcome(parse: Any, raw: bytes) -> Any:
    """Return what a parser makes of a document, in a form that tells which names were repeated."""
    try:
        found = parse(raw)
    except ValueError:
        return "no document"
    if isinstance(found, (LargeObject, RepeatedKeys)):
        return {"members": list(found.items()), "repeated": found.repeated}
    return {"members": list(found.items()), "repeated": frozenset()} if isinstance(found, dict) else [found]


@given(st.dictionaries(st.text(), values), st.sampled_from([None, 1]))
def test_a_large_object_has_the_members_of_the_parsed_one(held: dict[str, Any], indent: int | None) -> None:
    """Whatever they are: the same values by the same names in the same order."""
    raw = json.dumps(held, indent=indent, ensure_ascii=False).encode("utf-8", "surrogatepass")
    assert isinstance(parse_answer(raw + PADDING), LargeObject) == bool(held)
    assert repr(outcome(parse_answer, raw + PADDING)) == repr(outcome(parse_json, raw))


@given(st.dictionaries(st.text(), values, min_size=1), st.data())
def test_a_damaged_document_is_refused_as_a_small_one_is(held: dict[str, Any], data: st.DataObject) -> None:
    """A character more, less or other anywhere: the large document is what the small one is, or no document either."""
    text = json.dumps(held)
    at = data.draw(st.integers(0, len(text)))
    more = data.draw(st.sampled_from(["", "}", "{", ",", '"', "1", "\ufeff", "\x00", "\u00a0"]))
    raw = (text[:at] + more + text[at + data.draw(st.integers(0, 2)) :]).encode()
    assert repr(outcome(parse_answer, raw + PADDING)) == repr(outcome(parse_json, raw))


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a": 1, "b": 2, "a": 3}',
        b'{"a": NaN, "b": {"c": 1, "c": 2}}',
        b'{"n": ' + b"1" * 2000 + b"}",
        b"[1, 2]",
        b"",
        b'{"deep": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        '{"utf-16": 1}'.encode("utf-16"),
        b'{"bytes": "\xff"}',
        b'\xef\xbb\xbf{"mark": 1}',
    ],
    ids=["repeated", "constants", "long number", "list", "empty", "deep", "UTF-16", "no UTF-8", "byte order mark"],
)
def test_odd_documents_are_what_small_ones_are(raw: bytes) -> None:
    assert repr(outcome(parse_answer, raw + PADDING)) == repr(outcome(parse_json, raw + PADDING))


def test_a_name_that_is_not_there() -> None:
    found = parse_answer(b'{"a": 1}' + PADDING)
    assert "b" not in found
    assert found.get("b") is None
    assert found["a"] == 1
