"""Finds targets whose names hold a time (``orders-202601`` of a TimestampRouter).

The configuration tells all of such a name but the time, so the datasets of the catalog whose names fit are the
topic's targets.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator

from kc_lineage_dagster.derive.catalog import Catalog
from kc_lineage_dagster.derive.records import TopicPattern
from kc_lineage_dagster.java_regex import Hole, Preimage, Refused, compile_java, matches_pattern
from kc_lineage_dagster.lineage import Dataset

# From a topic after transforms to the one dataset that its records are written to.
TargetOfTopic = Callable[[str], "Dataset | None"]

# Two times in pieces of the same lengths, told apart in every piece and seldom part of a name.
_TIMES = (("2973", "1987"), ("73", "87"), ("10", "11"), ("317", "318"), ("7", "8"), ("+0130", "+0230"))
_NO_TIME = "kc"


def existing_targets(pattern: TopicPattern, target_of: TargetOfTopic, catalog: Catalog) -> Iterable[Dataset]:
    """Return the datasets of the catalog that a topic is written to whose name depends on a time only.

    Args:
        pattern: The topic after the transforms, with a hole for each piece of the time.
        target_of: From a topic to the dataset that the sink would write; None where it would write none or several.
        catalog: What is known beyond Connect.
    """
    words = [_words(part) for part in pattern.parts if isinstance(part, Hole)]
    pairs = [pair for pair in words if pair is not None]
    if len(pairs) < len(words):
        return ()
    one, other = (target_of(_filled(pattern.parts, [pair[at] for pair in pairs])) for at in (0, 1))
    shape = _shape(one.name, [pair[0] for pair in pairs], pattern.parts) if one else None
    if one is None or other is None or shape is None or one.platform != other.platform:
        return ()
    if _filled(shape, [pair[1] for pair in pairs]) != other.name:
        return ()
    names = _fitting(shape, catalog.datasets(one.platform))
    return (Dataset(one.platform, name, one.instance) for name in names)


def _words(hole: Hole) -> tuple[str, str] | None:
    """Return two texts for a piece of time; None when a text that is no time fits the piece too."""
    regex = compile_java(hole.regex)
    if isinstance(regex, Refused) or regex.matches(_NO_TIME) is not False:
        return None
    return next((pair for pair in _TIMES if all(regex.matches(word) is True for word in pair)), None)


def _filled(parts: Preimage, words: list[str]) -> str:
    rest = iter(words)
    return "".join(part if isinstance(part, str) else next(rest) for part in parts)


def _shape(name: str, words: list[str], parts: Preimage) -> Preimage | None:
    """Return a target's name with the pieces of time in it as holes; None when they are not all found in order."""
    shape: list[str | Hole] = []
    at = 0
    for word, hole in zip(words, (part for part in parts if isinstance(part, Hole)), strict=True):
        found = name.find(word, at)
        if found < 0:
            return None
        shape += [name[at:found], hole]
        at = found + len(word)
    return tuple(part for part in (*shape, name[at:]) if part != "")


def _fitting(shape: Preimage, names: tuple[str, ...]) -> Iterator[str]:
    """Yield the names of that shape; letters may differ where the catalog shows names in lower case."""
    for parts in dict.fromkeys((shape, tuple(part.lower() if isinstance(part, str) else part for part in shape))):
        start = parts[0] if isinstance(parts[0], str) else ""
        for at in range(bisect_left(names, start), len(names)):
            if not names[at].startswith(start):
                break
            if matches_pattern(parts, names[at]):
                yield names[at]
