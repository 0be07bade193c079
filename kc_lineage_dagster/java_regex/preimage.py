"""Texts with gaps: what is known of an input that a router turned into a known output."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from kc_lineage_dagster.java_regex.compiled import JavaRegex, Refused, compile_java

# What the ends of names are made of, as people cut them off: shards, partitions by date, versions.
_WORDS = ("1", "01", "001", "0001", "2024", "202401", "20240101", "2024_01", "2024_01_01", "a", "ab", "a1", "_1", "_a")


@dataclass(frozen=True, slots=True)
class Hole:
    """Text that is not known; ``regex`` is the Java pattern that it matches."""

    regex: str


Preimage: TypeAlias = "tuple[str | Hole, ...]"


def merged(parts: tuple[str | Hole, ...]) -> Preimage:
    """Return the parts with neighbours of one kind joined and empty texts dropped; all empty is ``("",)``.

    >>> merged(("shop", ".", Hole("a"), Hole("b"), ""))
    ('shop.', Hole(regex='ab'))
    """
    joined: list[str | Hole] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, str) and isinstance(last, str):
            joined[-1] = last + part
        elif isinstance(part, Hole) and isinstance(last, Hole):
            joined[-1] = Hole(last.regex + part.regex)
        elif part != "":
            joined.append(part)
    return tuple(joined) or ("",)


def matches_pattern(parts: Preimage, text: str) -> bool:
    """Tell whether the text consists of the literals and of something for each hole; False when undecided.

    >>> matches_pattern((Hole(".*"), ".orders"), "shop.orders")
    True
    """
    compiled = _compiled(parts)
    return not isinstance(compiled, Refused) and compiled.matches(text) is True


def complete(parts: Preimage, head: str) -> tuple[str, ...]:
    """Return the texts that fit ``parts`` and begin with ``head``, when ``head`` covers every hole.

    ``head`` may end inside the text after the last hole, for example ``shop.inventory.`` for ``<hole>.<hole>.orders``
    (one answer: ``shop.inventory.orders``). Where it can be read as ending inside that text, it is; only otherwise as
    ending with the last hole. Empty when a hole is left, which includes parts that end with one. A hole that fits more
    (``.*``) might go on after ``head``: the caller knows whether ``head`` ends where a name begins.

    >>> complete((Hole("[^.]+"), ".", Hole("[^.]+"), ".orders"), "shop.inventory.")
    ('shop.inventory.orders',)
    """
    tail = parts[-1] if parts else ""
    if not isinstance(tail, str):
        return ()
    if not any(isinstance(part, Hole) for part in parts):
        return (tail,) if tail.startswith(head) else ()
    before = _compiled(parts[:-1])
    if isinstance(before, Refused):
        return ()
    overlaps = [n for n in range(1, len(tail) + 1) if head.endswith(tail[:n])]
    for some in (overlaps, [0]):
        found = {head + tail[n:] for n in some if before.matches(head[: len(head) - n]) is True}
        if found:
            return tuple(sorted(found))
    return ()


def examples(parts: Preimage) -> tuple[str, ...]:
    """Return some texts that fit ``parts``: each of a few numbers, dates and words in the place of all holes.

    >>> examples(("orders_", Hole(r"\\d{8}")))
    ('orders_20240101',)
    """
    fitting = _fitting(tuple(part.regex for part in parts if isinstance(part, Hole)))
    return tuple("".join(part if isinstance(part, str) else word for part in parts) for word in fitting)


@lru_cache(maxsize=1024)
def _fitting(holes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words that fit every hole."""
    compiled = tuple(map(compile_java, holes))
    regexes = tuple(regex for regex in compiled if not isinstance(regex, Refused))
    if len(regexes) < len(holes):
        return ()
    return tuple(word for word in _WORDS if all(regex.matches(word) is True for regex in regexes))


def _compiled(parts: Preimage) -> JavaRegex | Refused:
    return compile_java("".join(f"(?:{p.regex})" if isinstance(p, Hole) else quoted(p) for p in parts))


def quoted(text: str) -> str:
    """Return the Java pattern that matches just this text.

    >>> quoted("shop.orders")
    'shop\\\\.orders'
    """
    return "".join(map(_quoted, text))


def _quoted(char: str) -> str:
    if not char.isascii() or not char.isprintable():
        return f"\\x{{{ord(char):x}}}"
    return char if char.isalnum() else f"\\{char}"
