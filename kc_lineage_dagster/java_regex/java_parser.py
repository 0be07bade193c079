"""Java's patterns to a tree: alternation, sequence, groups, quantifiers, flags.

Source: java.util.regex.Pattern (Java 17 measured; what newer versions read differently is refused).
"""

from __future__ import annotations

import string

from kc_lineage_dagster.java_regex import properties
from kc_lineage_dagster.java_regex.charset import ANYTHING, CharSet, chars, negate
from kc_lineage_dagster.java_regex.java_classes import char_class
from kc_lineage_dagster.java_regex.java_escapes import escape, one_with_case
from kc_lineage_dagster.java_regex.nodes import (
    EMPTY,
    Anchor,
    Atomic,
    BackRef,
    Char,
    Cluster,
    Group,
    Look,
    Mode,
    Node,
    NotTranslated,
    Parsed,
    Repeat,
    alternation,
    sequence,
    walk,
)
from kc_lineage_dagster.java_regex.parser_state import State, prepared

MAX_COUNT = 0x7FFFFFFF
_ON = {"i": "i", "m": "m", "s": "s", "d": "d", "u": "u", "x": "x", "U": "Uu"}
_BOUNDS: dict[str, tuple[int, int | None]] = {"?": (0, 1), "*": (0, None), "+": (1, None)}
_MODES: dict[str, Mode] = {"?": "lazy", "+": "possessive"}
_LOOKS = (("<=", False, False), ("<!", False, True), ("=", True, False), ("!", True, True))


def parse_java(pattern: str, *, ignore_case: bool) -> Parsed:
    """Return the tree of a Java pattern; raises NotTranslated."""
    state = State(prepared(pattern), frozenset("i") if ignore_case else frozenset())
    root = _alternation(state)
    if state.pos < len(state.text):
        raise NotTranslated("Unmatched closing ')'")
    if any(index <= state.groups for index in state.ahead):
        raise NotTranslated("a back reference to a group that is not complete yet")
    return Parsed(root, state.groups, tuple(state.names.items()), state.ascii_only)


def _alternation(state: State) -> Node:
    branches = [_sequence(state)]
    while state.peek() == "|":
        state.take()
        branches.append(_sequence(state))
    return alternation(branches)


def _sequence(state: State) -> Node:
    items: list[Node] = []
    while (char := state.peek()) and char not in "|)":
        if char in "?*+":
            raise NotTranslated(f"Dangling meta character '{char}'")
        item = _group(state) if char == "(" else _atom(state, char)
        if item is not None:
            items.append(_quantified(state, item))
    return sequence(items)


def _atom(state: State, char: str) -> Node:
    start = state.pos
    if char == "\\":
        return escape(state)
    if char == "{":  # a counted quantifier with nothing before it repeats the empty text
        return EMPTY
    if char == "[":
        found = char_class(state)
        return Char(found, state.source(start))
    state.take()
    if char in "^$":
        return Anchor(_place(char, state.flags), state.source(start))
    if char == ".":
        return Char(_dot(state.flags), state.source(start), dot=True)
    return Char(one_with_case(ord(char), state.flags), state.source(start))


def _place(char: str, flags: frozenset[str]) -> str:
    unix = "unix_" if "d" in flags else ""
    if "m" in flags:
        return unix + ("line_begin" if char == "^" else "line_end")
    return "begin" if char == "^" else unix + "end_or_break"


def _dot(flags: frozenset[str]) -> CharSet:
    if "s" in flags:
        return ANYTHING
    return negate(chars("\n") if "d" in flags else properties.LINE_ENDS)


def _quantified(state: State, item: Node) -> Node:
    char = state.peek()
    if char in _BOUNDS:
        state.take()
        low, high = _BOUNDS[char]
    elif char == "{":
        state.take()
        low, high = _counts(state)
    else:
        return item
    mode = _MODES.get(state.peek(), "greedy")
    if mode != "greedy":
        state.take()
    return Repeat(item, low, high, mode)


def _counts(state: State) -> tuple[int, int | None]:
    first = state.take_while(string.digits)
    if not first:
        raise NotTranslated("Illegal repetition")
    comma = state.accept(",")
    second = state.take_while(string.digits) if comma else first
    if not state.accept("}"):
        raise NotTranslated("Unclosed counted closure")
    if len(first) > 10 or len(second) > 10 or max(int(first), int(second or 0)) > MAX_COUNT:
        raise NotTranslated("Illegal repetition range")
    if second and int(second) < int(first):
        raise NotTranslated("Illegal repetition range")
    return int(first), int(second) if second else None


def _group(state: State) -> Node | None:
    """Return the group at the parenthesis; None for ``(?flags)``, which holds to the end of the group around it."""
    state.take()
    outer = state.flags
    if state.peek() != "?":
        return _body(state, outer, state.open_group())
    state.take()
    if state.accept(":"):
        return _body(state, outer)
    if state.accept(">"):
        return Atomic(_body(state, outer).body)
    for mark, ahead, negated in _LOOKS:
        if state.accept(mark):
            body = _body(state, outer).body
            if not ahead:
                _check_behind(body)
            return Look(body, ahead, negated)
    if state.accept("<"):
        return _body(state, outer, state.open_group(_name(state)))
    return _flags(state, outer)


def _body(state: State, outer: frozenset[str], index: int | None = None) -> Group:
    state.enter()
    body = _alternation(state)
    if state.peek() != ")":
        raise NotTranslated("Unclosed group")
    state.take()
    state.depth -= 1
    state.flags = outer
    if index is not None:
        state.closed.add(index)
    return Group(body, index)


def _name(state: State) -> str:
    name = state.take_while(string.ascii_letters + string.digits)
    if not name or name[0] in string.digits:
        raise NotTranslated("capturing group name does not start with a Latin letter")
    if not state.accept(">"):
        raise NotTranslated("named capturing group is missing trailing '>'")
    return name


def _flags(state: State, outer: frozenset[str]) -> Node | None:
    on = state.take_while("imsducxU")
    off = state.take_while("imsducxU") if state.accept("-") else ""
    if "c" in on:
        raise NotTranslated("(?c), canonical equivalence")
    end = state.take()
    if end not in (")", ":"):
        raise NotTranslated("Unknown inline modifier")
    added = {letter for flag in on for letter in _ON[flag]}
    removed = {letter for flag in off for letter in _ON.get(flag, "")}
    state.flags = frozenset((outer | added) - removed)
    return None if end == ")" else _body(state, outer)


def _check_behind(body: Node) -> None:
    """Refuse what Java refuses in a lookbehind, and what it would search from the other end than we do."""
    for node in walk(body):
        endless = isinstance(node, Repeat) and node.high is None
        if endless or (isinstance(node, Anchor) and node.kind == "never"):
            raise NotTranslated("Look-behind group does not have an obvious maximum length")
        if isinstance(node, Repeat) and (not isinstance(node.body, Char) or node.mode == "possessive"):
            raise NotTranslated("a repeated group in a lookbehind")
        if isinstance(node, (Atomic, BackRef, Cluster, Look)) or (isinstance(node, Group) and node.index):
            raise NotTranslated("a capturing, atomic or nested group in a lookbehind")
