"""A matcher made of states whose threads run side by side in Java's order of preference.

It matches nothing that has to be fast: it is walked through, all its states at once, to decide questions about all
texts of a pattern. Line breaks are left out: no topic has one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from kc_lineage_dagster.java_regex.charset import LAST, NOTHING, CharSet, Ranges, among, contains
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

MAX_STATES = 2000
MAX_VISITS = 200_000
# Of the characters beyond ASCII that only a property tells apart, these stand for all.
_BEYOND_ASCII = "\xa0\xb2\xe9\xc9\u03b4\u03a9\u044f\u042f\u0663\u65e5\u3072\u20ac\u2014\u3000\u0301"
LINE_BREAKS = "\n\r\x85\u2028\u2029"
_ANCHORS: dict[str, Kind] = {"begin": "begin", "end": "end", "end_or_break": "end", "unix_end_or_break": "end"}

Kind: TypeAlias = Literal["match", "char", "fork", "begin", "end", "open", "close"]
# What a thread knows of each group that is asked for: its text so far (None: not one that counts), and if it is open.
Notes: TypeAlias = "tuple[tuple[str | None, bool], ...]"
Thread: TypeAlias = "tuple[int, Notes]"
Threads: TypeAlias = "tuple[Thread, ...]"


@dataclass(frozen=True, slots=True)
class State:
    """One state of a machine.

    Args:
        kind: What it does: reads a character, forks, opens or closes a group, or waits for a place in the text.
        leads: The states that follow, in order of preference.
        reads: The characters that it reads; None for a state that reads none.
        group: The group's place among the noted groups; -1 for none.
    """

    kind: Kind
    leads: tuple[int, ...] = ()
    reads: CharSet | None = None
    group: int = -1


@dataclass(slots=True)
class Machine:
    """The states of a pattern; state 0 is the match.

    Args:
        noted: The numbers of the groups whose text the threads note down.
        counts: For each noted group all beginnings of the texts that matter.
        states: The states so far.
        visits: How much was looked at; more than ``MAX_VISITS`` (about a second) is given up.
    """

    noted: tuple[int, ...] = ()
    counts: tuple[frozenset[str], ...] = ()
    states: list[State] = field(default_factory=lambda: [State("match")])
    visits: int = 0

    def add(self, state: State) -> int:
        """Add a state and return its number.

        Raises:
            NotTranslated: When the machine has ``MAX_STATES`` states already.
        """
        if len(self.states) >= MAX_STATES:
            raise NotTranslated("a pattern too large to be inverted")
        self.states.append(state)
        return len(self.states) - 1

    def start(self, root: RegexNode) -> Threads:
        """Return the threads at the beginning of a text, after building the states of the tree."""
        first = add_states(self, root, 0)
        return self.settled(((first, (("", False),) * len(self.noted)),), "begin")

    def settled(self, threads: Iterable[Thread], passed: str) -> Threads:
        """Follow the threads to where they read or wait; ``passed``: the kind of anchor that holds here.

        Raises:
            NotTranslated: When more than ``MAX_VISITS`` cases were looked at.
        """
        found: dict[int, Notes] = {}
        waiting = list(threads)[::-1]
        while waiting:
            number, notes = waiting.pop()
            self.visits += 1
            if number in found:
                continue
            found[number] = notes
            state = self.states[number]
            if state.kind in ("fork", "open", "close", passed):
                after = self._noting(state, notes)
                waiting.extend((lead, after) for lead in reversed(state.leads))
        if self.visits > MAX_VISITS:
            raise NotTranslated("too many cases to look at")
        stays = ("match", "char", "begin", "end")
        return tuple(
            (n, notes) for n, notes in found.items() if (kind := self.states[n].kind) in stays and kind != passed
        )

    def _noting(self, state: State, notes: Notes) -> Notes:
        if state.group < 0:
            return notes
        text = "" if state.kind == "open" else notes[state.group][0]
        return (*notes[: state.group], (text, state.kind == "open"), *notes[state.group + 1 :])

    def step(self, threads: Threads, letter: str, reading: frozenset[int]) -> Threads:
        """Return the threads after a letter.

        Args:
            threads: The threads before it, in order of preference.
            letter: One character.
            reading: The states that can read the letter.
        """
        moved = [
            (self.states[number].leads[0], self._read(notes, letter)) for number, notes in threads if number in reading
        ]
        return self.settled(moved, "")

    def _read(self, notes: Notes, letter: str) -> Notes:
        return tuple(
            (_lengthened(text, letter, counts), True) if is_open else (text, False)
            for (text, is_open), counts in zip(notes, self.counts, strict=True)
        )

    def ended(self, threads: Threads) -> Notes | None:
        """Return what the preferred thread noted if the text may end here, else None."""
        return next((notes for number, notes in self.settled(threads, "end") if number == 0), None)

    def reading(self, letter: str) -> frozenset[int]:
        """Return the states that can read the letter."""
        return frozenset(
            n for n, state in enumerate(self.states) if state.reads is not None and contains(state.reads, letter)
        )


def _lengthened(text: str | None, letter: str, counts: frozenset[str]) -> str | None:
    longer = None if text is None else text + letter
    return longer if longer in counts else None


def add_states(machine: Machine, node: RegexNode, after: int) -> int:
    """Add the states of a node and return the first of them.

    Args:
        machine: Where they are added.
        node: The part of the pattern.
        after: The state that follows when the node has matched.

    Raises:
        NotTranslated: For a node that cannot be inverted, and for too many states.

    >>> from kc_lineage_dagster.java_regex.java_parser import parse_java
    >>> machine = Machine()
    >>> add_states(machine, parse_java("ab", ignore_case=False).root, 0)
    2
    >>> [state.kind for state in machine.states]
    ['match', 'char', 'char']
    """
    match node:
        case Char(charset):
            return machine.add(State("char", (after,), charset))
        case Seq(items):
            for item in reversed(items):
                after = add_states(machine, item, after)
            return after
        case Alt(branches):
            return machine.add(State("fork", tuple(add_states(machine, branch, after) for branch in branches)))
        case Group(body, index):
            if index not in machine.noted:
                return add_states(machine, body, after)
            slot = machine.noted.index(index)
            closing = machine.add(State("close", (after,), group=slot))
            return machine.add(State("open", (add_states(machine, body, closing),), group=slot))
        case Repeat():
            return _build_repeat(machine, node, after)
        case Anchor(kind) if kind in _ANCHORS:
            return machine.add(State(_ANCHORS[kind], (after,)))
        case _:
            raise NotTranslated("a construct that cannot be inverted")


def _build_repeat(machine: Machine, node: Repeat, after: int) -> int:
    start = after
    if node.high is None:
        if nullable(node.body):
            raise NotTranslated("an endless repetition of what may be empty")
        start = machine.add(State("fork"))
        body = add_states(machine, node.body, start)
        machine.states[start] = State("fork", _ordered(node, body, after))
    else:
        for _ in range(min(node.high - node.low, MAX_STATES + 1)):
            body = add_states(machine, node.body, start)
            start = machine.add(State("fork", _ordered(node, body, after)))
    for _ in range(min(node.low, MAX_STATES + 1)):
        start = add_states(machine, node.body, start)
    return start


def _ordered(node: Repeat, body: int, after: int) -> tuple[int, int]:
    return (after, body) if node.mode == "lazy" else (body, after)


def letters(machines: Iterable[Machine], apart: str = "") -> tuple[str, ...]:
    """Return one character for each way in which the machines can tell characters apart, and each of ``apart``.

    Raises:
        NotTranslated: When a character that a machine reads is none of those that are tried.

    >>> from kc_lineage_dagster.java_regex.java_parser import parse_java
    >>> machine = Machine()
    >>> _ = machine.start(parse_java("[a-c]x", ignore_case=False).root)
    >>> letters((machine,))
    ('\\t', 'a', 'x')
    """
    sets = {state.reads for machine in machines for state in machine.states if state.reads is not None}
    points = {*range(0x20, 0x7F), 9, *map(ord, _BEYOND_ASCII + apart)}
    for part in sets:
        if isinstance(part, Ranges):
            points.update(p for pair in part.pairs for edge in pair for p in (edge - 1, edge, edge + 1))
    kinds: dict[tuple[bool | str, ...], str] = {}
    ordered = tuple(sets)
    chars = [
        chr(point)
        for point in sorted(points)
        if 0 <= point <= LAST and chr(point) not in LINE_BREAKS and not 0xD800 <= point <= 0xDFFF
    ]
    held = [among(part, chars) for part in ordered]
    for char in chars:
        own = char if char in apart else ""
        kinds.setdefault((own, *(char in some for some in held)), char)
    if any(some.isdisjoint(kinds.values()) for part, some in zip(ordered, held, strict=True) if part != NOTHING):
        raise NotTranslated("a set of rare characters")
    return tuple(kinds.values())
