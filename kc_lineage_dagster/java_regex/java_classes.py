"""Java's bracketed character classes: unions, intersections, nesting.

Source: java.util.regex.Pattern, "Character classes", as Java 9 and later read them (``^`` negates the whole class).
What versions read differently (white space in comments mode, ``&&`` with nothing or with a mixture to its right) is
refused.
"""

from __future__ import annotations

from kc_lineage_dagster.java_regex.charset import CharSet, intersect, negate, union
from kc_lineage_dagster.java_regex.cursor import Cursor
from kc_lineage_dagster.java_regex.java_escapes import escaped_point, escaped_set, one_with_case, range_with_case
from kc_lineage_dagster.java_regex.nodes import NotTranslated


def char_class(cursor: Cursor) -> CharSet:
    """Return the set of the class at the opening bracket.

    >>> from kc_lineage_dagster.java_regex.charset import chars
    >>> char_class(Cursor("[a-d&&[^b]]")) == chars("acd")
    True
    """
    cursor.enter()
    cursor.accept("[")
    negated = cursor.accept("^")
    found = _union(cursor)
    cursor.accept("]")
    cursor.depth -= 1
    return negate(found) if negated else found


def _union(cursor: Cursor) -> CharSet:
    """Return the set up to the closing bracket, which stays."""
    parts: list[CharSet] = []
    while not (parts and _next(cursor) == "]"):
        if cursor.accept("&&"):
            right = _right_side(cursor)
            parts = [intersect(union(parts), right) if parts else right]
        elif _next(cursor) == "[":
            parts.append(char_class(cursor))
        else:
            parts.append(_range(cursor))
    return union(parts)


def _next(cursor: Cursor) -> str:
    char = cursor.text[cursor.pos : cursor.pos + 1]
    if not char:
        raise NotTranslated("Unclosed character class")
    if "x" in cursor.flags and char in " \t\n\x0b\f\r#":
        raise NotTranslated("white space in a character class in comments mode")
    return char


def _right_side(cursor: Cursor) -> CharSet:
    if _next(cursor) in "]&":
        raise NotTranslated("&& with nothing to its right in a character class")
    if _next(cursor) != "[":
        return _union(cursor)
    parts: list[CharSet] = []
    while _next(cursor) == "[":
        parts.append(char_class(cursor))
    if _next(cursor) != "]" and not cursor.text.startswith("&&", cursor.pos):
        raise NotTranslated("&& with both nested and plain members to its right in a character class")
    return union(parts)


def _range(cursor: Cursor) -> CharSet:
    low = _member(cursor)
    if not isinstance(low, int):
        return low
    following = cursor.text[cursor.pos + 1 : cursor.pos + 2]
    if _next(cursor) != "-" or following in ("[", "]"):
        return one_with_case(low, cursor.flags)
    cursor.take()
    _next(cursor)
    high = _member(cursor)
    if not isinstance(high, int) or high < low:
        raise NotTranslated("Illegal character range")
    return range_with_case(low, high, cursor.flags)


def _member(cursor: Cursor) -> int | CharSet:
    char = cursor.take()
    if char != "\\":
        return ord(char)
    letter = cursor.take()
    if letter == "v" and "-" in (
        cursor.text[cursor.pos : cursor.pos + 1],
        cursor.text[cursor.pos - 3 : cursor.pos - 2],
    ):
        raise NotTranslated("\\v at the end of a range")
    found = escaped_set(cursor, letter) if letter else None
    return escaped_point(cursor, letter) if found is None else found
