"""Java's backslash escapes. Source: java.util.regex.Pattern, "Summary of regular-expression constructs"."""

from __future__ import annotations

import string
import unicodedata

from kc_lineage_dagster.java_regex import properties
from kc_lineage_dagster.java_regex.charset import CharSet, Ranges, chars, negate
from kc_lineage_dagster.java_regex.cursor import Cursor
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
    """Return what one character matches under the flags.

    >>> one_with_case(ord("a"), frozenset("i")) == chars("aA")
    True
    """
    if not {"i", "u"} <= flags:
        return range_with_case(point, point, flags)
    if point == 0xDF:
        raise NotTranslated("the letter ß together with (?iu)")
    return single_unicode(point)


def range_with_case(low: int, high: int, flags: frozenset[str]) -> Ranges:
    """Return what the range of a class from ``low`` to ``high`` matches under the flags.

    >>> range_with_case(ord("a"), ord("c"), frozenset("i")) == chars("abcABC")
    True
    """
    if "i" not in flags:
        return Ranges(((low, high),))
    return range_unicode(low, high) if "u" in flags else either_case_ascii(low, high)


def escaped_set(cursor: Cursor, letter: str) -> CharSet | None:
    """Return the set of ``\\d``, ``\\P{..}`` and their like, read up to ``letter``; None for other escapes.

    >>> escaped_set(Cursor(""), "d") == properties.DIGIT
    True
    """
    if letter in "pP":
        name = _property_name(cursor)
        found = properties.java_property(name, cursor.flags)
        return negate(found) if letter == "P" else found
    if letter.lower() not in _SETS:
        return None
    found = _SETS[letter.lower()]["U" in cursor.flags]
    return negate(found) if letter.isupper() else found


def _property_name(cursor: Cursor) -> str:
    if cursor.accept("{"):
        return cursor.take_until("}", "Unclosed character family")
    return cursor.take_in_escape()


def escaped_point(cursor: Cursor, letter: str) -> int:
    """Return the code point of an escape that stands for one character; raises NotTranslated for others.

    >>> chr(escaped_point(Cursor("41"), "x"))
    'A'
    """
    if letter in _CONTROLS:
        return _CONTROLS[letter]
    if letter in _NUMBERED:
        return _NUMBERED[letter](cursor)
    if not letter or (letter.isascii() and letter.isalnum()):
        raise NotTranslated(ILLEGAL if letter else "Unescaped trailing backslash")
    return ord(letter)


def _control(cursor: Cursor) -> int:
    char = cursor.take_in_escape()
    if not char:
        raise NotTranslated("Illegal control escape sequence")
    return ord(char) ^ 64


def _octal(cursor: Cursor) -> int:
    digits = ""
    while len(digits) < (3 if digits[:1] in tuple("0123") else 2):
        at = cursor.pos
        digit = cursor.take_in_escape()
        if digit not in tuple(string.octdigits):
            cursor.pos = at
            break
        digits += digit
    if not digits:
        raise NotTranslated("Illegal octal escape sequence")
    return int(digits, 8)


def _hex(cursor: Cursor) -> int:
    error = "Illegal hexadecimal escape sequence"
    if cursor.accept("{"):
        digits = cursor.take_until("}", error)
        if len(digits) < 1 or not set(digits) <= set(string.hexdigits) or int(digits, 16) > 0x10FFFF:
            raise NotTranslated(error)
        return _whole(int(digits, 16))
    return _hex_digits(cursor, 2, error)


def _hex_digits(cursor: Cursor, count: int, error: str) -> int:
    digits = "".join(cursor.take_in_escape() for _ in range(count))
    if len(digits) < count or not set(digits) <= set(string.hexdigits):
        raise NotTranslated(error)
    return int(digits, 16)


def _utf16(cursor: Cursor) -> int:
    error = "Illegal Unicode escape sequence"
    unit = _hex_digits(cursor, 4, error)
    if 0xD800 <= unit <= 0xDBFF and cursor.accept("\\u"):
        low = _hex_digits(cursor, 4, error)
        if 0xDC00 <= low <= 0xDFFF:
            return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)
    return _whole(unit)


def _whole(point: int) -> int:
    if 0xD800 <= point <= 0xDFFF:
        raise NotTranslated("half a surrogate pair in the pattern")
    return point


def _named(cursor: Cursor) -> int:
    if not cursor.accept("{"):
        raise NotTranslated("Illegal character name escape sequence")
    name = cursor.take_until("}", "Unclosed character name escape sequence")
    try:
        return ord(unicodedata.lookup(name))
    except (KeyError, TypeError):
        raise NotTranslated(f"Unknown character name [{name}]") from None


_NUMBERED = {"0": _octal, "c": _control, "x": _hex, "u": _utf16, "N": _named}


def escape(cursor: Cursor) -> Node:
    """Return the node of the escape at the backslash, outside of a class.

    >>> escape(Cursor(r"\\b")).kind
    'word'
    """
    start = cursor.pos
    cursor.take()
    letter = cursor.take()
    if letter and letter in "123456789":
        return _numbered_reference(cursor, start, letter)
    if letter in _OTHERS:
        return _OTHERS[letter](cursor, start)
    if letter in _PLACES:
        return _place(cursor, start, letter)
    found = escaped_set(cursor, letter) if letter else None
    if found is None:
        point = escaped_point(cursor, letter)
        found = one_with_case(point, cursor.flags)
    return Char(found, cursor.source(start))


def _place(cursor: Cursor, start: int, letter: str) -> Node:
    kind = _PLACES[letter]
    if letter == "Z" and "d" in cursor.flags:
        kind = "unix_end_or_break"
    if letter == "b" and cursor.peek() == "{":
        raise NotTranslated("\\b{g}, a boundary of grapheme clusters")
    if letter in _UNICODE_PLACES:
        if "U" in cursor.flags:
            kind = _UNICODE_PLACES[letter]
        else:
            cursor.ascii_only = _WORD_REASON
    return Anchor(kind, cursor.source(start))


def _numbered_reference(cursor: Cursor, start: int, first: str) -> Node:
    index = int(first)
    while True:
        at = cursor.pos
        digit = cursor.take_in_escape()
        if not digit or digit not in string.digits or index * 10 + int(digit) > cursor.groups:
            cursor.pos = at
            return _reference(cursor, start, index)
        index = index * 10 + int(digit)


def _named_reference(cursor: Cursor, start: int) -> Node:
    if not cursor.accept("<"):
        raise NotTranslated("\\k is not followed by '<' for named capturing group")
    name = cursor.take_until(">", "named capturing group is missing trailing '>'")
    if name not in cursor.names:
        raise NotTranslated(f"named capturing group <{name}> does not exist")
    return _reference(cursor, start, cursor.names[name])


def _reference(cursor: Cursor, start: int, index: int) -> Node:
    if index not in cursor.closed:
        cursor.ahead.append(index)
        return Anchor("never", cursor.source(start))
    if "i" in cursor.flags:
        cursor.ascii_only = "a back reference that ignores letter case"
    return BackRef(index, "i" in cursor.flags, cursor.source(start))


def _line_break(cursor: Cursor, start: int) -> Node:
    source = cursor.source(start)
    both = Seq((Char(chars("\r"), "\\r"), Char(chars("\n"), "\\n")))
    return Alt((both, Char(properties.VERTICAL, source)))


def _cluster(cursor: Cursor, start: int) -> Node:
    cursor.ascii_only = "\\X, whose clusters differ between Unicode versions"
    return Cluster(cursor.source(start))


def _last_match(_cursor: Cursor, _start: int) -> Node:
    raise NotTranslated("\\G, the end of the previous match")


_OTHERS = {"k": _named_reference, "R": _line_break, "X": _cluster, "G": _last_match}
