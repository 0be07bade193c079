"""Java's replacement syntax. Source: java.util.regex.Matcher.appendReplacement."""

from __future__ import annotations

import string
from functools import lru_cache
from typing import TypeAlias

from kc_lineage_dagster.java_regex.nodes import NotTranslated

# The literal texts and group numbers of a replacement, in order.
Replacement: TypeAlias = "tuple[str | int, ...]"


@lru_cache(maxsize=1024)
def parse_replacement(replacement: str, groups: int, names: tuple[tuple[str, int], ...]) -> Replacement:
    """Return the literal texts and group numbers of a replacement, in order.

    ``$12`` is group 12 if the pattern has that many, else group 1 followed by ``2``; a backslash makes the next
    character literal.

    Args:
        replacement: In Java's syntax.
        groups: How many groups the pattern has.
        names: Pairs (name of a group, its number).

    Raises:
        NotTranslated: For what Java rejects.

    >>> parse_replacement("$2.${table}_\\\\$", 2, (("table", 1),))
    (2, '.', 1, '_$')
    """
    parts: list[str | int] = []
    pos = 0
    while pos < len(replacement):
        char = replacement[pos]
        if char == "$":
            index, pos = _reference(replacement, pos + 1, groups, dict(names))
            parts.append(index)
            continue
        if char == "\\":
            pos += 1
            if pos == len(replacement):
                raise NotTranslated("character to be escaped is missing")
        parts.append(replacement[pos])
        pos += 1
    return _merged(parts)


def _merged(parts: list[str | int]) -> Replacement:
    merged: list[str | int] = []
    for part in parts:
        last = merged[-1] if merged else None
        if isinstance(part, str) and isinstance(last, str):
            merged[-1] = last + part
        else:
            merged.append(part)
    return tuple(merged)


def _reference(text: str, pos: int, groups: int, names: dict[str, int]) -> tuple[int, int]:
    if pos == len(text):
        raise NotTranslated("Illegal group reference: group index is missing")
    if text[pos] == "{":
        return _named(text, pos + 1, names)
    if text[pos] not in string.digits:
        raise NotTranslated("Illegal group reference")
    index = int(text[pos])
    pos += 1
    while pos < len(text) and text[pos] in string.digits and index * 10 + int(text[pos]) <= groups:
        index = index * 10 + int(text[pos])
        pos += 1
    if index > groups:
        raise NotTranslated(f"No group {index}")
    return index, pos


def _named(text: str, start: int, names: dict[str, int]) -> tuple[int, int]:
    end = start
    while end < len(text) and text[end] in string.ascii_letters + string.digits:
        end += 1
    name = text[start:end]
    if not name:
        raise NotTranslated("named capturing group has 0 length name")
    if text[end : end + 1] != "}":
        raise NotTranslated("named capturing group is missing trailing '}'")
    if name[0] in string.digits:
        raise NotTranslated(f"capturing group name {{{name}}} starts with digit character")
    if name not in names:
        raise NotTranslated(f"No group with name {{{name}}}")
    return names[name], end + 1
