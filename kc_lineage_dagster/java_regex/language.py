"""What texts a pattern can match: all of them when they are few, else how they all begin."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TypeAlias

from kc_lineage_dagster.java_regex.charset import chars, members
from kc_lineage_dagster.java_regex.compiled import JavaRegex, Refused, compile_java, compile_tree
from kc_lineage_dagster.java_regex.nodes import (
    Alt,
    Anchor,
    Atomic,
    Char,
    Group,
    Look,
    RegexNode,
    Repeat,
    Seq,
)

# A text that a match begins with, and whether it is the whole match.
Heads: TypeAlias = "frozenset[tuple[str, bool]]"

_NOTHING: Heads = frozenset({("", True)})
_UNKNOWN: Heads = frozenset({("", False)})
_PREFIX_LIMIT = 200
_MAX_TEXT = 2000


def enumerate_language(pattern: str, limit: int = 1000, *, literal_dot: bool = False) -> frozenset[str] | None:
    """Return all texts that a Java pattern matches in full; None when they are endless, more than ``limit``, or when
    the pattern is not understood.

    Args:
        pattern: In Java's syntax.
        limit: The largest number of texts.
        literal_dot: Whether a ``.`` that is not escaped nor repeated stands for itself, as people write table names
            into Debezium's include lists.

    >>> sorted(enumerate_language("orders(_v[12])?"))
    ['orders', 'orders_v1', 'orders_v2']
    >>> enumerate_language("orders.*") is None
    True
    """
    compiled = _compiled(pattern, literal_dot)
    if isinstance(compiled, Refused):
        return None
    found = heads(compiled.parsed.root, limit)
    if not all(whole for _, whole in found) or len(found) > limit:
        return None
    answers = {text: compiled.matches(text) for text, _ in found}
    if any(isinstance(answer, Refused) for answer in answers.values()):
        return None
    return frozenset(text for text, answer in answers.items() if answer)


@lru_cache(maxsize=1024)  # a pattern is asked for by its own connector and by what gathers topics of the cluster
def literal_prefix(pattern: str, *, literal_dot: bool = False) -> str:
    """Return a text, as long as can be told, that every full match of a Java pattern begins with.

    The text is empty for patterns that are not understood. ``literal_dot``: see `enumerate_language`.

    >>> literal_prefix(r"shop\\.(orders|offers)")
    'shop.o'
    """
    compiled = _compiled(pattern, literal_dot)
    if isinstance(compiled, Refused):
        return ""
    return _common_start(heads(compiled.parsed.root, _PREFIX_LIMIT))


@lru_cache(maxsize=1024)
def _compiled(pattern: str, literal_dot: bool) -> JavaRegex | Refused:
    compiled = compile_java(pattern)
    if isinstance(compiled, Refused) or not literal_dot:
        return compiled
    return compile_tree(pattern, replace(compiled.parsed, root=_dots_as_text(compiled.parsed.root)))


def _dots_as_text(node: RegexNode) -> RegexNode:
    match node:
        case Char(dot=True):
            return Char(chars("."), "\\.")
        case Seq(items):
            return Seq(tuple(map(_dots_as_text, items)))
        case Alt(branches):
            return Alt(tuple(map(_dots_as_text, branches)))
        case Repeat(body) if _is_dot(body):
            return node
        case Group(body) | Repeat(body) | Atomic(body) | Look(body):
            return replace(node, body=_dots_as_text(body))
        case _:
            return node


def _is_dot(node: RegexNode) -> bool:
    return _is_dot(node.body) if isinstance(node, Group) else isinstance(node, Char) and node.dot


def heads(node: RegexNode, limit: int) -> Heads:
    """Return the beginnings of what ``node`` matches: one of them fits each match.

    More than ``limit`` of them are cut down to what they have in common.

    >>> sorted(heads(compile_java("ab?c*").parsed.root, limit=10))
    [('a', True), ('ab', True), ('abc', False), ('ac', False)]
    """
    match node:
        case Char(charset):
            found = members(charset, limit)
            return _UNKNOWN if found is None else frozenset((char, True) for char in found)
        case Seq(items):
            return _sequence(items, limit)
        case Alt(branches):
            return _bounded(frozenset().union(*(heads(branch, limit) for branch in branches)), limit)
        case Group(body) | Atomic(body):
            return heads(body, limit)
        case Repeat():
            return _repeated(node, limit)
        case Look() | Anchor():
            return _NOTHING
        case _:
            return _UNKNOWN


def _sequence(items: tuple[RegexNode, ...], limit: int) -> Heads:
    found = _NOTHING
    for item in items:
        if not any(whole for _, whole in found):
            break
        found = _followed(found, heads(item, limit), limit)
    return found


def _followed(first: Heads, second: Heads, limit: int) -> Heads:
    if len(first) * len(second) > 20 * limit:
        return _bounded(first, 0)
    joined = {(a + b, end) for a, whole in first if whole for b, end in second}
    return _bounded(frozenset(joined | {head for head in first if not head[1]}), limit)


def _bounded(found: Heads, limit: int) -> Heads:
    if len(found) <= limit and all(len(text) <= _MAX_TEXT for text, _ in found):
        return found
    return frozenset({(_common_start(found)[:_MAX_TEXT], False)})


def _common_start(found: Heads) -> str:
    texts = [text for text, _ in found] or [""]
    first, last = min(texts), max(texts)
    return first[: next((i for i, char in enumerate(first) if last[i] != char), len(first))]


def _repeated(node: Repeat, limit: int) -> Heads:
    once = heads(node.body, limit)
    found = _NOTHING
    for _ in range(min(node.low, _MAX_TEXT + 1)):
        longer = _followed(found, once, limit)
        if longer == found:
            break
        found = longer
    if node.high is None:
        return _bounded(found | _opened(_followed(found, once, limit)), limit)
    return _up_to(found, once, node.high - node.low, limit)


def _opened(found: Heads) -> Heads:
    return frozenset((text, False) for text, _ in found)


def _up_to(found: Heads, once: Heads, times: int, limit: int) -> Heads:
    every = latest = found
    for _ in range(times):
        latest = _followed(latest, once, limit)
        if latest <= every:
            break
        every = _bounded(every | latest, limit)
        if not any(whole for _, whole in every):
            break
    return every
