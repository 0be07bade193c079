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
    GraphemeCluster,
    Group,
    Look,
    Mode,
    RegexNode,
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
# In a text without line breaks these places are simpler, and compiled in a fraction of the time.
_PLAIN_ANCHORS: dict[str, str] = {
    **ANCHORS,
    "end_or_break": _END,
    "unix_end_or_break": _END,
    "line_begin": rf"\A(?!{_END})",
    "unix_line_begin": rf"\A(?!{_END})",
    "line_end": _END,
    "unix_line_end": _END,
    "re2_line_begin": r"\A",
}
_MODES: dict[Mode, str] = {"greedy": "", "lazy": "?", "possessive": "+"}
_SHORT = {(0, 1): "?", (0, None): "*", (1, None): "+"}
_CLOSED = (Char, Group, Alt)  # what a quantifier takes as a whole
_LOOKS = {(True, False): "?=", (True, True): "?!", (False, False): "?<=", (False, True): "?<!"}


def to_python(node: RegexNode, *, plain: bool = False) -> str:
    """Return the pattern for the `regex` package, flags VERSION1; groups keep their numbers, names are dropped.

    ``plain``: it will meet texts without line breaks only, which spares Java's five kinds of them.

    >>> from kc_lineage_dagster.java_regex.java_parser import parse_java
    >>> to_python(parse_java("sales[.](?<table>x*+)$", ignore_case=False).root, plain=True)
    'sales\\\\.(x*+)\\\\Z'
    """
    match node:
        case Char(chars, dot=dot):
            return "." if dot and plain else to_regex(chars)
        case Seq(items):
            return "".join(to_python(item, plain=plain) for item in items)
        case Alt(branches):
            return "(?:" + "|".join(to_python(branch, plain=plain) for branch in branches) + ")"
        case Group(body, index):
            return f"({'?:' if index is None else ''}{to_python(body, plain=plain)})"
        case Repeat(body, low, high, mode):
            # Java does not go back into a round of a possessive repetition, not even for the rounds it must have
            atomic = mode == "possessive" and not isinstance(body, Char)
            inner = to_python(body, plain=plain)
            if atomic or not isinstance(body, _CLOSED):
                inner = f"({'?>' if atomic else '?:'}{inner})"
            return inner + _count(low, high) + _MODES[mode]
        case Atomic(body):
            return f"(?>{to_python(body, plain=plain)})"
        case Look(body, ahead, negated):
            return f"({_LOOKS[ahead, negated]}{to_python(body, plain=plain)})"
        case Anchor(kind):
            return (_PLAIN_ANCHORS if plain else ANCHORS)[kind]
        case BackRef(index, ignore_case):
            return f"(?i:\\{index})" if ignore_case else f"(?:\\{index})"
        case GraphemeCluster():
            return r"\X"


def _count(low: int, high: int | None) -> str:
    return _SHORT.get((low, high)) or f"{{{low},{'' if high is None else high}}}"


def to_java(node: RegexNode) -> str:
    """Return a Java pattern for a part of the tree that can stand alone.

    >>> from kc_lineage_dagster.java_regex.java_parser import parse_java
    >>> to_java(parse_java("(?i)(shop|store)+", ignore_case=False).root)
    '(?:(?i:s)(?i:h)(?i:o)(?i:p)|(?i:s)(?i:t)(?i:o)(?i:r)(?i:e))+'
    """
    match node:
        case Char(_, source) | Anchor(_, source) | BackRef(source=source) | GraphemeCluster(source):
            return source
        case Seq(items):
            return "".join(map(to_java, items))
        case Alt(branches):
            return "(?:" + "|".join(map(to_java, branches)) + ")"
        case Group(body):
            return to_java(body) if isinstance(body, Alt) else f"(?:{to_java(body)})"
        case Repeat(body, low, high, mode):
            inner = to_java(body) if isinstance(body, _CLOSED) else f"(?:{to_java(body)})"
            return inner + (f"{{{low}}}" if low == high else _count(low, high)) + _MODES[mode]
        case Atomic(body):
            return f"(?>{to_java(body)})"
        case Look(body, ahead, negated):
            return f"({_LOOKS[ahead, negated]}{to_java(body)})"
