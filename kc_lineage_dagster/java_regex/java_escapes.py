"""Java's backslash escapes. Source: java.util.regex.Pattern, "Summary of regular-expression constructs"."""

from __future__ import annotations

import string
import unicodedata

from kc_lineage_dagster.java_regex import properties
from kc_lineage_dagster.java_regex.charset import CharSet, Ranges, chars, negate
from kc_lineage_dagster.java_regex.lettercase import either_case_ascii, range_unicode, single_unicode
from kc_lineage_dagster.java_regex.nodes import (
    Alt,
    Anchor,
    BackRef,
    Char,
    Cluster,
    Node,
    NotTranslated,
    Seq,
)
from kc_lineage_dagster.java_regex.parser_state import State

ILLEGAL = "Illegal/unsupported escape sequence"
_CONTROLS = {"a": 7, "e": 0x1B, "f": 0x0C, "n": 0x0A, "r": 0x0D, "t": 9}
_SETS: dict[str, tuple[CharSet, CharSet]] = {
    "d": (properties.DIGIT, properties.UNICODE_DIGIT),
    "h": (properties.HORIZONTAL, properties.HORIZONTAL),
    "s": (properties.SPACE, properties.UNICODE_SPACE),
    "v": (properties.VERTICAL, properties.VERTICAL),
    "w": (properties.WORD, properties.UNICODE_WORD),
}
_PLACES = {"A": "begin", "Z": "end_or_break", "z": "end", "b": "word", "B": "not_word"}
_UNICODE_PLACES = {"b": "unicode_word", "B": "not_unicode_word"}
_WORD_REASON = "Java versions disagree on word boundaries beside characters beyond ASCII"


def one_with_case(point: int, flags: frozenset[str]) -> Ranges:
    """Return what one character matches under the flags."""
    if not {"i", "u"} <= flags:
        return range_with_case(point, point, flags)
    if point == 0xDF:
        raise NotTranslated("the letter ß together with (?iu)")
    return single_unicode(point)


def range_with_case(low: int, high: int, flags: frozenset[str]) -> Ranges:
    """Return what the range of a class from ``low`` to ``high`` matches under the flags."""
    if "i" not in flags:
        return Ranges(((low, high),))
    return range_unicode(low, high) if "u" in flags else either_case_ascii(low, high)


def escaped_set(state: State, letter: str) -> CharSet | None:
    """Return the set of ``\\d``, ``\\P{..}`` and their like, read up to ``letter``; None for other escapes."""
    if letter in "pP":
        name = _property_name(state)
        found = properties.java_property(name, state.flags)
        return negate(found) if letter == "P" else found
    if letter.lower() not in _SETS:
        return None
    found = _SETS[letter.lower()]["U" in state.flags]
    return negate(found) if letter.isupper() else found


def _property_name(state: State) -> str:
    if state.accept("{"):
        return state.take_until("}", "Unclosed character family")
    return state.take_in_escape()


def escaped_point(state: State, letter: str) -> int:
    """Return the code point of an escape that stands for one character; raises NotTranslated for others."""
    if letter in _CONTROLS:
        return _CONTROLS[letter]
    if letter in _NUMBERED:
        return _NUMBERED[letter](state)
    if not letter or (letter.isascii() and letter.isalnum()):
        raise NotTranslated(ILLEGAL if letter else "Unescaped trailing backslash")
    return ord(letter)


def _control(state: State) -> int:
    char = state.take_in_escape()
    if not char:
        raise NotTranslated("Illegal control escape sequence")
    return ord(char) ^ 64


def _octal(state: State) -> int:
    digits = ""
    while len(digits) < (3 if digits[:1] in tuple("0123") else 2):
        at = state.pos
        digit = state.take_in_escape()
        if digit not in tuple(string.octdigits):
            state.pos = at
            break
        digits += digit
    if not digits:
        raise NotTranslated("Illegal octal escape sequence")
    return int(digits, 8)


def _hex(state: State) -> int:
    error = "Illegal hexadecimal escape sequence"
    if state.accept("{"):
        digits = state.take_until("}", error)
        if len(digits) < 1 or not set(digits) <= set(string.hexdigits) or int(digits, 16) > 0x10FFFF:
            raise NotTranslated(error)
        return _whole(int(digits, 16))
    return _hex_digits(state, 2, error)


def _hex_digits(state: State, count: int, error: str) -> int:
    digits = "".join(state.take_in_escape() for _ in range(count))
    if len(digits) < count or not set(digits) <= set(string.hexdigits):
        raise NotTranslated(error)
    return int(digits, 16)


def _utf16(state: State) -> int:
    error = "Illegal Unicode escape sequence"
    unit = _hex_digits(state, 4, error)
    if 0xD800 <= unit <= 0xDBFF and state.accept("\\u"):
        low = _hex_digits(state, 4, error)
        if 0xDC00 <= low <= 0xDFFF:
            return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)
    return _whole(unit)


def _whole(point: int) -> int:
    if 0xD800 <= point <= 0xDFFF:
        raise NotTranslated("half a surrogate pair in the pattern")
    return point


def _named(state: State) -> int:
    if not state.accept("{"):
        raise NotTranslated("Illegal character name escape sequence")
    name = state.take_until("}", "Unclosed character name escape sequence")
    try:
        return ord(unicodedata.lookup(name))
    except (KeyError, TypeError):
        raise NotTranslated(f"Unknown character name [{name}]") from None


_NUMBERED = {"0": _octal, "c": _control, "x": _hex, "u": _utf16, "N": _named}


def escape(state: State) -> Node:
    """Return the node of the escape at the backslash, outside of a class."""
    start = state.pos
    state.take()
    letter = state.take()
    if letter and letter in "123456789":
        return _numbered_reference(state, start, letter)
    if letter in _OTHERS:
        return _OTHERS[letter](state, start)
    if letter in _PLACES:
        return _place(state, start, letter)
    found = escaped_set(state, letter) if letter else None
    if found is None:
        point = escaped_point(state, letter)
        found = one_with_case(point, state.flags)
    return Char(found, state.source(start))


def _place(state: State, start: int, letter: str) -> Node:
    kind = _PLACES[letter]
    if letter == "Z" and "d" in state.flags:
        kind = "unix_end_or_break"
    if letter == "b" and state.peek() == "{":
        raise NotTranslated("\\b{g}, a boundary of grapheme clusters")
    if letter in _UNICODE_PLACES:
        if "U" in state.flags:
            kind = _UNICODE_PLACES[letter]
        else:
            state.ascii_only = _WORD_REASON
    return Anchor(kind, state.source(start))


def _numbered_reference(state: State, start: int, first: str) -> Node:
    index = int(first)
    while True:
        at = state.pos
        digit = state.take_in_escape()
        if not digit or digit not in string.digits or index * 10 + int(digit) > state.groups:
            state.pos = at
            return _reference(state, start, index)
        index = index * 10 + int(digit)


def _named_reference(state: State, start: int) -> Node:
    if not state.accept("<"):
        raise NotTranslated("\\k is not followed by '<' for named capturing group")
    name = state.take_until(">", "named capturing group is missing trailing '>'")
    if name not in state.names:
        raise NotTranslated(f"named capturing group <{name}> does not exist")
    return _reference(state, start, state.names[name])


def _reference(state: State, start: int, index: int) -> Node:
    if index not in state.closed:
        state.ahead.append(index)
        return Anchor("never", state.source(start))
    if "i" in state.flags:
        state.ascii_only = "a back reference that ignores letter case"
    return BackRef(index, "i" in state.flags, state.source(start))


def _line_break(state: State, start: int) -> Node:
    source = state.source(start)
    both = Seq((Char(chars("\r"), "\\r"), Char(chars("\n"), "\\n")))
    return Alt((both, Char(properties.VERTICAL, source)))


def _cluster(state: State, start: int) -> Node:
    state.ascii_only = "\\X, whose clusters differ between Unicode versions"
    return Cluster(state.source(start))


def _last_match(_state: State, _start: int) -> Node:
    raise NotTranslated("\\G, the end of the previous match")


_OTHERS = {"k": _named_reference, "R": _line_break, "X": _cluster, "G": _last_match}
