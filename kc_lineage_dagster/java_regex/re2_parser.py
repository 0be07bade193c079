"""Patterns of RE2/J (com.google.re2j), which some connectors use, to the same tree as Java's.

Source: the syntax page of RE2 (github.com/google/re2/wiki/Syntax) and com.google.re2j.Parser: no back references, no
lookaround, no possessive or atomic parts; ``(?U)`` swaps greedy and lazy.
"""

from __future__ import annotations

import string

from kc_lineage_dagster.java_regex import properties
from kc_lineage_dagster.java_regex.charset import ANYTHING, CharSet, Ranges, chars, negate, union
from kc_lineage_dagster.java_regex.lettercase import either_case_ascii
from kc_lineage_dagster.java_regex.nodes import (
    Anchor,
    Char,
    Group,
    Mode,
    Node,
    NotTranslated,
    Parsed,
    Repeat,
    alternation,
    sequence,
)
from kc_lineage_dagster.java_regex.parser_state import State, prepared

MAX_COUNT = 1000
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
_PLACES = {"A": "begin", "z": "end", "b": "word", "B": "not_word"}
_ENDS = {
    ("^", False): "begin",
    ("$", False): "end",
    ("^", True): "re2_line_begin",
    ("$", True): "unix_line_end",
}
_BOUNDS: dict[str, tuple[int, int | None]] = {"?": (0, 1), "*": (0, None), "+": (1, None)}
_NAME = string.ascii_letters + string.digits + "_"


def parse_re2(pattern: str) -> Parsed:
    """Return the tree of an RE2/J pattern; raises NotTranslated."""
    state = State(prepared(pattern))
    root = _alternation(state)
    if state.pos < len(state.text):
        raise NotTranslated("unexpected )")
    return Parsed(root, state.groups, tuple(state.names.items()), state.ascii_only)


def _alternation(state: State) -> Node:
    branches = [_sequence(state)]
    while state.accept("|"):
        branches.append(_sequence(state))
    return alternation(branches)


def _sequence(state: State) -> Node:
    items: list[Node] = []
    while (char := state.peek()) and char not in "|)":
        if _bounds(state) is not None:
            raise NotTranslated(f"missing argument to repetition operator: {char}")
        item = _group(state) if char == "(" else _atom(state, char)
        if item is not None:
            items.append(_quantified(state, item))
    return sequence(items)


def _atom(state: State, char: str) -> Node:
    start = state.pos
    if char == "[":
        return Char(_class(state), state.source(start))
    state.take()
    if char == "\\":
        return _escape(state, start)
    if char in "^$":
        return Anchor(_ENDS[char, "m" in state.flags], state.source(start))
    if char == ".":
        dot = ANYTHING if "s" in state.flags else negate(chars("\n"))
        return Char(dot, state.source(start), dot=True)
    return Char(_with_case(state, ord(char), ord(char)), state.source(start))


def _with_case(state: State, low: int, high: int) -> Ranges:
    if "i" not in state.flags:
        return Ranges(((low, high),))
    state.ascii_only = "(?i) of RE2 with letters beyond ASCII"
    return either_case_ascii(low, high)


def _quantified(state: State, item: Node) -> Node:
    bounds = _bounds(state)
    if bounds is None:
        return item
    lazy = state.accept("?") != ("U" in state.flags)
    mode: Mode = "lazy" if lazy else "greedy"
    if _bounds(state) is not None:
        raise NotTranslated("invalid nested repetition operator")
    return Repeat(item, *bounds, mode)


def _bounds(state: State) -> tuple[int, int | None] | None:
    """Return the quantifier that comes next; a brace that is none stays, and is literal."""
    char = state.peek()
    if char in _BOUNDS:
        state.take()
        return _BOUNDS[char]
    start = state.pos
    if not state.accept("{"):
        return None
    first = state.take_while(string.digits)
    comma = state.accept(",")
    second = state.take_while(string.digits) if comma else first
    if not first or not state.accept("}"):
        state.pos = start
        return None
    if max(len(first), len(second)) > 4 or max(int(first), int(second or 0)) > MAX_COUNT:
        raise NotTranslated("bad repetition operator")
    if second and int(second) < int(first):
        raise NotTranslated("bad repetition operator")
    return int(first), int(second) if second else None


def _group(state: State) -> Node | None:
    state.take()
    outer = state.flags
    if not state.accept("?"):
        return _body(state, outer, state.open_group())
    if state.accept("P<") or state.accept("<"):
        name = state.take_while(_NAME)
        if not name or not state.accept(">"):
            raise NotTranslated("invalid named capture")
        return _body(state, outer, state.open_group(name))
    on = state.take_while("imsU")
    off = state.take_while("imsU") if state.accept("-") else None
    end = state.take()
    if end not in (")", ":") or off == "" or (end == ")" and not on and off is None):
        raise NotTranslated("missing argument to repetition operator or unsupported group: (?")
    state.flags = frozenset((outer | set(on)) - set(off or ""))
    return None if end == ")" else _body(state, outer)


def _body(state: State, outer: frozenset[str], index: int | None = None) -> Group:
    state.enter()
    body = _alternation(state)
    if not state.accept(")"):
        raise NotTranslated("missing closing )")
    state.depth -= 1
    state.flags = outer
    return Group(body, index)


def _escape(state: State, start: int) -> Node:
    letter = state.take()
    if letter in _PLACES:
        return Anchor(_PLACES[letter], state.source(start))
    found = _escaped_set(state, letter)
    if found is None:
        point = _point(state, letter)
        found = _with_case(state, point, point)
    return Char(found, state.source(start))


def _escaped_set(state: State, letter: str) -> CharSet | None:
    if letter in ("p", "P"):
        braced = state.accept("{")
        name = state.take_until("}", "invalid character class range") if braced else state.take()
        found = properties.re2_property(name, "i" in state.flags)
        return negate(found) if letter == "P" else found
    if letter.lower() not in _SETS:
        return None
    found = _SETS[letter.lower()]
    return negate(found) if letter.isupper() else found


def _point(state: State, letter: str) -> int:
    if letter in _CONTROLS:
        return _CONTROLS[letter]
    if letter == "x":
        return _hex(state)
    following = state.peek()
    if letter == "0" or (letter in tuple("1234567") and following in tuple(string.octdigits)):
        digits = letter
        while len(digits) < 3 and state.peek() in tuple(string.octdigits):
            digits += state.take()
        return int(digits, 8)
    if not letter or not letter.isascii() or letter.isalnum():
        raise NotTranslated(_BAD_ESCAPE)
    return ord(letter)


def _hex(state: State) -> int:
    digits = state.take_until("}", _BAD_ESCAPE) if state.accept("{") else state.take() + state.take()
    if not digits or not set(digits) <= set(string.hexdigits) or int(digits, 16) > 0x10FFFF:
        raise NotTranslated(_BAD_ESCAPE)
    return int(digits, 16)


def _class(state: State) -> CharSet:
    state.take()
    negated = state.accept("^")
    parts: list[CharSet] = []
    first = True
    while first or state.peek() != "]":
        first = False
        parts.append(_posix(state) or _range(state))
    state.take()
    return negate(union(parts)) if negated else union(parts)


def _posix(state: State) -> CharSet | None:
    end = state.text.find(":]", state.pos + 2)
    if not state.text.startswith("[:", state.pos) or end < 0:
        return None
    name = state.text[state.pos + 2 : end]
    found = _POSIX.get(name.removeprefix("^"))
    if found is None:
        raise NotTranslated(f"invalid character class range: [:{name}:]")
    if "i" in state.flags and name.removeprefix("^") in ("upper", "lower"):
        raise NotTranslated(f"[:{name}:] together with (?i)")
    state.pos = end + 2
    return negate(found) if name.startswith("^") else found


def _range(state: State) -> CharSet:
    low = _member(state)
    if not isinstance(low, int):
        return low
    if not state.text.startswith("-", state.pos) or state.text.startswith("-]", state.pos):
        return _with_case(state, low, low)
    state.take()
    high = _member(state)
    if not isinstance(high, int) or high < low:
        raise NotTranslated("invalid character class range")
    return _with_case(state, low, high)


def _member(state: State) -> int | CharSet:
    char = state.take()
    if not char:
        raise NotTranslated("missing closing ]")
    if char != "\\":
        return ord(char)
    letter = state.take()
    found = _escaped_set(state, letter)
    return _point(state, letter) if found is None else found
