"""Is the first find of a pattern the whole text, for every text that it matches in full?

RegexRouter asks `matches()` and then replaces the first *find*, which may be shorter (``a|ab`` on ``ab``). Only where it
never is can the replacement be read backwards. The question is decided exactly, by walking through all states of a
matcher that keeps its threads in Java's order of preference, for texts without line breaks.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeAlias

from kc_lineage_dagster.derive.java_regex.charset import (
    LAST,
    NOTHING,
    CharSet,
    Ranges,
    contains,
    disjoint,
    union,
)
from kc_lineage_dagster.derive.java_regex.nodes import (
    Alt,
    Anchor,
    Char,
    Group,
    Node,
    NotTranslated,
    Repeat,
    Seq,
    nullable,
)

MAX_STATES = 2000
MAX_WALKED = 3000
_ENDS = frozenset({"end", "end_or_break", "unix_end_or_break"})
_LINE_BREAKS = "\n\r\x85\u2028\u2029"
Threads: TypeAlias = "tuple[int, ...]"


def without_possessives(node: Node, follow: CharSet = NOTHING) -> Node:
    """Return the tree with possessive repetitions made greedy where that is the same.

    ``follow``: the characters that may come next. Raises NotTranslated where it is not known to be the same, and for
    lookarounds, back references and atomic groups.
    """
    match node:
        case Char() | Anchor():
            return node
        case Seq(items):
            done: list[Node] = []
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


def _first(node: Node) -> CharSet:
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


@dataclass(slots=True)
class _Machine:
    """States: what each one reads (None for a fork) and where it leads, in order of preference."""

    reads: list[CharSet | str | None] = field(default_factory=list)
    leads: list[Threads] = field(default_factory=list)

    def add(self, reads: CharSet | str | None, *leads: int) -> int:
        if len(self.reads) >= MAX_STATES:
            raise NotTranslated("a pattern too large to be inverted")
        self.reads.append(reads)
        self.leads.append(leads)
        return len(self.reads) - 1


def _build(machine: _Machine, node: Node, after: int) -> int:
    """Add the states of the node before state ``after`` and return the first of them."""
    match node:
        case Char(charset):
            return machine.add(charset, after)
        case Seq(items):
            for item in reversed(items):
                after = _build(machine, item, after)
            return after
        case Alt(branches):
            return machine.add(None, *(_build(machine, branch, after) for branch in branches))
        case Group(body):
            return _build(machine, body, after)
        case Repeat():
            return _build_repeat(machine, node, after)
        case Anchor(kind) if kind == "begin" or kind in _ENDS:
            return machine.add("begin" if kind == "begin" else "end", after)
        case _:
            raise NotTranslated("a construct that cannot be inverted")


def _build_repeat(machine: _Machine, node: Repeat, after: int) -> int:
    start = after
    if node.high is None:
        if nullable(node.body):
            raise NotTranslated("an endless repetition of what may be empty")
        start = machine.add(None)
        body = _build(machine, node.body, start)
        machine.leads[start] = _ordered(node, body, after)
    else:
        for _ in range(min(node.high - node.low, MAX_STATES + 1)):
            body = _build(machine, node.body, start)
            start = machine.add(None, *_ordered(node, body, after))
    for _ in range(min(node.low, MAX_STATES + 1)):
        start = _build(machine, node.body, start)
    return start


def _ordered(node: Repeat, body: int, after: int) -> Threads:
    return (after, body) if node.mode == "lazy" else (body, after)


def _closure(machine: _Machine, states: Threads, passed: str) -> Threads:
    """Return the states that read a character or wait, in order; ``passed``: the kind of anchor that holds here."""
    found: dict[int, None] = {}
    waiting = list(reversed(states))
    while waiting:
        state = waiting.pop()
        if state in found:
            continue
        found[state] = None
        reads = machine.reads[state]
        if reads is None or reads == passed:
            waiting.extend(reversed(machine.leads[state]))
    return tuple(s for s in found if machine.reads[s] is not None and machine.reads[s] != passed)


def first_find_is_whole(root: Node) -> bool:
    """Tell whether the first find in every text that matches in full is that whole text.

    ``root`` must come from `without_possessives`; raises NotTranslated when it cannot be decided.
    """
    machine = _Machine()
    match = machine.add("match")
    start = _closure(machine, (_build(machine, root, match),), "begin")
    seen = {(start, _cut(start, match))}
    waiting = list(seen)
    letters = _letters(machine)
    while waiting:
        every, first = waiting.pop()
        if _ends(machine, every, match) and not _ends(machine, first, match):
            return False
        for letter in letters:
            step = _step(machine, every, letter), _cut(_step(machine, first, letter), match)
            if step[0] and step not in seen:
                seen.add(step)
                waiting.append(step)
        if len(seen) > MAX_WALKED:
            raise NotTranslated("a pattern too large to be inverted")
    return True


def _cut(threads: Threads, match: int) -> Threads:
    """Drop the threads that a match, reached by a preferred one, makes irrelevant."""
    return threads[: threads.index(match) + 1] if match in threads else threads


def _ends(machine: _Machine, threads: Threads, match: int) -> bool:
    return match in _closure(machine, threads, "end")


def _step(machine: _Machine, threads: Threads, letter: str) -> Threads:
    targets: list[int] = []
    for state in threads:
        reads = machine.reads[state]
        if reads is not None and not isinstance(reads, str) and contains(reads, letter):
            targets.extend(machine.leads[state])
    return _closure(machine, tuple(targets), "")


def _letters(machine: _Machine) -> tuple[str, ...]:
    """Return one character for each way in which the pattern can tell characters apart."""
    sets = {reads for reads in machine.reads if reads is not None and not isinstance(reads, str)}
    points = {*range(0x20, 0x7F), 9, 0xE9, 0x3B1, 0x65E5}
    for part in sets:
        if isinstance(part, Ranges):
            points.update(p for pair in part.pairs for edge in pair for p in (edge - 1, edge, edge + 1))
    kinds: dict[tuple[bool, ...], str] = {}
    ordered = tuple(sets)
    for point in sorted(points):
        if 0 <= point <= LAST and not 0xD800 <= point <= 0xDFFF and chr(point) not in _LINE_BREAKS:
            kinds.setdefault(tuple(contains(part, chr(point)) for part in ordered), chr(point))
    return tuple(kinds.values())
