"""Finds topics whose table may really be called otherwise: a topic holds ``Order_Lines`` for the table ``Order Lines``.

A topic takes letters, digits, dots, dashes and underscores only, and ``Order_Lines`` could just as well be another
table's own name.

Source: ``io.debezium.schema.AbstractTopicNamingStrategy.sanitizedTopicName``
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import product

_LEGAL = re.compile(r"[A-Za-z0-9._-]")

TWINS = "another active topic differs in underscores only: characters that a topic cannot hold were replaced"
SIBLINGS = (
    "its underscores may stand for characters that a topic cannot hold: a table beside it has a name that SQL takes "
    "in quotes only. Spell the table out in the include list"
)


def doubts(topics: Iterable[str]) -> Callable[[str], str | None]:
    """Return a function from the name of a table, as a topic holds it, to why that may not be its name, judged by the
    active topics.

    Transforms mostly keep the end of a topic, so a topic is taken for the table's when it ends with its name; those
    that begin alike are the tables beside it.

    >>> doubt = doubts(["srv.dbo.Order_Lines", "srv.dbo.Order__Lines"])
    >>> doubt("Order_Lines") == TWINS
    True
    """

    @cache  # worked out for the first name with an underscore, which most connectors lack
    def known() -> tuple[list[str], list[str], tuple[str, ...]]:
        ordered = sorted(topics)
        return ordered, sorted(topic[::-1] for topic in ordered), _twins(ordered)

    @cache
    def quoted_beside(beginning: str) -> bool:
        return any("-" in rest for rest in _after(beginning, known()[0]))

    @cache
    def doubt(table: str) -> str | None:
        if "_" not in table:
            return None
        _, mirrored, twins = known()
        if any(topic.endswith(table) for topic in twins):
            return TWINS
        beginnings = (rest[::-1] for rest in _after(table[::-1], mirrored))
        return SIBLINGS if any(quoted_beside(one) for one in beginnings if one) else None

    return doubt


def _after(beginning: str, ordered: list[str]) -> Iterator[str]:
    """Yield, of the sorted texts that begin so, what follows in each."""
    for at in range(bisect_left(ordered, beginning), len(ordered)):
        if not ordered[at].startswith(beginning):
            return
        yield ordered[at][len(beginning) :]


def _twins(topics: Iterable[str]) -> tuple[str, ...]:
    """Return the topics that differ from another one in the length of runs of underscores only."""
    squeezed = {topic: re.sub("_+", "_", topic) for topic in topics}
    counts = Counter(squeezed.values())
    return tuple(topic for topic, short in squeezed.items() if counts[short] > 1)


_SIGNS = re.compile(r"#|(?<=\\)[$ ]|(?<=\[)[$ ](?=\])|[^\x00-\x7f]")
_MOST_UNDERSCORES = 5


def odd_signs(patterns: Iterable[str]) -> str:
    """Return the signs of regular expressions that a name may hold and a topic may not: ``#``, ``\\$``, ``[$]``, ``ü``.

    >>> odd_signs(["SALES[.]ORDER#.*"])
    '#'
    """
    return "".join(dict.fromkeys(sign for pattern in patterns for sign in _SIGNS.findall(pattern)))


def _restored(name: str, witness: str) -> str | None:
    """Return a name as a topic holds it with the odd signs of a witness in place of its underscores.

    None when the witness has no odd sign or is another name. The letters are the name's own.
    """
    signs = [(have, sign) for have, sign in zip(name, witness, strict=False)]
    fits = len(name) == len(witness) and all(
        have.upper() == sign.upper() or (have == "_" and not _LEGAL.fullmatch(sign)) for have, sign in signs
    )
    if not fits or all(_LEGAL.fullmatch(sign) for sign in witness):
        return None
    return "".join(sign if have == "_" else have for have, sign in signs)


def _respelled(name: str, signs: str) -> Iterator[str]:
    """Yield the names, other than this one, in which some underscores are one of these signs; none of too many."""
    pieces = name.split("_")
    if len(pieces) - 1 > _MOST_UNDERSCORES:
        return
    for between in product(f"_{signs}", repeat=len(pieces) - 1):
        spelled = "".join(piece + sign for piece, sign in zip(pieces, (*between, ""), strict=True))
        if spelled != name:
            yield spelled


def possible_names(name: str, witnesses: Iterable[str], may_be_common: bool, signs: str) -> Iterator[str]:
    """Yield the names that a topic may have turned into this one.

    Args:
        name: The name as the topic holds it.
        witnesses: Names that are known to be in use. What a witness has in place of an underscore is certain.
        may_be_common: Whether the name may be that of an Oracle user, of whom those common to all databases begin with
            ``C##``.
        signs: The characters that underscores are known to stand for.

    >>> list(possible_names("C__USER", (), may_be_common=True, signs=""))
    ['C__USER', 'C##USER']
    >>> list(possible_names("Order_Lines", ["ORDER LINES"], may_be_common=False, signs=""))
    ['Order Lines']
    """
    witnessed = next((found for one in witnesses if (found := _restored(name, one))), None)
    if witnessed is not None:
        yield witnessed
    elif may_be_common and name.startswith("C__"):
        yield from (name, f"C##{name[3:]}")
    elif signs and "_" in name:
        yield from _respelled(name, signs)
    else:
        yield name
