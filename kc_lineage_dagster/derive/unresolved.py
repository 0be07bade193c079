"""What is unresolved of a connector, as people read it: alike items once, in order, no text without end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from kc_lineage_dagster.lineage import Edge, Unresolved
from kc_lineage_dagster.wording import first_few

_MOST_ALIKE = 5  # items of one reason that are listed one by one
_LONGEST_WHAT, _LONGEST_REASON = 500, 1_000  # characters: items are for people, values may have megabytes


def listed(items: Iterable[Edge | Unresolved]) -> tuple[Unresolved, ...]:
    """Return the unresolved ones among what was found of a connector, sorted, alike ones as one item."""
    return tuple(sorted(map(_short, _grouped(items)), key=_by_text))


def _grouped(items: Iterable[Edge | Unresolved]) -> set[Unresolved]:
    """Return the unresolved items, those that differ in nothing but what they are about joined into one: items without
    a topic that share a reason, when they are more than a few.
    """
    alike: defaultdict[str, dict[str, None]] = defaultdict(dict)
    kept: set[Unresolved] = set()
    for item in items:
        if isinstance(item, Edge):
            continue
        if item.topic is None:
            alike[item.reason][item.what] = None
        else:
            kept.add(item)
    for reason, found in alike.items():
        names = sorted(found)
        texts = names if len(names) <= _MOST_ALIKE else [first_few(names, _MOST_ALIKE)]
        kept.update(Unresolved(text, reason) for text in texts)
    return kept


def _short(item: Unresolved) -> Unresolved:
    if len(item.what) <= _LONGEST_WHAT and len(item.reason) <= _LONGEST_REASON:
        return item
    return Unresolved(cut(item.what, _LONGEST_WHAT), cut(item.reason, _LONGEST_REASON), item.topic)


def cut(text: str, most: int = _LONGEST_WHAT) -> str:
    """Return a text that is not longer than people read.

    >>> cut("abcdef", 4)
    'abc…'
    """
    return text if len(text) <= most else text[: most - 1] + "…"


def _by_text(item: Unresolved) -> tuple[str, str]:
    return str(item), item.topic or ""
