"""Picks, from lists of topics that exist (of Kafka or a catalog), those that may carry a connector's data."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache

# Kafka's own topics, Confluent's, and schema registries' begin like this.
_INTERNAL = ("__", "_confluent", "_schemas")
# A shorter beginning would claim topics of all kinds.
_SHORTEST = 2


def listed_topics(topics: tuple[str, ...], beginnings: Iterable[str]) -> tuple[str, ...]:
    """Return those of the sorted topics that begin with one of these texts."""
    found: dict[str, None] = {}
    for start in beginnings:
        for at in range(bisect_left(topics, start), len(topics)) if len(start) >= _SHORTEST else ():
            if not topics[at].startswith(start):
                break
            found[topics[at]] = None
    return tuple(sorted(found))


@lru_cache(maxsize=16)
def without_internal(topics: tuple[str, ...], internal: frozenset[str]) -> tuple[str, ...]:
    """Return sorted topics without those that are known to be internal."""
    return tuple(topic for topic in topics if topic not in internal and not topic.startswith(_INTERNAL))
