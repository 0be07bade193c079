"""JSON documents that are almost right: every value of a document, and every odd value in its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Path = tuple[Any, ...]


def _nested(levels: int) -> Any:
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


# What JSON can hold where something else is expected: empty, of another kind, no Unicode, deeper than a stack.
ODD: tuple[Any, ...] = (None, [], {}, "", 0, "\ud800", _nested(600))
# Rarer: inside another value, of another kind of number, beyond any number, no URL.
ODDER: tuple[Any, ...] = (*ODD, 1.5, True, [None], {"a": {"b": []}}, 10**400, "http://[")


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the paths of all values inside a document, the whole document first."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield from places(inner, (*path, key))


def changed(value: Any, path: Path, odd: Any) -> Any:
    """Return the document with something else at one place."""
    if not path:
        return odd
    key, rest = path[0], path[1:]
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[key] = changed(value[key], rest, odd)
    return copy


def mutations(answers: dict[str, Any], odds: tuple[Any, ...] = ODD) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (what was changed, answers by path) with every value of every answer replaced by every odd value."""
    for at, answer in answers.items():
        for path in places(answer):
            for odd in odds:
                yield f"{at} {path}: {str(odd)[:40]!r}", {**answers, at: changed(answer, path, odd)}
