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
    GraphemeCluster,
    NotTranslated,
    RegexNode,
    Seq,
)
from kc_lineage_dagster.java_regex.scanner import Scanner

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

    Raises:
        NotTranslated: For the letter ß where letter case counts beyond ASCII.

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

    Args:
        low: The first code point of the range.
        high: The last code point of the range.
        flags: The letters of the inline flags in force.

    >>> range_with_case(ord("a"), ord("c"), frozenset("i")) == chars("abcABC")
    True
    """
    if "i" not in flags:
        return Ranges(((low, high),))
    return range_unicode(low, high) if "u" in flags else either_case_ascii(low, high)


def escaped_set(scanner: Scanner, letter: str) -> CharSet | None:
    """Return the set of ``\\d``, ``\\P{..}`` and their like, read up to ``letter``; None for other escapes.

    >>> escaped_set(Scanner(""), "d") == properties.DIGIT
    True
    """
    if letter in "pP":
        name = _property_name(scanner)
        found = properties.java_property(name, scanner.flags)
        return negate(found) if letter == "P" else found
    if letter.lower() not in _SETS:
        return None
    found = _SETS[letter.lower()]["U" in scanner.flags]
    return negate(found) if letter.isupper() else found


def _property_name(scanner: Scanner) -> str:
    if scanner.accept("{"):
        return scanner.take_until("}", "Unclosed character family")
    return scanner.take_in_escape()


def escaped_point(scanner: Scanner, letter: str) -> int:
    """Return the code point of an escape that stands for one character.

    Raises:
        NotTranslated: For an escape that stands for none, or for several.

    >>> chr(escaped_point(Scanner("41"), "x"))
    'A'
    """
    if letter in _CONTROLS:
        return _CONTROLS[letter]
    if letter in _NUMBERED:
        return _NUMBERED[letter](scanner)
    if not letter or (letter.isascii() and letter.isalnum()):
        raise NotTranslated(ILLEGAL if letter else "Unescaped trailing backslash")
    return ord(letter)


def _control(scanner: Scanner) -> int:
    char = scanner.take_in_escape()
    if not char:
        raise NotTranslated("Illegal control escape sequence")
    return ord(char) ^ 64


def _octal(scanner: Scanner) -> int:
    digits = ""
    while len(digits) < (3 if digits[:1] in tuple("0123") else 2):
        at = scanner.pos
        digit = scanner.take_in_escape()
        if digit not in tuple(string.octdigits):
            scanner.pos = at
            break
        digits += digit
    if not digits:
        raise NotTranslated("Illegal octal escape sequence")
    return int(digits, 8)


def _hex(scanner: Scanner) -> int:
    error = "Illegal hexadecimal escape sequence"
    if scanner.accept("{"):
        digits = scanner.take_until("}", error)
        if len(digits) < 1 or not set(digits) <= set(string.hexdigits) or int(digits, 16) > 0x10FFFF:
            raise NotTranslated(error)
        return _whole(int(digits, 16))
    return _hex_digits(scanner, 2, error)


def _hex_digits(scanner: Scanner, count: int, error: str) -> int:
    digits = "".join(scanner.take_in_escape() for _ in range(count))
    if len(digits) < count or not set(digits) <= set(string.hexdigits):
        raise NotTranslated(error)
    return int(digits, 16)


def _utf16(scanner: Scanner) -> int:
    error = "Illegal Unicode escape sequence"
    unit = _hex_digits(scanner, 4, error)
    if 0xD800 <= unit <= 0xDBFF and scanner.accept("\\u"):
        low = _hex_digits(scanner, 4, error)
        if 0xDC00 <= low <= 0xDFFF:
            return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)
    return _whole(unit)


def _whole(point: int) -> int:
    if 0xD800 <= point <= 0xDFFF:
        raise NotTranslated("half a surrogate pair in the pattern")
    return point


def _named(scanner: Scanner) -> int:
    if not scanner.accept("{"):
        raise NotTranslated("Illegal character name escape sequence")
    name = scanner.take_until("}", "Unclosed character name escape sequence")
    try:
        return ord(unicodedata.lookup(name))
    except (KeyError, TypeError):
        raise NotTranslated(f"Unknown character name [{name}]") from None


_NUMBERED = {"0": _octal, "c": _control, "x": _hex, "u": _utf16, "N": _named}


def escape(scanner: Scanner) -> RegexNode:
    """Return the node of the escape at the backslash, outside of a class.

    >>> escape(Scanner(r"\\b")).kind
    'word'
    """
    start = scanner.pos
    scanner.take()
    letter = scanner.take()
    if letter and letter in "123456789":
        return _numbered_reference(scanner, start, letter)
    if letter in _OTHERS:
        return _OTHERS[letter](scanner, start)
    if letter in _PLACES:
        return _place(scanner, start, letter)
    found = escaped_set(scanner, letter) if letter else None
    if found is None:
        point = escaped_point(scanner, letter)
        found = one_with_case(point, scanner.flags)
    return Char(found, scanner.source(start))


def _place(scanner: Scanner, start: int, letter: str) -> RegexNode:
    kind = _PLACES[letter]
    if letter == "Z" and "d" in scanner.flags:
        kind = "unix_end_or_break"
    if letter == "b" and scanner.peek() == "{":
        raise NotTranslated("\\b{g}, a boundary of grapheme clusters")
    if letter in _UNICODE_PLACES:
        if "U" in scanner.flags:
            kind = _UNICODE_PLACES[letter]
        else:
            scanner.ascii_only = _WORD_REASON
    return Anchor(kind, scanner.source(start))


def _numbered_reference(scanner: Scanner, start: int, first: str) -> RegexNode:
    index = int(first)
    while True:
        at = scanner.pos
        digit = scanner.take_in_escape()
        if not digit or digit not in string.digits or index * 10 + int(digit) > scanner.groups:
            scanner.pos = at
            return _reference(scanner, start, index)
        index = index * 10 + int(digit)


def _named_reference(scanner: Scanner, start: int) -> RegexNode:
    if not scanner.accept("<"):
        raise NotTranslated("\\k is not followed by '<' for named capturing group")
    name = scanner.take_until(">", "named capturing group is missing trailing '>'")
    if name not in scanner.names:
        raise NotTranslated(f"named capturing group <{name}> does not exist")
    return _reference(scanner, start, scanner.names[name])


def _reference(scanner: Scanner, start: int, index: int) -> RegexNode:
    if index not in scanner.closed:
        scanner.ahead.append(index)
        return Anchor("never", scanner.source(start))
    if "i" in scanner.flags:
        scanner.ascii_only = "a back reference that ignores letter case"
    return BackRef(index, "i" in scanner.flags, scanner.source(start))


def _line_break(scanner: Scanner, start: int) -> RegexNode:
    source = scanner.source(start)
    both = Seq((Char(chars("\r"), "\\r"), Char(chars("\n"), "\\n")))
    return Alt((both, Char(properties.VERTICAL, source)))


def _cluster(scanner: Scanner, start: int) -> RegexNode:
    scanner.ascii_only = "\\X, whose clusters differ between Unicode versions"
    return GraphemeCluster(scanner.source(start))


def _last_match(_scanner: Scanner, _start: int) -> RegexNode:
    raise NotTranslated("\\G, the end of the previous match")


_OTHERS = {"k": _named_reference, "R": _line_break, "X": _cluster, "G": _last_match}
