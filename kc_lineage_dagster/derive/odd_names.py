"""Tables whose names a topic cannot hold: ``Order Lines`` becomes ``Order_Lines``, which is a table's name as well."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable
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
    twins = _twins(ordered)

    @cache
    def quoted_beside(beginning: str) -> bool:
        for topic in ordered[bisect_left(ordered, beginning) :]:
            if not topic.startswith(beginning):
                return False
            if "-" in topic[len(beginning) :]:
                return True
        return False

    @cache
    def doubt(table: str) -> str | None:
        if "_" not in table:
            return None
        if any(topic.endswith(table) for topic in twins):
            return TWINS
        beginnings = {topic.removesuffix(table) for topic in ordered if topic.endswith(table)}
        return SIBLINGS if any(quoted_beside(one) for one in beginnings if one) else None

    return doubt


def _twins(topics: Iterable[str]) -> tuple[str, ...]:
    """Topics that differ from another one in the length of runs of underscores only."""
    squeezed = {topic: re.sub("_+", "_", topic) for topic in topics}
    counts = Counter(squeezed.values())
    return tuple(topic for topic, short in squeezed.items() if counts[short] > 1)
