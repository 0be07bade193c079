"""One parser for both dialects: alternation, sequence, groups and quantifiers. What the dialects differ in is data.

Java's dialect is in ``java_parser``, that of RE2/J in ``re2_parser``.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kc_lineage_dagster.java_regex.nodes import (
    Atomic,
    Group,
    Look,
    Mode,
    NotTranslated,
    Parsed,
    RegexNode,
    Repeat,
    alternation,
    sequence,
)
from kc_lineage_dagster.java_regex.scanner import Scanner, prepared

Bounds = tuple[int, "int | None"]

_BOUNDS: Mapping[str, Bounds] = {"?": (0, 1), "*": (0, None), "+": (1, None)}
_LOOKS = (("<=", False, False), ("<!", False, True), ("=", True, False), ("!", True, True))


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one dialect reads in its own way.

    Args:
        atom: Reads what is neither a group nor a quantifier, given its first character; the scanner stands before it.
        mode: Reads what follows the bounds of a quantifier (``?``, ``+``) and returns the quantifier's mode.
        name: Reads the name of a group, to the ``>`` behind it.
        name_marks: What opens a named group, after ``(?``.
        flags: Letters that ``(?...)`` may hold -> the flags that each of them switches.
        most_rounds: The largest number that a quantifier may have.
        errors: What the dialect's own compiler says: ``dangling`` quantifier (``{}`` is its character), ``unclosed``
            and ``unmatched`` parenthesis, unknown ``flags``, ``rounds`` that are too many or out of order;
            ``no_rounds`` and ``unclosed_rounds`` of a brace that is not literal.
        refused_flags: Letters among ``flags`` that are not translated -> why.
        empty_flags: Whether ``(?)`` and ``(?i-)``, which switch nothing, are allowed.
        check_behind: Refuses what a lookbehind may not hold; None for a dialect without lookaround and atomic groups.
        literal_brace: Whether a brace that is no quantifier stands for itself.
    """

    atom: Callable[[Scanner, str], RegexNode]
    mode: Callable[[Scanner], Mode]
    name: Callable[[Scanner], str]
    name_marks: tuple[str, ...]
    flags: Mapping[str, str]
    most_rounds: int
    errors: Mapping[str, str]
    refused_flags: Mapping[str, str] = field(default_factory=dict)
    empty_flags: bool = False
    check_behind: Callable[[RegexNode], None] | None = None
    literal_brace: bool = False


def parse(pattern: str, dialect: Dialect, flags: frozenset[str] = frozenset()) -> Parsed:
    """Return the tree of a pattern.

    Args:
        pattern: As written.
        dialect: How it is to be read.
        flags: Letters of the inline flags in force from the beginning.

    Raises:
        NotTranslated: For a pattern that the dialect refuses, or whose meaning is not known for sure.

    >>> from kc_lineage_dagster.java_regex.re2_parser import RE2
    >>> parse("(?P<name>a)", RE2).names
    (('name', 1),)
    """
    scanner = Scanner(prepared(pattern), flags)
    root = _alternation(scanner, dialect)
    if scanner.pos < len(scanner.text):
        raise NotTranslated(dialect.errors["unmatched"])
    if any(index <= scanner.groups for index in scanner.ahead):
        raise NotTranslated("a back reference to a group that is not complete yet")
    return Parsed(root, scanner.groups, tuple(scanner.names.items()), scanner.ascii_only)


def _alternation(scanner: Scanner, dialect: Dialect) -> RegexNode:
    branches = [_sequence(scanner, dialect)]
    while scanner.peek() == "|":
        scanner.take()
        branches.append(_sequence(scanner, dialect))
    return alternation(branches)


def _sequence(scanner: Scanner, dialect: Dialect) -> RegexNode:
    items: list[RegexNode] = []
    while (char := scanner.peek()) and char not in "|)":
        if char in _BOUNDS:
            raise NotTranslated(dialect.errors["dangling"].format(char))
        item = _group(scanner, dialect) if char == "(" else dialect.atom(scanner, char)
        if item is not None:
            items.append(_quantified(scanner, dialect, item))
    return sequence(items)


def _quantified(scanner: Scanner, dialect: Dialect, item: RegexNode) -> RegexNode:
    bounds = quantifier(scanner, dialect)
    return item if bounds is None else Repeat(item, *bounds, dialect.mode(scanner))


def quantifier(scanner: Scanner, dialect: Dialect) -> Bounds | None:
    """Read the bounds of the quantifier that comes next: least and most rounds, None for no end.

    None, and nothing is read, where no quantifier comes next.

    Raises:
        NotTranslated: For a quantifier that the dialect refuses.

    >>> from kc_lineage_dagster.java_regex.re2_parser import RE2
    >>> quantifier(Scanner("{2,3}"), RE2)
    (2, 3)
    """
    char, start = scanner.peek(), scanner.pos
    if char in _BOUNDS:
        scanner.take()
        return _BOUNDS[char]
    if not scanner.accept("{"):
        return None
    first = scanner.take_while(string.digits)
    comma = scanner.accept(",")
    second = scanner.take_while(string.digits) if comma else first
    if not first or not scanner.accept("}"):
        if not dialect.literal_brace:
            raise NotTranslated(dialect.errors["unclosed_rounds" if first else "no_rounds"])
        scanner.pos = start
        return None
    longest = max(len(first), len(second))
    if longest > len(str(dialect.most_rounds)) or max(int(first), int(second or 0)) > dialect.most_rounds:
        raise NotTranslated(dialect.errors["rounds"])
    if second and int(second) < int(first):
        raise NotTranslated(dialect.errors["rounds"])
    return int(first), int(second) if second else None


def _group(scanner: Scanner, dialect: Dialect) -> RegexNode | None:
    """Return the group at the parenthesis; None for ``(?flags)``, which holds to the end of the group around it."""
    scanner.take()
    outer = scanner.flags
    if scanner.peek() != "?":
        return _body(scanner, dialect, outer, scanner.open_group())
    scanner.take()
    if scanner.accept(":"):
        return _body(scanner, dialect, outer)
    if dialect.check_behind is not None:
        if scanner.accept(">"):
            return Atomic(_body(scanner, dialect, outer).body)
        for mark, ahead, negated in _LOOKS:
            if scanner.accept(mark):
                body = _body(scanner, dialect, outer).body
                if not ahead:
                    dialect.check_behind(body)
                return Look(body, ahead, negated)
    if any(map(scanner.accept, dialect.name_marks)):
        return _body(scanner, dialect, outer, scanner.open_group(dialect.name(scanner)))
    return _flags(scanner, dialect, outer)


def _body(scanner: Scanner, dialect: Dialect, outer: frozenset[str], index: int | None = None) -> Group:
    scanner.enter()
    body = _alternation(scanner, dialect)
    if scanner.peek() != ")":
        raise NotTranslated(dialect.errors["unclosed"])
    scanner.take()
    scanner.depth -= 1
    scanner.flags = outer
    if index is not None:
        scanner.closed.add(index)
    return Group(body, index)


def _flags(scanner: Scanner, dialect: Dialect, outer: frozenset[str]) -> RegexNode | None:
    letters = "".join(dialect.flags)
    on = scanner.take_while(letters)
    minus = scanner.accept("-")
    off = scanner.take_while(letters) if minus else ""
    for letter, reason in dialect.refused_flags.items():
        if letter in on:
            raise NotTranslated(reason)
    end = scanner.take()
    switches = bool(off) if minus else bool(on) or end == ":"
    if end not in (")", ":") or not (switches or dialect.empty_flags):
        raise NotTranslated(dialect.errors["flags"])
    added, removed = ({flag for letter in some for flag in dialect.flags[letter]} for some in (on, off))
    scanner.flags = frozenset((outer | added) - removed)
    return None if end == ")" else _body(scanner, dialect, outer)
