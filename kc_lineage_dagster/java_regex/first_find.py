"""Is the first find of a pattern the whole text, for every text that it matches in full?

RegexRouter asks `matches()` and then replaces the first *find*, which may be shorter (``a|ab`` on ``ab``). Only where
it never is can the replacement be read backwards. That is decided exactly, by walking through all states of a
`Machine`, for texts without line breaks.
"""

from __future__ import annotations

from dataclasses import replace

from kc_lineage_dagster.java_regex.charset import NOTHING, CharSet, disjoint, union
from kc_lineage_dagster.java_regex.machine import Machine, Threads, letters
from kc_lineage_dagster.java_regex.nodes import (
    Alt,
    Anchor,
    Char,
    Group,
    NotTranslated,
    RegexNode,
    Repeat,
    Seq,
    nullable,
)


def without_possessives(node: RegexNode, follow: CharSet = NOTHING) -> RegexNode:
    """Return the tree with possessive repetitions made greedy where that is the same.

    ``follow``: the characters that may come next.

    Raises:
        NotTranslated: Where greedy is not known to be the same, and for lookarounds, back references and atomic groups.

    >>> from kc_lineage_dagster.java_regex.java_parser import parse_java
    >>> without_possessives(parse_java("a++", ignore_case=False).root).mode
    'greedy'
    """
    match node:
        case Char() | Anchor():
            return node
        case Seq(items):
            done: list[RegexNode] = []
            for item in reversed(items):
                done.append(without_possessives(item, follow))
                follow = union((_first(item), follow)) if nullable(item) else _first(item)
            return Seq(tuple(reversed(done)))
        case Alt(branches):
            return Alt(tuple(without_possessives(branch, follow) for branch in branches))
        case Group(body, index):
            return Group(without_possessives(body, follow), index)
        case Repeat(body):
            inner = replace(node, body=without_possessives(body, union((_first(body), follow))))
            return inner if node.mode != "possessive" else _greedy(inner, follow)
        case _:
            raise NotTranslated("lookarounds, back references or atomic groups")


def _greedy(node: Repeat, follow: CharSet) -> Repeat:
    if isinstance(node.body, Char) and (node.low == node.high or disjoint(node.body.chars, follow)):
        return replace(node, mode="greedy")
    raise NotTranslated("a possessive repetition that changes what is matched")


def _first(node: RegexNode) -> CharSet:
    """Return the characters that a match of the node may begin with."""
    match node:
        case Char(charset):
            return charset
        case Seq(items):
            stop = next((i for i, item in enumerate(items) if not nullable(item)), len(items))
            return union(_first(item) for item in items[: stop + 1])
        case Alt(branches):
            return union(map(_first, branches))
        case Group(body) | Repeat(body):
            return _first(body)
        case _:
            return NOTHING


def first_find_is_whole(root: RegexNode) -> bool:
    """Tell whether the first find in every text that matches in full is that whole text.

    ``root`` must come from `without_possessives`.

    Raises:
        NotTranslated: When it cannot be decided.

    >>> from kc_lineage_dagster.java_regex.java_parser import parse_java
    >>> [first_find_is_whole(parse_java(pattern, ignore_case=False).root) for pattern in ("a|ab", "ab|a")]
    [False, True]
    """
    machine = Machine()
    start = machine.start(root)
    reading = [(letter, machine.reading(letter)) for letter in letters((machine,))]
    waiting = [(start, _cut(start))]
    seen = set(waiting)
    while waiting:
        every, first = waiting.pop()
        if machine.ended(every) is not None and machine.ended(first) is None:
            return False
        for letter, states in reading:
            step = machine.step(every, letter, states), _cut(machine.step(first, letter, states))
            if step[0] and step not in seen:
                seen.add(step)
                waiting.append(step)
    return True


def _cut(threads: Threads) -> Threads:
    """Drop the threads that a match, reached by a preferred one, makes irrelevant."""
    at = next((i for i, (number, _) in enumerate(threads) if number == 0), len(threads))
    return threads[: at + 1]
