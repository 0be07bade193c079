"""YAML that people wrote: plain values, or one line that says what is wrong in which line; never a crash, never a bomb.

PyYAML lets three kinds of text through that end elsewhere: tags and dates whose conversion raises something of Python's
own (``!!int x``, ``2026-13-45``), nesting that exhausts the stack (libyaml's loader crashes the process), and aliases
that stand for more than memory holds ("billion laughs"). The stream of events tells the last two before anything is
built.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from typing import Any

import yaml

MOST_LEVELS = 100  # of nesting; a recipe or a Kubernetes resource has about ten
_LONGEST_NUMBER = 1000  # digits

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlTextError(ValueError):
    """A text that is not usable as YAML. ``line`` counts from 1, None when it is not known. No value is repeated."""

    def __init__(self, problem: str, line: int | None = None) -> None:
        where = f" in line {line}" if line else ""
        super().__init__(f"malformed YAML{where}{': ' if problem else ''}{problem}")


class _Loader(_Base):  # type: ignore[misc]
    """YAML as DataHub and Kubernetes read it, with every failure as an error of YAML that knows its line."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        """Build one value; what Python cannot convert is an error of YAML."""
        try:
            value = super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError, TypeError, ArithmeticError):
            raise yaml.constructor.ConstructorError(None, None, _unusable(node), node.start_mark) from None
        if isinstance(value, int) and value.bit_length() > _LONGEST_NUMBER * 10 // 3:
            raise yaml.constructor.ConstructorError(None, None, _unusable(node), node.start_mark)
        return value


class _WithoutDates(_Loader):
    """As Kubernetes reads it: a date is a string."""


_WithoutDates.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


class _WithoutRepetition(_Loader):
    """A key that stands twice in one mapping is an error: YAML 1.2.2, 3.2.1.1 demands unique keys, PyYAML takes the
    last.
    """

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """Build one mapping; merged keys (``<<``) may be overridden, as they are meant to be."""
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
        dates: read ``2026-01-31`` as a date rather than as a string.
        unique_keys: refuse a key that stands twice in one mapping.
        most_nodes: how many values the text may stand for, aliases counted as what they repeat.

    Raises:
        YamlTextError: in one line, with the line of the text where it is known.
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
    """Refuse what is nested too deeply or stands for too much, from the parser's events alone."""
    sizes: dict[str | None, int] = {}  # of anchored values, and of the last one without an anchor
    counts = [0]  # values inside each collection that is open; the first: inside the whole text
    anchors: list[str | None] = []  # of the collections that are open
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


# (what the parser says, what the line looks like) -> the usual cause; the first that fits both is told
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
_REPEATED = re.compile(
    r"(?<!the key) '(?!<)[^']{2,}'"
)  # a piece of the text, which may be a password, in the parser's words


def _explained(error: yaml.MarkedYAMLError, text: str) -> str:
    """The parser's own words, without what they repeat of the text, and the usual cause."""
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
