"""The dialect of RE2/J (com.google.re2j), which some connectors use: its atoms, classes, modes and flags.

Source: the syntax page of RE2 (github.com/google/re2/wiki/Syntax) and com.google.re2j.Parser: no back references, no
lookaround, no possessive or atomic parts; ``(?U)`` swaps greedy and lazy.
"""

from __future__ import annotations

import string

from kc_lineage_dagster.java_regex import properties
from kc_lineage_dagster.java_regex.charset import ANYTHING, CharSet, Ranges, chars, negate, union
from kc_lineage_dagster.java_regex.lettercase import either_case_ascii
from kc_lineage_dagster.java_regex.nodes import Anchor, Char, Mode, NotTranslated, Parsed, RegexNode
from kc_lineage_dagster.java_regex.parser import Dialect, parse, quantifier
from kc_lineage_dagster.java_regex.scanner import Scanner

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
    """Return the tree of an RE2/J pattern.

    Raises:
        NotTranslated: For a pattern that RE2/J refuses, or whose meaning is not known for sure.

    >>> parse_re2("(?P<schema>.+)[.]orders").names
    (('schema', 1),)
    """
    return parse(pattern, RE2)


def _atom(scanner: Scanner, char: str) -> RegexNode:
    start = scanner.pos
    if char == "[":
        return Char(_class(scanner), scanner.source(start))
    if quantifier(scanner, RE2) is not None:
        raise NotTranslated(RE2.errors["dangling"].format(char))
    scanner.take()
    if char == "\\":
        return _escape(scanner, start)
    if char in "^$":
        return Anchor(_ENDS[char, "m" in scanner.flags], scanner.source(start))
    if char == ".":
        return Char(ANYTHING if "s" in scanner.flags else _DOT, scanner.source(start), dot=True)
    return Char(_with_case(scanner, ord(char), ord(char)), scanner.source(start))


def _with_case(scanner: Scanner, low: int, high: int) -> Ranges:
    if "i" not in scanner.flags:
        return Ranges(((low, high),))
    scanner.ascii_only = "(?i) of RE2 with letters beyond ASCII"
    return either_case_ascii(low, high)


def _mode(scanner: Scanner) -> Mode:
    lazy = scanner.accept("?") != ("U" in scanner.flags)
    if quantifier(scanner, RE2) is not None:
        raise NotTranslated("invalid nested repetition operator")
    return "lazy" if lazy else "greedy"


def _name(scanner: Scanner) -> str:
    name = scanner.take_while(_NAME)
    if not name or not scanner.accept(">"):
        raise NotTranslated("invalid named capture")
    return name


def _escape(scanner: Scanner, start: int) -> RegexNode:
    letter = scanner.take()
    if letter in _PLACES:
        return Anchor(_PLACES[letter], scanner.source(start))
    found = _escaped_set(scanner, letter)
    if found is None:
        point = _point(scanner, letter)
        found = _with_case(scanner, point, point)
    return Char(found, scanner.source(start))


def _escaped_set(scanner: Scanner, letter: str) -> CharSet | None:
    if letter in ("p", "P"):
        braced = scanner.accept("{")
        name = scanner.take_until("}", "invalid character class range") if braced else scanner.take()
        found = properties.re2_property(name, "i" in scanner.flags)
        return negate(found) if letter == "P" else found
    if letter.lower() not in _SETS:
        return None
    found = _SETS[letter.lower()]
    return negate(found) if letter.isupper() else found


def _point(scanner: Scanner, letter: str) -> int:
    if letter in _CONTROLS:
        return _CONTROLS[letter]
    if letter == "x":
        return _hex(scanner)
    following = scanner.peek()
    if letter == "0" or (letter in tuple("1234567") and following in tuple(string.octdigits)):
        digits = letter
        while len(digits) < 3 and scanner.peek() in tuple(string.octdigits):
            digits += scanner.take()
        return int(digits, 8)
    if not letter or not letter.isascii() or letter.isalnum():
        raise NotTranslated(_BAD_ESCAPE)
    return ord(letter)


def _hex(scanner: Scanner) -> int:
    digits = scanner.take_until("}", _BAD_ESCAPE) if scanner.accept("{") else scanner.take() + scanner.take()
    if not digits or not set(digits) <= set(string.hexdigits) or int(digits, 16) > 0x10FFFF:
        raise NotTranslated(_BAD_ESCAPE)
    return int(digits, 16)


def _class(scanner: Scanner) -> CharSet:
    scanner.take()
    negated = scanner.accept("^")
    parts: list[CharSet] = []
    first = True
    while first or scanner.peek() != "]":
        first = False
        parts.append(_posix(scanner) or _range(scanner))
    scanner.take()
    return negate(union(parts)) if negated else union(parts)


def _posix(scanner: Scanner) -> CharSet | None:
    end = scanner.text.find(":]", scanner.pos + 2)
    if not scanner.text.startswith("[:", scanner.pos) or end < 0:
        return None
    name = scanner.text[scanner.pos + 2 : end]
    found = _POSIX.get(name.removeprefix("^"))
    if found is None:
        raise NotTranslated(f"invalid character class range: [:{name}:]")
    if "i" in scanner.flags and name.removeprefix("^") in ("upper", "lower"):
        raise NotTranslated(f"[:{name}:] together with (?i)")
    scanner.pos = end + 2
    return negate(found) if name.startswith("^") else found


def _range(scanner: Scanner) -> CharSet:
    low = _member(scanner)
    if not isinstance(low, int):
        return low
    if not scanner.text.startswith("-", scanner.pos) or scanner.text.startswith("-]", scanner.pos):
        return _with_case(scanner, low, low)
    scanner.take()
    high = _member(scanner)
    if not isinstance(high, int) or high < low:
        raise NotTranslated("invalid character class range")
    return _with_case(scanner, low, high)


def _member(scanner: Scanner) -> int | CharSet:
    char = scanner.take()
    if not char:
        raise NotTranslated("missing closing ]")
    if char != "\\":
        return ord(char)
    letter = scanner.take()
    found = _escaped_set(scanner, letter)
    return _point(scanner, letter) if found is None else found


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
