"""A large JSON object that is kept as text, its members parsed when somebody looks at them.

The listing of 10,000 connectors is 8 MB of text and 40 MB of parsed values, of which Python gives most never back to
the system: what is used for a moment between two that stay keeps its page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from kc_lineage_dagster.connect.answers import parse_json, whole_number

_LARGE = 1 << 20  # bytes from which an object is kept as text; smaller ones are parsed once, which takes less time
_SPACE = re.compile(r"[ \t\n\r]*")
_decoder = json.JSONDecoder(parse_int=whole_number)


class LargeObject(Mapping[str, Any]):
    """The members of a JSON object by name, each parsed whenever it is looked at, by ``parse_json``.

    ``repeated``: the names that the object has more than once; the last member of a name stands.
    """

    def __init__(self, text: str, spans: Mapping[str, slice], repeated: frozenset[str]) -> None:
        """Take the object's text, and where in it the values of its members are."""
        self._text, self._spans = text, spans
        self.repeated = repeated

    def __getitem__(self, name: str) -> Any:
        return parse_json(self._text[self._spans[name]])

    def __contains__(self, name: object) -> bool:
        return name in self._spans

    def __iter__(self) -> Iterator[str]:
        return iter(self._spans)

    def __len__(self) -> int:
        return len(self._spans)


def parse_answer(raw: bytes) -> Any:
    """Return what an answer's JSON document holds: as ``parse_json`` does, and an object of 1 MiB as a ``LargeObject``.

    Raises:
        ValueError: For anything that is no JSON document, and for one that is nested too deeply.
    """
    return (_members(raw) if len(raw) >= _LARGE else None) or parse_json(raw)


def _members(raw: bytes) -> LargeObject | None:
    """Return the object that a document in UTF-8 holds, None for every other document and where it is at fault."""
    try:
        text = raw.decode("utf-8", "surrogatepass")
        spans, repeated = _spans(text)
    except (ValueError, IndexError, RecursionError):
        return None  # parse_json says what is wrong
    return LargeObject(text, spans, repeated)


def _spans(text: str) -> tuple[dict[str, slice], frozenset[str]]:
    """Return where the values of an object's members are, and the names that it has more than once.

    Raises:
        ValueError, IndexError: When the text is no object.
        RecursionError: When it is nested too deeply.
    """
    spans: dict[str, slice] = {}
    repeated: set[str] = set()
    at = _after(text, 0, "{")
    while True:
        name, at = _decoder.raw_decode(text, _after(text, at, '"') - 1)
        start = _passed(text, _after(text, at, ":"))
        _, end = _decoder.raw_decode(text, start)
        if name in spans:
            repeated.add(name)
        spans[name] = slice(start, end)
        at = _passed(text, end)
        if text[at] == "}":
            break
        at = _after(text, at, ",")
    if _passed(text, at + 1) != len(text):
        raise ValueError("more follows the object")
    return spans, frozenset(repeated)


def _passed(text: str, at: int) -> int:
    """Return where the white space at a place ends."""
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _after(text: str, at: int, mark: str) -> int:
    """Return the place behind a mark that follows, white space passed over.

    Raises:
        ValueError, IndexError: When something else follows, or nothing.
    """
    at = _passed(text, at)
    if text[at] != mark:
        raise ValueError(f"no {mark} at {at}")
    return at + 1
