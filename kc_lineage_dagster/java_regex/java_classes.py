"""Java's bracketed character classes: unions, intersections, nesting.

Source: java.util.regex.Pattern, "Character classes", as Java 9 and later read them (``^`` negates the whole class).
What versions read differently (white space in comments mode, ``&&`` with nothing or with a mixture to its right) is
refused.
"""

from __future__ import annotations

from kc_lineage_dagster.java_regex.charset import CharSet, intersect, negate, union
from kc_lineage_dagster.java_regex.java_escapes import escaped_point, escaped_set, one_with_case, range_with_case
from kc_lineage_dagster.java_regex.nodes import NotTranslated
from kc_lineage_dagster.java_regex.scanner import Scanner


def char_class(scanner: Scanner) -> CharSet:
    """Return the set of the class at the opening bracket.

    >>> from kc_lineage_dagster.java_regex.charset import chars
    >>> char_class(Scanner("[a-d&&[^b]]")) == chars("acd")
    True
    """
    scanner.enter()
    scanner.accept("[")
    negated = scanner.accept("^")
    found = _union(scanner)
    scanner.accept("]")
    scanner.depth -= 1
    return negate(found) if negated else found


def _union(scanner: Scanner) -> CharSet:
    """Return the set up to the closing bracket, which stays."""
    parts: list[CharSet] = []
    while not (parts and _next(scanner) == "]"):
        if scanner.accept("&&"):
            right = _right_side(scanner)
            parts = [intersect(union(parts), right) if parts else right]
        elif _next(scanner) == "[":
            parts.append(char_class(scanner))
        else:
            parts.append(_range(scanner))
    return union(parts)


def _next(scanner: Scanner) -> str:
    char = scanner.text[scanner.pos : scanner.pos + 1]
    if not char:
        raise NotTranslated("Unclosed character class")
    if "x" in scanner.flags and char in " \t\n\x0b\f\r#":
        raise NotTranslated("white space in a character class in comments mode")
    return char


def _right_side(scanner: Scanner) -> CharSet:
    if _next(scanner) in "]&":
        raise NotTranslated("&& with nothing to its right in a character class")
    if _next(scanner) != "[":
        return _union(scanner)
    parts: list[CharSet] = []
    while _next(scanner) == "[":
        parts.append(char_class(scanner))
    if _next(scanner) != "]" and not scanner.text.startswith("&&", scanner.pos):
        raise NotTranslated("&& with both nested and plain members to its right in a character class")
    return union(parts)


def _range(scanner: Scanner) -> CharSet:
    low = _member(scanner)
    if not isinstance(low, int):
        return low
    following = scanner.text[scanner.pos + 1 : scanner.pos + 2]
    if _next(scanner) != "-" or following in ("[", "]"):
        return one_with_case(low, scanner.flags)
    scanner.take()
    _next(scanner)
    high = _member(scanner)
    if not isinstance(high, int) or high < low:
        raise NotTranslated("Illegal character range")
    return range_with_case(low, high, scanner.flags)


def _member(scanner: Scanner) -> int | CharSet:
    char = scanner.take()
    if char != "\\":
        return ord(char)
    letter = scanner.take()
    if letter == "v" and "-" in (
        scanner.text[scanner.pos : scanner.pos + 1],
        scanner.text[scanner.pos - 3 : scanner.pos - 2],
    ):
        raise NotTranslated("\\v at the end of a range")
    found = escaped_set(scanner, letter) if letter else None
    return escaped_point(scanner, letter) if found is None else found
