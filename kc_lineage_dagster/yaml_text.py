"""Read YAML that people wrote: return plain values, or raise one line that says what is wrong in which line.

Three kinds of text do worse in PyYAML than a YAMLError: tags and dates whose conversion raises an exception of Python's
own (``!!int x``, ``2026-13-45``); nesting that exhausts the stack (libyaml's loader crashes the process); and aliases
that stand for more values than memory holds ("billion laughs"). The last two are recognised from the parser's events,
before any value is built.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from typing import Any

import yaml

MOST_LEVELS = 100  # of nesting, of which a recipe or a Kubernetes resource has about ten
_LONGEST_NUMBER = 1000  # digits

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlTextError(ValueError):
    """A text is not usable as YAML. The message repeats no value of the text, which may be a secret."""

    def __init__(self, problem: str, line: int | None = None) -> None:
        """``problem``: what is wrong. ``line``: where, counted from 1; None when it is not known."""
        where = f" in line {line}" if line else ""
        super().__init__(f"malformed YAML{where}{': ' if problem else ''}{problem}")


class _Loader(_Base):  # type: ignore[misc]
    """PyYAML's safe loader, in which every failure is a YAMLError that knows its line."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        """Build one value.

        Raises:
            yaml.constructor.ConstructorError: For a value that Python cannot convert, and for a number of more than
                1,000 digits.
        """
        try:
            value = super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError, TypeError, ArithmeticError):
            raise yaml.constructor.ConstructorError(None, None, _unusable(node), node.start_mark) from None
        if isinstance(value, int) and value.bit_length() > _LONGEST_NUMBER * 10 // 3:
            raise yaml.constructor.ConstructorError(None, None, _unusable(node), node.start_mark)
        return value


class _WithoutDates(_Loader):
    """The loader for Kubernetes resources, in which a date is a string."""


_WithoutDates.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


class _WithoutRepetition(_Loader):
    """The loader that refuses a key which stands twice in one mapping, of which PyYAML takes the last.

    Source: YAML 1.2.2, 3.2.1.1, which demands unique keys.
    """

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """Build one mapping. Keys that come from a merge (``<<``) may be overridden."""
        seen: set[Hashable] = set()
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if (key.tag, key.value) in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {key.value[:60]!r} stands twice", key.start_mark
                    )
                seen.add((key.tag, key.value))
        return super().construct_mapping(node, deep)


def load_documents(text: str, *, dates: bool = True, unique_keys: bool = False, most_nodes: int) -> list[Any]:
    """Return the documents of a text that are not empty.

    Args:
        text: YAML, or JSON, which is YAML too.
        dates: Read ``2026-01-31`` as a date rather than as a string.
        unique_keys: Refuse a key that stands twice in one mapping; only together with ``dates``.
        most_nodes: How many values the text may stand for, where an alias counts as the values that it repeats.

    Raises:
        YamlTextError: When the text is not usable; the message is one line.

    >>> load_documents("a: 1\\n---\\nb: 2026-01-31", dates=False, most_nodes=100)
    [{'a': 1}, {'b': '2026-01-31'}]
    """
    loader = (_WithoutRepetition if unique_keys else _Loader) if dates else _WithoutDates
    try:
        _measure(text, most_nodes)
        return [document for document in yaml.load_all(text, Loader=loader) if document is not None]
    except yaml.constructor.ConstructorError as error:
        raise YamlTextError(_explained(error, text), _line(error, text)) from None
    except yaml.MarkedYAMLError as error:
        raise YamlTextError(_explained(error, text), _line(error, text)) from None
    except yaml.YAMLError:
        raise YamlTextError("it holds a control character, which YAML forbids") from None


def _measure(text: str, most_nodes: int) -> None:
    """Refuse a text that is nested too deeply or stands for too many values, from the parser's events alone."""
    sizes: dict[str | None, int] = {}  # anchor -> values that an alias of it repeats (of no anchor: not used)
    counts = [0]  # how many values each open collection has so far; the first is the whole text
    anchors: list[str | None] = []  # the anchor of each open collection, None where it has none
    events: Iterator[Any] = yaml.parse(text, Loader=_Base)
    for event in events:
        line, anchor = event.start_mark.line + 1, getattr(event, "anchor", None)
        if isinstance(event, yaml.CollectionStartEvent):
            counts.append(1)
            anchors.append(anchor)
            sizes.pop(anchor, None)
            if len(anchors) > MOST_LEVELS:
                raise YamlTextError("nested too deeply", line)
        elif isinstance(event, yaml.CollectionEndEvent):
            size, begun = counts.pop(), anchors.pop()
            counts[-1] += size
            sizes[begun] = size
        elif isinstance(event, yaml.AliasEvent):
            if anchor in anchors and anchor not in sizes:
                raise YamlTextError("an alias repeats the value that it is part of", line)
            counts[-1] += sizes.get(anchor, 1)
        elif isinstance(event, yaml.ScalarEvent):
            counts[-1] += 1
            sizes[anchor] = 1
        if counts[-1] > most_nodes:
            raise YamlTextError(f"aliases repeat more than {most_nodes} values", line)


# (pattern of the parser's message, pattern of the line, usual cause): the first whose patterns both fit is told.
_CAUSES = (
    ("", r"\{.*:\s*\$\{", 'inside {...} a ${VAR} needs quotes: {password: "${VAR}"}'),
    ("", r":\s*\{\{", 'a value that begins with {{ needs quotes: "{{ ... }}"'),
    ("", r"^ *\t", "lines are indented by spaces, and this one by a tab"),
    ("cannot start any token", "", "a value that begins with @, %, ` or a tab needs quotes"),
    ("undefined alias", "", "a value that begins with * needs quotes"),
    ("constructor for the tag", "", "a value that begins with ! needs quotes"),
    ("mapping values are not allowed", "", "a value that holds `: ` needs quotes, or a line is indented wrongly"),
    ("end of stream", "", "a quote is opened and never closed"),
    ("escape character", "", "inside double quotes a backslash is written twice; inside single quotes once"),
    ("',' or ", "", "a bracket is never closed, or a value inside it needs quotes"),
    ("expected key|block end|'-' indicator", "", "is the line indented like those beside it, and every quote closed?"),
)
# A piece of the text, which may be a password, that the parser's message repeats.
_REPEATED = re.compile(r"(?<!the key) '(?!<)[^']{2,}'")


def _explained(error: yaml.MarkedYAMLError, text: str) -> str:
    """Return the parser's message, without what it repeats of the text, and the usual cause."""
    said = _REPEATED.sub("", str(error.problem))
    line = _line(error, text)
    shown = text.splitlines()[line - 1] if line and line <= len(text.splitlines()) else ""
    causes = (cause for words, look, cause in _CAUSES if re.search(words, said) and re.search(look, shown))
    cause = next(causes, "")
    begun = error.context_mark.line + 1 if error.context_mark else line
    where = f" (what is unfinished begins in line {begun})" if begun and line and begun < line else ""
    return f"{said}{where}{f'; {cause}' if cause else ''}"


def _unusable(node: Any) -> str:
    kind = str(node.tag).rpartition(":")[2].rpartition("!")[2]
    return f"no usable {kind}" if kind.isalnum() else "no usable value"


def _line(error: yaml.MarkedYAMLError, text: str) -> int | None:
    mark = error.problem_mark or error.context_mark
    return min(mark.line, text.rstrip("\n").count("\n")) + 1 if mark else None  # libyaml counts the end as a line
