"""The dialect of RE2/J (com.google.re2j), which some connectors use: its atoms, classes, modes and flags.

Source: the syntax page of RE2 (github.com/google/re2/wiki/Syntax) and com.google.re2j.Parser: no back references, no
lookaround, no possessive or atomic parts; ``(?U)`` swaps greedy and lazy.
"""

from __future__ import annotations

import string

from kc_lineage_dagster.java_regex import properties
from kc_lineage_dagster.java_regex.charset import ANYTHING, CharSet, Ranges, chars, negate, union
from kc_lineage_dagster.java_regex.cursor import Cursor
from kc_lineage_dagster.java_regex.lettercase import either_case_ascii
from kc_lineage_dagster.java_regex.nodes import Anchor, Char, Mode, Node, NotTranslated, Parsed
from kc_lineage_dagster.java_regex.parser import Dialect, parse, quantifier

_BAD_ESCAPE = "invalid escape sequence"
_CONTROLS = {"a": 7, "f": 0x0C, "n": 0x0A, "r": 0x0D, "t": 9, "v": 0x0B}
_SETS: dict[str, CharSet] = {
    "d": properties.DIGIT,
    "s": chars(" \t\n\f\r"),
    "w": properties.WORD,
}
_POSIX: dict[str, CharSet] = {
    **{name.lower(): members for name, members in properties.POSIX.items()},
    "word": properties.WORD,
}
_DOT = negate(chars("\n"))
_PLACES = {"A": "begin", "z": "end", "b": "word", "B": "not_word"}
_ENDS = {
    ("^", False): "begin",
    ("$", False): "end",
    ("^", True): "re2_line_begin",
    ("$", True): "unix_line_end",
}
_NAME = string.ascii_letters + string.digits + "_"


def parse_re2(pattern: str) -> Parsed:
    """Return the tree of an RE2/J pattern; raises NotTranslated.

    >>> parse_re2("(?P<schema>.+)[.]orders").names
    (('schema', 1),)
    """
    return parse(pattern, RE2)


def _atom(cursor: Cursor, char: str) -> Node:
    start = cursor.pos
    if char == "[":
        return Char(_class(cursor), cursor.source(start))
    if quantifier(cursor, RE2) is not None:
        raise NotTranslated(RE2.errors["dangling"].format(char))
    cursor.take()
    if char == "\\":
        return _escape(cursor, start)
    if char in "^$":
        return Anchor(_ENDS[char, "m" in cursor.flags], cursor.source(start))
    if char == ".":
        return Char(ANYTHING if "s" in cursor.flags else _DOT, cursor.source(start), dot=True)
    return Char(_with_case(cursor, ord(char), ord(char)), cursor.source(start))


def _with_case(cursor: Cursor, low: int, high: int) -> Ranges:
    if "i" not in cursor.flags:
        return Ranges(((low, high),))
    cursor.ascii_only = "(?i) of RE2 with letters beyond ASCII"
    return either_case_ascii(low, high)


def _mode(cursor: Cursor) -> Mode:
    lazy = cursor.accept("?") != ("U" in cursor.flags)
    if quantifier(cursor, RE2) is not None:
        raise NotTranslated("invalid nested repetition operator")
    return "lazy" if lazy else "greedy"


def _name(cursor: Cursor) -> str:
    name = cursor.take_while(_NAME)
    if not name or not cursor.accept(">"):
        raise NotTranslated("invalid named capture")
    return name


def _escape(cursor: Cursor, start: int) -> Node:
    letter = cursor.take()
    if letter in _PLACES:
        return Anchor(_PLACES[letter], cursor.source(start))
    found = _escaped_set(cursor, letter)
    if found is None:
        point = _point(cursor, letter)
        found = _with_case(cursor, point, point)
    return Char(found, cursor.source(start))


def _escaped_set(cursor: Cursor, letter: str) -> CharSet | None:
    if letter in ("p", "P"):
        braced = cursor.accept("{")
        name = cursor.take_until("}", "invalid character class range") if braced else cursor.take()
        found = properties.re2_property(name, "i" in cursor.flags)
        return negate(found) if letter == "P" else found
    if letter.lower() not in _SETS:
        return None
    found = _SETS[letter.lower()]
    return negate(found) if letter.isupper() else found


def _point(cursor: Cursor, letter: str) -> int:
    if letter in _CONTROLS:
        return _CONTROLS[letter]
    if letter == "x":
        return _hex(cursor)
    following = cursor.peek()
    if letter == "0" or (letter in tuple("1234567") and following in tuple(string.octdigits)):
        digits = letter
        while len(digits) < 3 and cursor.peek() in tuple(string.octdigits):
            digits += cursor.take()
        return int(digits, 8)
    if not letter or not letter.isascii() or letter.isalnum():
        raise NotTranslated(_BAD_ESCAPE)
    return ord(letter)


def _hex(cursor: Cursor) -> int:
    digits = cursor.take_until("}", _BAD_ESCAPE) if cursor.accept("{") else cursor.take() + cursor.take()
    if not digits or not set(digits) <= set(string.hexdigits) or int(digits, 16) > 0x10FFFF:
        raise NotTranslated(_BAD_ESCAPE)
    return int(digits, 16)


def _class(cursor: Cursor) -> CharSet:
    cursor.take()
    negated = cursor.accept("^")
    parts: list[CharSet] = []
    first = True
    while first or cursor.peek() != "]":
        first = False
        parts.append(_posix(cursor) or _range(cursor))
    cursor.take()
    return negate(union(parts)) if negated else union(parts)


def _posix(cursor: Cursor) -> CharSet | None:
    end = cursor.text.find(":]", cursor.pos + 2)
    if not cursor.text.startswith("[:", cursor.pos) or end < 0:
        return None
    name = cursor.text[cursor.pos + 2 : end]
    found = _POSIX.get(name.removeprefix("^"))
    if found is None:
        raise NotTranslated(f"invalid character class range: [:{name}:]")
    if "i" in cursor.flags and name.removeprefix("^") in ("upper", "lower"):
        raise NotTranslated(f"[:{name}:] together with (?i)")
    cursor.pos = end + 2
    return negate(found) if name.startswith("^") else found


def _range(cursor: Cursor) -> CharSet:
    low = _member(cursor)
    if not isinstance(low, int):
        return low
    if not cursor.text.startswith("-", cursor.pos) or cursor.text.startswith("-]", cursor.pos):
        return _with_case(cursor, low, low)
    cursor.take()
    high = _member(cursor)
    if not isinstance(high, int) or high < low:
        raise NotTranslated("invalid character class range")
    return _with_case(cursor, low, high)


def _member(cursor: Cursor) -> int | CharSet:
    char = cursor.take()
    if not char:
        raise NotTranslated("missing closing ]")
    if char != "\\":
        return ord(char)
    letter = cursor.take()
    found = _escaped_set(cursor, letter)
    return _point(cursor, letter) if found is None else found


RE2 = Dialect(
    atom=_atom,
    mode=_mode,
    name=_name,
    name_marks=("P<", "<"),
    flags={letter: letter for letter in "imsU"},
    literal_brace=True,
    most_rounds=1000,
    errors={
        "dangling": "missing argument to repetition operator: {}",
        "unclosed": "missing closing )",
        "unmatched": "unexpected )",
        "flags": "missing argument to repetition operator or unsupported group: (?",
        "rounds": "bad repetition operator",
    },
)
