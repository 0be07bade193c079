"""Topics made of a topic and a time: ``${topic}`` and ``${timestamp}`` in a format, and back from the finished name.

Source: ``java.text.SimpleDateFormat``, for the letters of date patterns
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from kc_lineage_dagster.derive.records import ANY_TOPIC, Topic, TopicPattern
from kc_lineage_dagster.java_regex import Hole, Preimage
from kc_lineage_dagster.lineage import Unresolved

_PLACEHOLDER = re.compile(r"(\$\{topic\}|\$\{timestamp\})")
_RUN = re.compile(r"''|'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+|'")
_WORD = r"\p{L}[^\d]*"
_LONGEST_TIME = 64


def _range(low: int, high: int) -> Callable[[int], str]:
    """Return the numbers of a range, filled with zeros to the count of letters."""
    return lambda count: "|".join(str(number).zfill(count) for number in range(low, high + 1))


def _year(count: int) -> str:
    return r"\d{2}" if count == 2 else "0" * max(count - 4, 0) + r"\d{4}"


def _month(count: int) -> str:
    return _range(1, 12)(count) if count < 3 else _WORD


def _milliseconds(count: int) -> str:
    return rf"\d{{{min(count, 3)},3}}" if count <= 3 else "0" * (count - 3) + r"\d{3}"


def _always(pattern: str) -> Callable[[int], str]:
    return lambda count: pattern


# Names of months, days and eras are in the worker's language.
_LETTERS: Mapping[str, Callable[[int], str]] = {
    **dict.fromkeys("yY", _year),
    **dict.fromkeys("ML", _month),
    **dict.fromkeys("EaG", _always(_WORD)),
    **dict.fromkeys("Kh", _range(0, 12)),
    **dict.fromkeys("Hk", _range(0, 24)),
    **dict.fromkeys("ms", _range(0, 59)),
    "d": _range(1, 31),
    "D": _range(1, 366),
    "w": _range(1, 53),
    "W": _range(0, 6),
    "F": _range(1, 5),
    "u": _range(1, 7),
    "S": _milliseconds,
    "z": _always(".+"),
    "Z": _always(r"[+-]\d{4}"),
    "X": _always(r"Z|[+-]\d{2}(?::?\d{2})?"),
}


def time_pattern(pattern: str) -> Preimage | Unresolved:
    """Return what a date pattern can print: literal text and holes."""
    parts: list[str | Hole] = []
    for found in _RUN.finditer(pattern):
        text, quoted, letter = found[0], found[1], found[2]
        if letter is not None:
            if letter not in _LETTERS or (letter == "X" and len(text) > 3):
                return Unresolved(pattern, f"{text} means nothing in a date pattern")
            parts.append(Hole(_LETTERS[letter](len(text))))
        elif text == "'":
            return Unresolved(pattern, "a quote in the date pattern is not closed")
        else:
            parts.append("'" if text == "''" else text if quoted is None else quoted.replace("''", "'"))
    return tuple(parts)


@dataclass(frozen=True, slots=True)
class TopicFormat:
    """Makes topics of a topic and a time.

    Args:
        format: Text with ``${topic}`` and ``${timestamp}``.
        time: What a time can look like: texts and holes.
        label: Stands for the time in topics as people see them.
    """

    format: str
    time: Preimage
    label: str = "${timestamp}"

    def topic(self, topic: Topic) -> Topic:
        """Return the topic that a record of this topic gets: a pattern, unless the format holds no ``${timestamp}``."""
        shown = self.format.replace("${topic}", str(topic)).replace("${timestamp}", self.label)
        pieces: list[str | Hole] = []
        for token in self._tokens():
            pieces.extend(self._spelled(token, topic))
        parts = _joined(pieces)
        if all(isinstance(part, str) for part in parts):
            return "".join(str(part) for part in parts)
        return TopicPattern(parts, shown)

    def _spelled(self, token: str, topic: Topic) -> Preimage:
        if token == "${timestamp}":
            return self.time
        if token == "${topic}":
            return topic.parts if isinstance(topic, TopicPattern) else (topic,)
        return (token,)

    def _tokens(self) -> tuple[str, ...]:
        return tuple(token for token in _PLACEHOLDER.split(self.format) if token)

    def topics_before(self, topic: str) -> tuple[Preimage, ...]:
        """Return the topics that this format can turn into a given one."""
        tokens = self._tokens()
        if "${topic}" not in tokens:
            return (ANY_TOPIC,) if self._fits(tokens, topic) else ()
        found: dict[str, None] = {}
        for length in self._time_lengths(tokens, topic):
            before = self._read(tokens, topic, length)
            if before:
                found[before] = None
        return tuple((before,) for before in found)

    def _fits(self, tokens: tuple[str, ...], topic: str) -> bool:
        parts = _joined(part for token in tokens for part in self._spelled(token, ""))
        return TopicPattern(parts, self.format).fits(topic)

    def _time_lengths(self, tokens: tuple[str, ...], topic: str) -> range:
        return range(min(len(topic), _LONGEST_TIME) + 1) if "${timestamp}" in tokens else range(1)

    def _read(self, tokens: tuple[str, ...], topic: str, time_length: int) -> str | None:
        """Return the part for ``${topic}`` when the time is that long; every occurrence must be the same text."""
        literal = sum(len(token) for token in tokens if not _PLACEHOLDER.fullmatch(token))
        rest = len(topic) - literal - time_length * tokens.count("${timestamp}")
        length, surplus = divmod(rest, tokens.count("${topic}"))
        if length < 1 or surplus:
            return None
        lengths = {"${topic}": length, "${timestamp}": time_length}
        values: dict[str, str] = {}
        at = 0
        for token in tokens:
            size = lengths.get(token, len(token))
            text, at = topic[at : at + size], at + size
            if values.setdefault(token, text) != text or (token not in lengths and text != token):
                return None
        time = values.get("${timestamp}")
        fits = time is None or TopicPattern(self.time, self.label).fits(time)
        return values["${topic}"] if fits else None


def _joined(pieces: Iterator[str | Hole] | list[str | Hole]) -> Preimage:
    """Return the parts with neighbouring texts joined and empty ones left out; holes stay apart."""
    parts: list[str | Hole] = []
    for piece in pieces:
        last = parts[-1] if parts else None
        if isinstance(piece, str) and isinstance(last, str):
            parts[-1] = last + piece
        elif piece != "":
            parts.append(piece)
    return tuple(parts)
