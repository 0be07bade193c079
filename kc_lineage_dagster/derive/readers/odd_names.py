"""Tables whose names a topic cannot hold: ``Order Lines`` becomes ``Order_Lines``, which is a table's name as well."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache

TWINS = "another active topic differs in underscores only: characters that a topic cannot hold were replaced"
SIBLINGS = (
    "its underscores may stand for characters that a topic cannot hold: a table beside it has a name that SQL takes "
    "in quotes only. Spell the table out in the include list"
)


def doubts(topics: Iterable[str]) -> Callable[[str], str | None]:
    """From the name of a table, as a topic holds it, to why that may not be its name, judged by the active topics.

    Transforms mostly keep the end of a topic, so a topic is taken for the table's when it ends with its name; those
    that begin alike are the tables beside it.
    """
    ordered = sorted(topics)
    mirrored = sorted(topic[::-1] for topic in ordered)
    twins = _twins(ordered)

    @cache
    def quoted_beside(beginning: str) -> bool:
        return any("-" in rest for rest in _after(beginning, ordered))

    @cache
    def doubt(table: str) -> str | None:
        if "_" not in table:
            return None
        if any(topic.endswith(table) for topic in twins):
            return TWINS
        beginnings = (rest[::-1] for rest in _after(table[::-1], mirrored))
        return SIBLINGS if any(quoted_beside(one) for one in beginnings if one) else None

    return doubt


def _after(beginning: str, ordered: list[str]) -> Iterator[str]:
    """What follows in those of the sorted texts that begin so."""
    for at in range(bisect_left(ordered, beginning), len(ordered)):
        if not ordered[at].startswith(beginning):
            return
        yield ordered[at][len(beginning) :]


def _twins(topics: Iterable[str]) -> tuple[str, ...]:
    """Topics that differ from another one in the length of runs of underscores only."""
    squeezed = {topic: re.sub("_+", "_", topic) for topic in topics}
    counts = Counter(squeezed.values())
    return tuple(topic for topic, short in squeezed.items() if counts[short] > 1)
