"""Patterns that can be asked: java.util.regex.Pattern and Matcher without a JVM, within bounds of time and memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from time import monotonic, thread_time
from typing import Any, TypeVar

import regex

from kc_lineage_dagster.java_regex.doubts import doubtful_groups, refuse_doubtful
from kc_lineage_dagster.java_regex.java_parser import parse_java
from kc_lineage_dagster.java_regex.nodes import Look, NotTranslated, Parsed, RegexNode, unrolled, walk
from kc_lineage_dagster.java_regex.re2_parser import parse_re2
from kc_lineage_dagster.java_regex.render import to_python
from kc_lineage_dagster.java_regex.replacement import parse_replacement

TIME_LIMIT = 0.25  # seconds of processor time: how busy the machine is must not decide what a pattern matches
# Seconds of processor time that the questions to one pattern may take together, and how many more each question adds
# (one takes some microseconds); a pattern that takes more is not asked again for so many seconds.
_BUDGET, _USUAL, _REST = 1.0, 0.0005, 60.0
# The regex package counts the processor time of the whole process, so other threads wait until it has answered.
_BOUNDED: Any = {"timeout": TIME_LIMIT, "concurrent": False}
_LONGEST_RESULT = 10_000  # characters of a replaced text: a topic has at most 249
_SHOWN = 120
_MOST_WRITTEN_OUT = 20_000  # characters: the regex package writes out a{2147483647}, and takes all memory for it
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer that is not given, and why: the pattern or replacement is wrong, untranslated, or ran away."""

    reason: str


@dataclass(slots=True)
class _Count:
    value: int = 0


_stopped = _Count()  # answers that were given up for time, of all patterns


@dataclass(slots=True)
class _Matcher:
    """A pattern as the `regex` package compiles it when it is first asked, and what its answers have cost.

    Args:
        root: The tree of the pattern.
        codes: Whether it serves only texts without line breaks -> the compiled pattern.
        asked: How many questions there were.
        seconds: How long they took together.
        rests_until: The time (``time.monotonic``) before which the pattern is left alone.
    """

    root: RegexNode
    codes: dict[bool, regex.Pattern[str]] = field(default_factory=dict)
    asked: int = 0
    seconds: float = 0.0
    rests_until: float = 0.0

    def code(self, text: str) -> regex.Pattern[str]:
        """Return what matches a text.

        Raises:
            regex.error: When the `regex` package refuses the pattern.
        """
        plain = text.isprintable()  # no line break is: the common case, and the cheaper to compile
        if plain not in self.codes:
            self.codes[plain] = regex.compile(to_python(self.root, plain=plain), regex.V1)
        return self.codes[plain]

    def count(self, started: float) -> None:
        """Count one more question. ``started``: the processor time of this thread when it was asked, in seconds."""
        self.asked, self.seconds = self.asked + 1, self.seconds + thread_time() - started
        if self.seconds > _BUDGET + self.asked * _USUAL:
            self.asked, self.seconds, self.rests_until = 0, 0.0, monotonic() + _REST


@dataclass(frozen=True, slots=True)
class JavaRegex:
    """A compiled pattern. Every question is answered with ``Refused`` when it takes longer than ``TIME_LIMIT`` seconds,
    and when too many have taken almost as long.

    Args:
        pattern: As written.
        groups: The number of capturing groups.
        parsed: The tree, and what the parser found out.
        doubtful: Groups whose captured text Java's own matcher may report differently (a group left behind by an
            abandoned attempt). To ask for one of them is refused.
        matcher: The pattern as it runs.
    """

    pattern: str
    groups: int
    parsed: Parsed = field(repr=False, compare=False)
    doubtful: frozenset[int] = field(repr=False, compare=False)
    matcher: _Matcher = field(repr=False, compare=False)

    def matches(self, text: str) -> bool | Refused:
        """Tell whether the whole text matches (Matcher.matches)."""
        found = self._full(text)
        return found if isinstance(found, Refused) else found is not None

    def find(self, text: str) -> bool | Refused:
        """Tell whether the pattern matches anywhere (Matcher.find)."""
        found = self._first(text)
        return found if isinstance(found, Refused) else found is not None

    def captures(self, text: str) -> tuple[str | None, ...] | Refused | None:
        """Return the groups of a full match, None for each that took no part; None when the text does not match."""
        found = self._full(text)
        if found is None or isinstance(found, Refused):
            return found
        if self.doubtful:
            return Refused(f"{_named(self.pattern)}: what group {min(self.doubtful)} captures depends on the JVM")
        return found.groups()

    def replace_first(self, text: str, replacement: str) -> str | Refused:
        """Return the text with the first find replaced (Matcher.replaceFirst; Java's replacement syntax)."""
        found = self._first(text)
        if isinstance(found, Refused):
            return found
        return text if found is None else self._replaced(text, (found,), replacement)

    def replace_all(self, text: str, replacement: str) -> str | Refused:
        """Return the text with every find replaced (Matcher.replaceAll; Java's replacement syntax)."""
        refused = self._unfit(text)
        if refused is None and not _inside_bmp(text):
            refused = Refused("a text with characters beyond U+FFFF, between whose halves Java also searches")
        if refused is not None:
            return refused
        finds = self._timed(text, lambda code: tuple(_finds(code, text)))
        return finds if isinstance(finds, Refused) else self._replaced(text, finds, replacement)

    def _full(self, text: str) -> regex.Match[str] | Refused | None:
        refused = self._unfit(text)
        return refused or self._timed(text, lambda code: code.fullmatch(text, **_BOUNDED))

    def _first(self, text: str) -> regex.Match[str] | Refused | None:
        refused = self._unfit(text)
        if refused is not None:
            return refused
        found = self._timed(text, lambda code: code.search(text, **_BOUNDED))
        if isinstance(found, Refused) or _inside_bmp(text if found is None else text[: found.start()]):
            return found
        return Refused("a text with characters beyond U+FFFF, between whose halves Java also searches")

    def _unfit(self, text: str) -> Refused | None:
        if text.isascii():
            return None
        if any("\ud800" <= c <= "\udfff" for c in text):
            return Refused("half a surrogate pair in the text")
        if self.parsed.ascii_only is not None:
            return Refused(f"{_named(self.pattern)} on a text beyond ASCII: {self.parsed.ascii_only}")
        if not _inside_bmp(text) and any(isinstance(n, Look) and not n.ahead for n in walk(self.parsed.root)):
            return Refused(f"{_named(self.pattern)}: a lookbehind on a text with characters beyond U+FFFF")
        return None

    def _timed(self, text: str, ask: Callable[[regex.Pattern[str]], _Answer]) -> _Answer | Refused:
        try:
            code = self.matcher.code(text)
        except regex.error as error:
            return Refused(f"{_named(self.pattern)}: the regex package says {error}")
        if monotonic() >= self.matcher.rests_until:
            started = thread_time()
            try:
                return ask(code)
            except TimeoutError:
                pass
            finally:
                self.matcher.count(started)
        _stopped.value += 1
        return Refused(f"{_named(self.pattern)} takes longer than {TIME_LIMIT} s: stopped")

    def _replaced(self, text: str, finds: tuple[regex.Match[str], ...], replacement: str) -> str | Refused:
        if not finds:
            return text
        try:
            parts = parse_replacement(replacement, self.groups, self.parsed.names)
        except NotTranslated as error:
            return Refused(f"replacement {replacement!r}: {error}")
        doubtful = self.doubtful.intersection(p for p in parts if isinstance(p, int))
        if doubtful:
            return Refused(f"{_named(self.pattern)}: what group {min(doubtful)} captures depends on the JVM")
        done, length, pieces = 0, 0, list[str]()
        for found in finds:
            filled = [text[done : found.start()], *(p if isinstance(p, str) else found.group(p) or "" for p in parts)]
            pieces.extend(filled)
            done, length = found.end(), length + sum(map(len, filled))
            if length > _LONGEST_RESULT:
                return Refused(f"{_named(self.pattern)}: the replaced text is longer than {_LONGEST_RESULT} characters")
        return "".join((*pieces, text[done:]))


def times_stopped() -> int:
    """Return how many answers this process gave up for time: what hangs on one may come out otherwise another time.

    >>> before = times_stopped()
    >>> compile_java("a+").matches("aaa"), times_stopped() - before
    (True, 0)
    """
    return _stopped.value


def _finds(code: regex.Pattern[str], text: str) -> Iterator[regex.Match[str]]:
    """Yield what Matcher.find yields one after the other: an empty find is stepped over by one character."""
    deadline, start = thread_time() + TIME_LIMIT, 0
    while start <= len(text):
        found = code.search(text, pos=start, timeout=max(deadline - thread_time(), 0.001), concurrent=False)
        if found is None:
            return
        yield found
        start = found.end() + (found.start() == found.end())


def _inside_bmp(text: str) -> bool:
    return text.isascii() or all(c <= "\uffff" for c in text)


def _named(pattern: str) -> str:
    return f"pattern {pattern if len(pattern) <= _SHOWN else pattern[:_SHOWN] + '...'}"


def compile_tree(pattern: str, parsed: Parsed) -> JavaRegex | Refused:
    """Compile the tree of ``pattern``, or one made from it.

    >>> compile_tree("a+", parse_java("a+", ignore_case=False)).matches("aaa")
    True
    """
    if unrolled(parsed.root) > len(pattern) + _MOST_WRITTEN_OUT:
        return Refused(f"{_named(pattern)}: its repetitions demand texts longer than {_MOST_WRITTEN_OUT} characters")
    try:
        doubtful = doubtful_groups(parsed.root)
        refuse_doubtful(parsed.root, doubtful)
    except NotTranslated as error:
        return Refused(f"{_named(pattern)}: {error}")
    return JavaRegex(pattern, parsed.groups, parsed, doubtful, _Matcher(parsed.root))


def _compiled(pattern: str, parse: Callable[[str], Parsed]) -> JavaRegex | Refused:
    try:
        parsed = parse(pattern)
    except NotTranslated as error:
        return Refused(f"{_named(pattern)}: {error}")
    return compile_tree(pattern, parsed)


# Some 10 kB each. A connector asks for its own patterns again, seldom for another one's, and long lists are joined.
@lru_cache(maxsize=512)
def compile_java(pattern: str, *, ignore_case: bool = False) -> JavaRegex | Refused:
    """Compile a java.util.regex pattern; ``ignore_case`` is Pattern.CASE_INSENSITIVE (ASCII letters only).

    >>> router = compile_java(r"(.*)\\.orders")
    >>> router.matches("shop.orders"), router.replace_first("shop.orders", "$1")
    (True, 'shop')
    >>> compile_java("(").reason
    'pattern (: Unclosed group'
    """
    return _compiled(pattern, lambda p: parse_java(p, ignore_case=ignore_case))


@lru_cache(maxsize=1024)
def compile_re2(pattern: str) -> JavaRegex | Refused:
    """Compile a pattern of RE2/J (com.google.re2j), which some connectors use instead of java.util.regex.

    >>> compile_re2("(?P<name>[a-z]+)_v[0-9]").captures("orders_v2")
    ('orders',)
    """
    return _compiled(pattern, parse_re2)
