"""How names are spelled: the styles of Debezium's JDBC sink and the case formats of Guava.

Source: ``io.debezium.connector.jdbc.util.NamingStyle``, ``com.google.common.base.CaseFormat``
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Spell = Callable[[str], str]

_BORDERS = re.compile(r"([a-z])([A-Z])|([a-zA-Z])([0-9])|([0-9])([a-zA-Z])|\.")


def _snake(name: str) -> str:
    def split(found: re.Match[str]) -> str:
        left, right = found.group(1, 3, 5), found.group(2, 4, 6)
        return "".join(filter(None, left)) + "_" + "".join(filter(None, right))

    return _BORDERS.sub(split, name).lower()


def _camel(name: str) -> str:
    words = re.split(r"[._]+", name)
    rest = (word[0].upper() + word[1:].lower() for word in words[1:] if word)
    return words[0].lower() + "".join(rest)


# io.debezium.connector.jdbc.util.NamingStyle: a style may be given by its value or its name, in any case
NAMING_STYLES: Mapping[str, Spell] = {
    "default": str,
    "upper_case": str.upper,
    "lower_case": str.lower,
    "snake_case": _snake,
    "camel_case": _camel,
}


def _capitalized(word: str) -> str:
    return word[:1].upper() + word[1:].lower()


@dataclass(frozen=True, slots=True)
class _Case:
    """One of ``com.google.common.base.CaseFormat``: what begins a word, what stands between words, how words look."""

    border: str
    separator: str
    word: Spell
    first: Spell


_CASES: Mapping[str, _Case] = {
    "LOWER_HYPHEN": _Case("-", "-", str.lower, str.lower),
    "LOWER_UNDERSCORE": _Case("_", "_", str.lower, str.lower),
    "UPPER_UNDERSCORE": _Case("_", "_", str.upper, str.upper),
    "LOWER_CAMEL": _Case("[A-Z]", "", _capitalized, str.lower),
    "UPPER_CAMEL": _Case("[A-Z]", "", _capitalized, _capitalized),
}


def recase(source: str, target: str) -> Spell | None:
    """Return a function from one of Guava's case formats to another; None when there is no such format."""
    if source not in _CASES or target not in _CASES:
        return None
    old, new = _CASES[source], _CASES[target]
    if source == target:
        return str
    if old.separator and new.separator:
        return _separated(old, new)
    return lambda name: _recased(old, new, name)


def _separated(old: _Case, new: _Case) -> Spell:
    """Return a function between two formats with separators: Guava keeps the letters unless one of the two is in upper
    case.
    """
    letters: Spell = new.word if str.upper in (old.word, new.word) else str
    return lambda name: letters(name.replace(old.separator, new.separator))


def _recased(old: _Case, new: _Case, name: str) -> str:
    spelled, start = "", 0
    for found in re.finditer(old.border, name):
        word = name[start : found.start()]
        spelled = (spelled + new.word(word) if start else new.first(word)) + new.separator
        start = found.start() + len(old.separator)
    return spelled + new.word(name[start:]) if start else new.first(name)
