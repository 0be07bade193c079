"""Java's bracketed character classes: unions, intersections, nesting.

Source: java.util.regex.Pattern, "Character classes", as Java 9 and later read them (``^`` negates the whole class).
What versions read differently (white space in comments mode, ``&&`` with nothing or with a mixture to its right) is
refused.
"""

from __future__ import annotations

from kc_lineage_dagster.java_regex.charset import CharSet, intersect, negate, union
from kc_lineage_dagster.java_regex.java_escapes import escaped_point, escaped_set, one_with_case, range_with_case
from kc_lineage_dagster.java_regex.nodes import NotTranslated
from kc_lineage_dagster.java_regex.parser_state import State


def char_class(state: State) -> CharSet:
    """Return the set of the class at the opening bracket."""
    state.enter()
    state.accept("[")
    negated = state.accept("^")
    found = _union(state)
    state.accept("]")
    state.depth -= 1
    return negate(found) if negated else found


def _union(state: State) -> CharSet:
    """Return the set up to the closing bracket, which stays."""
    parts: list[CharSet] = []
    while not (parts and _next(state) == "]"):
        if state.accept("&&"):
            right = _right_side(state)
            parts = [intersect(union(parts), right) if parts else right]
        elif _next(state) == "[":
            parts.append(char_class(state))
        else:
            parts.append(_range(state))
    return union(parts)


def _next(state: State) -> str:
    char = state.text[state.pos : state.pos + 1]
    if not char:
        raise NotTranslated("Unclosed character class")
    if "x" in state.flags and char in " \t\n\x0b\f\r#":
        raise NotTranslated("white space in a character class in comments mode")
    return char


def _right_side(state: State) -> CharSet:
    if _next(state) in "]&":
        raise NotTranslated("&& with nothing to its right in a character class")
    if _next(state) != "[":
        return _union(state)
    parts: list[CharSet] = []
    while _next(state) == "[":
        parts.append(char_class(state))
    if _next(state) != "]" and not state.text.startswith("&&", state.pos):
        raise NotTranslated("&& with both nested and plain members to its right in a character class")
    return union(parts)


def _range(state: State) -> CharSet:
    low = _member(state)
    if not isinstance(low, int):
        return low
    following = state.text[state.pos + 1 : state.pos + 2]
    if _next(state) != "-" or following in ("[", "]"):
        return one_with_case(low, state.flags)
    state.take()
    _next(state)
    high = _member(state)
    if not isinstance(high, int) or high < low:
        raise NotTranslated("Illegal character range")
    return range_with_case(low, high, state.flags)


def _member(state: State) -> int | CharSet:
    char = state.take()
    if char != "\\":
        return ord(char)
    letter = state.take()
    if letter == "v" and "-" in (state.text[state.pos : state.pos + 1], state.text[state.pos - 3 : state.pos - 2]):
        raise NotTranslated("\\v at the end of a range")
    found = escaped_set(state, letter) if letter else None
    return escaped_point(state, letter) if found is None else found
