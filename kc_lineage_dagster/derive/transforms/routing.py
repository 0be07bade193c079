"""Transforms that rename topics: by a regular expression, by a function of the name, or by the content of records."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from kc_lineage_dagster.derive.records import ANY_TOPIC, Record, TopicPattern
from kc_lineage_dagster.derive.transforms.fields import RecordChange, constant_at
from kc_lineage_dagster.derive.transforms.steps import Transform, Undo
from kc_lineage_dagster.java_regex import (
    Hole,
    JavaRegex,
    Preimage,
    Refused,
    compile_java,
    compile_re2,
    preimages,
)
from kc_lineage_dagster.java_regex.nodes import NotTranslated
from kc_lineage_dagster.java_regex.replacement import parse_replacement
from kc_lineage_dagster.lineage import Unresolved

_MATCHES_EVERYTHING = re.compile(r"\^?\(?(?:\?P?<\w+>)?\.[*+]\)?\$?")


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern and a replacement that fit each other, in the syntax of Java (or RE2/J)."""

    regex: JavaRegex
    replacement: str

    def apply(self, text: str) -> str | Refused | None:
        """Return the text with its first find replaced when it matches as a whole, None when it does not match.

        Source: ``org.apache.kafka.connect.transforms.RegexRouter`` (``Matcher.matches``, then ``replaceFirst``).
        """
        matched = self.regex.matches(text)
        if isinstance(matched, Refused):
            return matched
        return self.regex.replace_first(text, self.replacement) if matched else None

    def outputs(self) -> Preimage:
        """Return what the replacement can give: literal text, and a hole for every group it refers to."""
        parts = parse_replacement(self.replacement, self.regex.groups, self.regex.parsed.names)
        return tuple(part if isinstance(part, str) else Hole(".*") for part in parts)

    @property
    def matches_everything(self) -> bool:
        """Tell whether the pattern plainly matches every topic (``(.*)``)."""
        return _MATCHES_EVERYTHING.fullmatch(self.regex.pattern) is not None

    def only_output(self) -> str | None:
        """Return the one topic that every topic becomes, None where the old name makes a difference."""
        parts = self.outputs()
        same = self.matches_everything and all(isinstance(part, str) for part in parts)
        return "".join(map(str, parts)) if same else None


def rule(key: str, pattern: str, replacement: str, re2: bool = False) -> Rule | Unresolved:
    """Return a rule for renaming, or why Java would refuse it.

    Args:
        key: The option that holds the pattern, for the unresolved item.
        pattern: A regular expression.
        replacement: What the first find is replaced by, in Java's syntax.
        re2: Whether the pattern is in the syntax of RE2/J instead of Java's.
    """
    regex = (compile_re2 if re2 else compile_java)(pattern)
    if isinstance(regex, Refused):
        return Unresolved(key, regex.reason)
    try:
        parse_replacement(replacement, regex.groups, regex.parsed.names)
    except NotTranslated as error:
        return Unresolved(key, f"replacement {replacement!r}: {error}")
    return Rule(regex, replacement)


def anywhere(record: Record, display: str, reason: str) -> Record:
    """Return the record under a topic of which nothing is known.

    Args:
        record: The record so far.
        display: Stands for the topic, for people.
        reason: Why nothing is known, which becomes a doubt.
    """
    return record.to(TopicPattern(ANY_TOPIC, display)).doubt(reason)


def by_rule(alias: str, rule: Rule, empty_keeps: bool = False, also: RecordChange = lambda record: record) -> Transform:
    """Return a transform that renames the topics that a rule matches.

    Args:
        alias: The transform's name.
        rule: Pattern and replacement.
        empty_keeps: Whether a topic that would get an empty name, which no topic has, keeps its old one.
        also: What happens to the records of renamed topics besides.
    """

    only = rule.only_output()

    def step(record: Record) -> tuple[Record, ...]:
        if only:
            return (also(record).to(only),)
        renamed = rule.apply(str(record.topic))
        if isinstance(renamed, Refused):
            return (anywhere(also(record), f"(what transform {alias} makes of {record.topic})", renamed.reason),)
        if renamed is None or (empty_keeps and not renamed):
            return (record,)
        return (also(record).to(renamed),)

    def undo(topic: str) -> tuple[Preimage, ...] | None:
        # named groups are the one difference between the syntaxes that routers meet; candidates are tried forwards
        return preimages(rule.regex.pattern.replace("(?P<", "(?<"), rule.replacement, topic)

    return Transform(alias, step, by_topic=not only, undo=undo)


def by_name(alias: str, spell: Callable[[str], str | None], undo: Undo) -> Transform:
    """Return a transform that renames every topic by a function of its name.

    Args:
        alias: The transform's name.
        spell: From a topic to its new name; None when that is not known.
        undo: From the new name back; see ``Transform``.
    """

    def step(record: Record) -> tuple[Record, ...]:
        spelled = spell(str(record.topic))
        if spelled is None:
            display = f"(what transform {alias} makes of {record.topic})"
            return (anywhere(record, display, f"{alias}: how it spells this topic is not known"),)
        return (record.to(spelled),)

    return Transform(alias, step, by_topic=True, undo=undo)


def by_content(alias: str, pattern: TopicPattern, also: RecordChange = lambda record: record) -> Transform:
    """Return a transform that names topics after the content of each record.

    Args:
        alias: The transform's name.
        pattern: What is known of the names.
        also: What happens to the records besides.
    """

    def step(record: Record) -> tuple[Record, ...]:
        return (also(record).to(pattern),)

    return Transform(alias, step, undo=lambda topic: None if pattern.fits(topic) else ())


def by_field(alias: str, part: str, path: tuple[str, ...], pattern: TopicPattern) -> Transform:
    """Return a transform that names topics after a field: by its text where every record holds the same one.

    Args:
        alias: The transform's name.
        part: ``key`` or ``value``, where the field is; ``header`` for one that is never known.
        path: The path of the field; () for the whole.
        pattern: What is known of the names where the text depends on the record.
    """

    def step(record: Record) -> tuple[Record, ...]:
        text = constant_at(record.key if part == "key" else record.value, path) if part in ("key", "value") else None
        return (record.to(text or pattern),)

    return Transform(alias, step, undo=lambda topic: None, by_content=True)
