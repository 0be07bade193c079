"""The tree to the syntax of the `regex` package, and back to Java's."""

from __future__ import annotations

from kc_lineage_dagster.java_regex import properties
from kc_lineage_dagster.java_regex.charset import to_regex
from kc_lineage_dagster.java_regex.nodes import (
    Alt,
    Anchor,
    Atomic,
    BackRef,
    Char,
    Cluster,
    Group,
    Look,
    Mode,
    Node,
    Repeat,
    Seq,
)

_WORD = to_regex(properties.WORD)
_WIDE = to_regex(properties.UNICODE_WORD)
_END = r"\Z"  # of the regex package: the very end
_BREAK = r"[\r\x85\u2028\u2029]"
_ONE_BREAK = rf"\r\n{_END}|{_BREAK}{_END}|(?<!\r)\n{_END}|{_END}"
_AFTER_BREAK = r"(?<=[\n\x85\u2028\u2029])|(?<=\r)(?!\n)"


def _edge(word: str) -> str:
    return f"(?:(?<={word})(?!{word})|(?<!{word})(?={word}))"


def _no_edge(word: str) -> str:
    return f"(?:(?<={word})(?={word})|(?<!{word})(?!{word}))"


ANCHORS: dict[str, str] = {
    "never": "(?!)",
    "begin": r"\A",
    "end": _END,
    "end_or_break": f"(?={_ONE_BREAK})",
    "unix_end_or_break": rf"(?=\n?{_END})",
    "line_begin": rf"(?:(?:\A|{_AFTER_BREAK})(?!{_END}))",
    "unix_line_begin": rf"(?:(?:\A|(?<=\n))(?!{_END}))",
    "line_end": rf"(?={_BREAK}|(?<!\r)\n|{_END})",
    "unix_line_end": rf"(?=\n|{_END})",
    "re2_line_begin": r"(?:\A|(?<=\n))",
    "word": _edge(_WORD),
    "not_word": _no_edge(_WORD),
    "unicode_word": _edge(_WIDE),
    "not_unicode_word": _no_edge(_WIDE),
}
_MODES: dict[Mode, str] = {"greedy": "", "lazy": "?", "possessive": "+"}
_LOOKS = {(True, False): "?=", (True, True): "?!", (False, False): "?<=", (False, True): "?<!"}


def to_python(node: Node) -> str:
    """Return the pattern for the `regex` package, flags VERSION1; groups keep their numbers, names are dropped."""
    match node:
        case Char(chars):
            return to_regex(chars)
        case Seq(items):
            return "".join(map(to_python, items))
        case Alt(branches):
            return "(?:" + "|".join(map(to_python, branches)) + ")"
        case Group(body, index):
            return f"({'?:' if index is None else ''}{to_python(body)})"
        case Repeat(body, low, high, mode):
            # Java does not go back into a round of a possessive repetition, not even for the rounds it must have
            atomic = mode == "possessive" and not isinstance(body, Char)
            return f"({'?>' if atomic else '?:'}{to_python(body)}){_count(low, high)}{_MODES[mode]}"
        case Atomic(body):
            return f"(?>{to_python(body)})"
        case Look(body, ahead, negated):
            return f"({_LOOKS[ahead, negated]}{to_python(body)})"
        case Anchor(kind):
            return ANCHORS[kind]
        case BackRef(index, ignore_case):
            return f"(?i:\\{index})" if ignore_case else f"(?:\\{index})"
        case Cluster():
            return r"\X"


def _count(low: int, high: int | None) -> str:
    return f"{{{low},{'' if high is None else high}}}"


_SHORT = {(0, 1): "?", (0, None): "*", (1, None): "+"}


def to_java(node: Node) -> str:
    """Return a Java pattern for a part of the tree that can stand alone."""
    match node:
        case Char(_, source) | Anchor(_, source) | BackRef(source=source) | Cluster(source):
            return source
        case Seq(items):
            return "".join(map(to_java, items))
        case Alt(branches):
            return "(?:" + "|".join(map(to_java, branches)) + ")"
        case Group(body):
            return to_java(body) if isinstance(body, Alt) else f"(?:{to_java(body)})"
        case Repeat(body, low, high, mode):
            exact = f"{{{low}}}" if low == high else _count(low, high)
            inner = to_java(body) if isinstance(body, (Char, Group, Alt)) else f"(?:{to_java(body)})"
            return inner + _SHORT.get((low, high), exact) + _MODES[mode]
        case Atomic(body):
            return f"(?>{to_java(body)})"
        case Look(body, ahead, negated):
            return f"({_LOOKS[ahead, negated]}{to_java(body)})"
