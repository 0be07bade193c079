"""The tree of a pattern: what both parsers build, and what translation, enumeration and inversion read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from kc_lineage_dagster.java_regex.charset import CharSet

Mode = Literal["greedy", "lazy", "possessive"]


class NotTranslated(Exception):  # noqa: N818 - it never leaves this package: the callers turn it into a `Refused`
    """The pattern is wrong for its dialect, or means something that is not translated."""


@dataclass(frozen=True, slots=True)
class Char:
    """One character of a set.

    Args:
        chars: The set.
        source: The same in Java's syntax, flags included, so that it can stand alone.
        dot: Whether it is written as ``.``.
    """

    chars: CharSet
    source: str
    dot: bool = False


@dataclass(frozen=True, slots=True)
class Seq:
    """The items one after the other; the empty sequence matches the empty text."""

    items: tuple[RegexNode, ...]


@dataclass(frozen=True, slots=True)
class Alt:
    """The first branch that leads to a match."""

    branches: tuple[RegexNode, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A group; ``index`` is None when it does not capture."""

    body: RegexNode
    index: int | None


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part that matches several times in a row.

    Args:
        body: What is repeated.
        low: The least number of rounds.
        high: The greatest number of rounds; None for no end.
        mode: ``greedy``, ``lazy`` or ``possessive``.
    """

    body: RegexNode
    low: int
    high: int | None
    mode: Mode


@dataclass(frozen=True, slots=True)
class Atomic:
    """``(?>...)``: once left, it is not entered again."""

    body: RegexNode


@dataclass(frozen=True, slots=True)
class Look:
    """A lookahead or a lookbehind: matches no text itself.

    Args:
        body: What must match there, or must not.
        ahead: Whether it looks ahead; else behind.
        negated: Whether ``body`` must not match.
    """

    body: RegexNode
    ahead: bool
    negated: bool


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place in the text, matching nothing itself; ``kind`` is a key of ``render.ANCHORS``."""

    kind: str
    source: str


@dataclass(frozen=True, slots=True)
class BackRef:
    """The text of an earlier group once more.

    Args:
        index: The number of the group.
        ignore_case: Whether the case of letters does not matter.
        source: The same in Java's syntax, flags included.
    """

    index: int
    ignore_case: bool
    source: str


@dataclass(frozen=True, slots=True)
class GraphemeCluster:
    """``\\X``, a grapheme cluster."""

    source: str


# A node of a pattern's tree.
RegexNode: TypeAlias = "Char | Seq | Alt | Group | Repeat | Atomic | Look | Anchor | BackRef | GraphemeCluster"

EMPTY = Seq(())


@dataclass(frozen=True, slots=True)
class Parsed:
    """A pattern as its parser understood it.

    Args:
        root: The tree.
        groups: The number of capturing groups.
        names: Pairs (name of a group, its number).
        ascii_only: Why only ASCII texts may be asked about; None when any may.
    """

    root: RegexNode
    groups: int
    names: tuple[tuple[str, int], ...] = ()
    ascii_only: str | None = None


def children(node: RegexNode) -> tuple[RegexNode, ...]:
    """Return the direct parts of a node.

    >>> children(Group(EMPTY, 1))
    (Seq(items=()),)
    """
    match node:
        case Seq(items):
            return items
        case Alt(branches):
            return branches
        case Group(body) | Repeat(body) | Atomic(body) | Look(body):
            return (body,)
        case _:
            return ()


def walk(node: RegexNode) -> tuple[RegexNode, ...]:
    """Return the node and everything below it, outermost first.

    >>> [type(node).__name__ for node in walk(Group(EMPTY, 1))]
    ['Group', 'Seq']
    """
    found, waiting = [], [node]
    while waiting:
        current = waiting.pop()
        found.append(current)
        waiting.extend(reversed(children(current)))
    return tuple(found)


def group_indexes(node: RegexNode) -> frozenset[int]:
    """Return the numbers of the capturing groups in ``node``, its own included.

    >>> group_indexes(Seq((Group(EMPTY, 1), Group(EMPTY, None), Group(EMPTY, 2))))
    frozenset({1, 2})
    """
    return frozenset(n.index for n in walk(node) if isinstance(n, Group) and n.index is not None)


def sequence(items: list[RegexNode]) -> RegexNode:
    """Return one item as it is, several as a sequence.

    >>> sequence([EMPTY]) is EMPTY
    True
    """
    return items[0] if len(items) == 1 else Seq(tuple(items))


def alternation(branches: list[RegexNode]) -> RegexNode:
    """Return one branch as it is, several as an alternation.

    >>> alternation([EMPTY, EMPTY])
    Alt(branches=(Seq(items=()), Seq(items=())))
    """
    return branches[0] if len(branches) == 1 else Alt(tuple(branches))


def nullable(node: RegexNode) -> bool:
    """Tell whether the node may match the empty text (True also where that depends on the text around it).

    >>> from kc_lineage_dagster.java_regex.charset import chars
    >>> nullable(Repeat(Char(chars("a"), "a"), 0, None, "greedy"))
    True
    """
    match node:
        case Char() | GraphemeCluster():
            return False
        case Seq(items):
            return all(map(nullable, items))
        case Alt(branches):
            return any(map(nullable, branches))
        case Group(body) | Atomic(body):
            return nullable(body)
        case Repeat(body, low):
            return low == 0 or nullable(body)
        case _:
            return True


def unrolled(node: RegexNode) -> int:
    """Return how many characters long the pattern is with every round that a repetition must have written out.

    >>> from kc_lineage_dagster.java_regex.charset import chars
    >>> unrolled(Repeat(Char(chars("a"), "a"), 1000, None, "greedy"))
    1000
    """
    match node:
        case Repeat(body, low):
            return max(low, 1) * unrolled(body)
        case Char() | GraphemeCluster():
            return 1
        case _:
            return sum(map(unrolled, children(node)))
