"""Java's rules of letter case: `(?i)` is ASCII only, `(?iu)` uses the simple mappings of Unicode.

Source of the rules: java.util.regex.Pattern, flags CASE_INSENSITIVE and UNICODE_CASE: a character fits when it, its
upper case, or the lower case of that does.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache

from kc_lineage_dagster.java_regex.charset import Ranges, ranges

_ASCII_LETTERS = ((0x41, 0x5A, 0x20), (0x61, 0x7A, -0x20))
_LAST_CASED = 0x1FFFF


def _upper(char: str) -> str:
    """Return Character.toUpperCase: one character to one, unlike Python's ``upper`` (``ß`` stays)."""
    upper = char.upper() if len(char.upper()) == 1 else char.title()
    return upper if len(upper) == 1 else char


@lru_cache(maxsize=1)
def _mapped() -> dict[int, frozenset[int]]:
    """Return, for every code point, the others that have it as upper case or as lower case of that."""
    to: dict[int, set[int]] = defaultdict(set)
    for point in (*range(0xD800), *range(0xE000, _LAST_CASED)):
        upper = _upper(chr(point))
        for image in (upper, upper.lower()[0]):
            if ord(image) != point:
                to[ord(image)].add(point)
    return {image: frozenset(points) for image, points in to.items()}


@lru_cache(maxsize=1024)
def either_case_ascii(low: int, high: int) -> Ranges:
    """Return the range and the other case of its ASCII letters.

    >>> from kc_lineage_dagster.java_regex.charset import chars
    >>> either_case_ascii(ord("a"), ord("c")) == chars("abcABC")
    True
    """
    pairs = [(low, high)]
    for first, last, shift in _ASCII_LETTERS:
        start, end = max(first, low), min(last, high)
        if start <= end:
            pairs.append((start + shift, end + shift))
    return ranges(*pairs)


def range_unicode(low: int, high: int) -> Ranges:
    """Return what a range of a class matches with ``(?iu)``.

    >>> from kc_lineage_dagster.java_regex.charset import chars
    >>> range_unicode(ord("k"), ord("k")) == chars("kK\\u212a")
    True
    """
    extra = {p for image, points in _mapped().items() if low <= image <= high for p in points}
    return ranges((low, high), *((p, p) for p in extra))


def single_unicode(point: int) -> Ranges:
    """Return what one character matches with ``(?iu)``: all with the same lower case of the upper case.

    >>> from kc_lineage_dagster.java_regex.charset import chars
    >>> single_unicode(ord("é")) == chars("éÉ")
    True
    """
    key = ord(_upper(chr(point)).lower()[0])
    same = {p for p in (*_mapped().get(key, ()), key) if ord(_upper(chr(p)).lower()[0]) == key}
    return ranges((point, point), *((p, p) for p in same))
