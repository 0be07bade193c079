"""Where a parser stands in the pattern: position, flags in force, groups so far. Both parsers use it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from kc_lineage_dagster.java_regex.nodes import NotTranslated

MAX_LENGTH = 50_000
MAX_DEPTH = 60
_SPACE = " \t\n\x0b\f\r"
_SOURCE_FLAGS = "dsuixU"


@dataclass(slots=True)
class Scanner:
    """A parser's only mutable value: where it stands in the pattern.

    Args:
        text: The pattern.
        flags: Letters of the inline flags in force.
        pos: The place of the next character, from 0.
        groups: How many capturing groups were opened so far.
        depth: How many groups are open.
        names: Name of a group -> its number.
        closed: Numbers of the groups that are complete.
        ahead: Numbers that were referred to before their group was complete.
        ascii_only: Why only ASCII texts may be asked about; None when any may.
    """

    text: str
    flags: frozenset[str] = frozenset()
    pos: int = 0
    groups: int = 0
    depth: int = 0
    names: dict[str, int] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)
    ahead: list[int] = field(default_factory=list)
    ascii_only: str | None = None

    def peek(self) -> str:
        """Return the next character that means something, past comments if ``x`` is on; empty at the end."""
        if "x" in self.flags:
            self._skip_comments()
        return self.text[self.pos : self.pos + 1]

    def take(self) -> str:
        """Return the very next character and step over it; empty at the end."""
        char = self.text[self.pos : self.pos + 1]
        self.pos += len(char)
        return char

    def take_in_escape(self) -> str:
        """Return the very next character of an escape, whose reading of white space in comments mode is Java's own.

        Raises:
            NotTranslated: For white space in comments mode.
        """
        if "x" in self.flags and self.text[self.pos : self.pos + 1] in tuple(_SPACE + "#"):
            raise NotTranslated("white space inside an escape in comments mode")
        return self.take()

    def accept(self, wanted: str) -> bool:
        """Step over ``wanted`` if it comes next."""
        found = self.text.startswith(wanted, self.pos)
        self.pos += len(wanted) if found else 0
        return found

    def take_while(self, allowed: str) -> str:
        """Return the longest run of allowed characters."""
        start = self.pos
        while self.pos < len(self.text) and self.text[self.pos] in allowed:
            self.pos += 1
        return self.text[start : self.pos]

    def take_until(self, end: str, error: str) -> str:
        """Return the text up to ``end``, which is stepped over.

        Raises:
            NotTranslated: With the message ``error``, when ``end`` does not come.
        """
        found = self.text.find(end, self.pos)
        if found < 0:
            raise NotTranslated(error)
        start, self.pos = self.pos, found + len(end)
        return self.text[start:found]

    def source(self, start: int) -> str:
        """Return the Java source from ``start`` to here, with the flags that decide its meaning."""
        text = self.text[start : self.pos]
        flags = _spelled(self.flags) if self.flags else ""
        return f"(?{flags}:{text})" if flags else text

    def open_group(self, name: str | None = None) -> int:
        """Return the number of the capturing group that begins here.

        Raises:
            NotTranslated: For a name that another group has.
        """
        self.groups += 1
        if name is not None:
            if name in self.names:
                raise NotTranslated(f"Named capturing group <{name}> is already defined")
            self.names[name] = self.groups
        return self.groups

    def enter(self) -> None:
        """Go one group deeper.

        Raises:
            NotTranslated: When groups are nested deeper than ``MAX_DEPTH``.
        """
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise NotTranslated(f"groups nested deeper than {MAX_DEPTH}")

    def _skip_comments(self) -> None:
        ends = "\n" if "d" in self.flags else "\n\r\x85\u2028\u2029"
        while self.pos < len(self.text) and self.text[self.pos] in _SPACE + "#":
            if self.take() == "#":
                while self.pos < len(self.text) and self.text[self.pos] not in ends:
                    self.pos += 1


@lru_cache(maxsize=64)
def _spelled(flags: frozenset[str]) -> str:
    """Return the flags that decide what a character or an escape means, as they stand in ``(?...)``."""
    return "".join(flag for flag in _SOURCE_FLAGS if flag in flags)


def prepared(pattern: str) -> str:
    """Return the pattern with ``\\Q...\\E`` written as escapes.

    Both dialects quote alike: what follows ``\\Q`` is literal to ``\\E`` or the end.

    Raises:
        NotTranslated: For a text that no parser takes: too long, with a NUL character or half a surrogate pair.

    >>> prepared(r"\\Qa.b\\E")
    '\\\\x{61}\\\\x{2e}\\\\x{62}'
    """
    if len(pattern) > MAX_LENGTH:
        raise NotTranslated(f"longer than {MAX_LENGTH} characters")
    if any(c == "\0" or "\ud800" <= c <= "\udfff" for c in pattern):
        raise NotTranslated("a NUL character or half a surrogate pair in the pattern")
    parts: list[str] = []
    pos = 0
    while pos < len(pattern):
        if pattern.startswith("\\Q", pos):
            end = pattern.find("\\E", pos + 2)
            quoted = pattern[pos + 2 :] if end < 0 else pattern[pos + 2 : end]
            parts.extend(f"\\x{{{ord(c):x}}}" for c in quoted)
            pos = len(pattern) if end < 0 else end + 2
        else:
            width = 2 if pattern[pos] == "\\" else 1
            parts.append(pattern[pos : pos + width])
            pos += width
    return "".join(parts)
