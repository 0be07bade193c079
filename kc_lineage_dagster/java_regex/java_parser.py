"""Java's dialect: its atoms, modes, group names and flags.

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
    GraphemeCluster,
    Group,
    Look,
    Mode,
    NotTranslated,
    Parsed,
    RegexNode,
    Repeat,
    walk,
)
from kc_lineage_dagster.java_regex.parser import Dialect, parse
from kc_lineage_dagster.java_regex.scanner import Scanner

_DOT, _DOT_OF_UNIX = negate(properties.LINE_ENDS), negate(chars("\n"))
_MODES: dict[str, Mode] = {"?": "lazy", "+": "possessive"}


def parse_java(pattern: str, *, ignore_case: bool) -> Parsed:
    """Return the tree of a Java pattern.

    Raises:
        NotTranslated: For a pattern that Java refuses, or whose meaning is not known for sure.

    >>> parsed = parse_java("(?<schema>.+)[.]orders", ignore_case=False)
    >>> parsed.groups, parsed.names
    (1, (('schema', 1),))
    """
    return parse(pattern, JAVA, frozenset("i") if ignore_case else frozenset())


def _atom(scanner: Scanner, char: str) -> RegexNode:
    start = scanner.pos
    if char == "\\":
        return escape(scanner)
    if char == "{":  # a counted quantifier with nothing before it repeats the empty text
        return EMPTY
    if char == "[":
        found = char_class(scanner)
        return Char(found, scanner.source(start))
    scanner.take()
    if char in "^$":
        return Anchor(_place(char, scanner.flags), scanner.source(start))
    if char == ".":
        return Char(_dot(scanner.flags), scanner.source(start), dot=True)
    return Char(one_with_case(ord(char), scanner.flags), scanner.source(start))


def _place(char: str, flags: frozenset[str]) -> str:
    unix = "unix_" if "d" in flags else ""
    if "m" in flags:
        return unix + ("line_begin" if char == "^" else "line_end")
    return "begin" if char == "^" else unix + "end_or_break"


def _dot(flags: frozenset[str]) -> CharSet:
    if "s" in flags:
        return ANYTHING
    return _DOT_OF_UNIX if "d" in flags else _DOT


def _mode(scanner: Scanner) -> Mode:
    mode = _MODES.get(scanner.peek(), "greedy")
    if mode != "greedy":
        scanner.take()
    return mode


def _name(scanner: Scanner) -> str:
    name = scanner.take_while(string.ascii_letters + string.digits)
    if not name or name[0] in string.digits:
        raise NotTranslated("capturing group name does not start with a Latin letter")
    if not scanner.accept(">"):
        raise NotTranslated("named capturing group is missing trailing '>'")
    return name


def _check_behind(body: RegexNode) -> None:
    """Refuse what Java refuses in a lookbehind, and what it would search from the other end than we do."""
    for node in walk(body):
        endless = isinstance(node, Repeat) and node.high is None
        if endless or (isinstance(node, Anchor) and node.kind == "never"):
            raise NotTranslated("Look-behind group does not have an obvious maximum length")
        if isinstance(node, Repeat) and (not isinstance(node.body, Char) or node.mode == "possessive"):
            raise NotTranslated("a repeated group in a lookbehind")
        if isinstance(node, (Atomic, BackRef, GraphemeCluster, Look)) or (isinstance(node, Group) and node.index):
            raise NotTranslated("a capturing, atomic or nested group in a lookbehind")


JAVA = Dialect(
    atom=_atom,
    mode=_mode,
    name=_name,
    name_marks=("<",),
    flags={**{letter: letter for letter in "imsduxc"}, "U": "Uu"},
    refused_flags={"c": "(?c), canonical equivalence"},
    empty_flags=True,
    check_behind=_check_behind,
    most_rounds=0x7FFFFFFF,
    errors={
        "dangling": "Dangling meta character '{}'",
        "unclosed": "Unclosed group",
        "unmatched": "Unmatched closing ')'",
        "flags": "Unknown inline modifier",
        "rounds": "Illegal repetition range",
        "no_rounds": "Illegal repetition",
        "unclosed_rounds": "Unclosed counted closure",
    },
)
