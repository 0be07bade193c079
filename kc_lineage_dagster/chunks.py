"""Work on many things in parts, so that a large cluster is never held whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

CHUNK = 200  # connectors that are in memory at once

_T = TypeVar("_T")


def chunks(items: Iterable[_T], size: int = CHUNK, weight: Callable[[_T], float] = lambda _: 1) -> Iterator[list[_T]]:
    """Yield the items in lists of at most ``size``, or of less where items are heavy.

    Args:
        items: What is divided.
        size: How many items a list may have.
        weight: For how many items one counts. A list ends with the item that fills it.

    >>> list(chunks("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    >>> list(chunks("abCDe", 2, lambda letter: 2 if letter.isupper() else 1))
    [['a', 'b'], ['C'], ['D'], ['e']]
    """
    chunk: list[_T] = []
    filled = 0.0
    for item in items:
        chunk.append(item)
        filled += weight(item)
        if filled >= size:
            yield chunk
            chunk, filled = [], 0.0
    if chunk:
        yield chunk
