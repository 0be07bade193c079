"""Texts for people: numbers with their nouns, and names made fit for terminals and for files in UTF-8."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun.

    Args:
        number: How many there are.
        noun: In the singular.
        plural: None where the plural is the noun with an ``s``.

    >>> counted(1, "connector"), counted(2, "connector"), counted(0, "entity", "entities")
    ('1 connector', '2 connectors', '0 entities')
    """
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def first_few(names: Iterable[object], most: int = 5, between: str = ", ") -> str:
    """Return the names in a row; of more than ``most`` the first ones, and how many more there are.

    Args:
        names: Anything whose text is shown.
        most: How many names are shown.
        between: What stands between two of them.

    >>> first_few(["a", "b", "c"], 3), first_few(["a", "b", "c"], 2), first_few(["a", "b", "c"], 1)
    ('a, b, c', 'a, b and 1 more', 'a and 2 more')
    """
    texts = [str(name) for name in names]
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return f"{between.join(texts[:most])}{more}"


def enumerated(items: Sequence[str], most: int, noun: str = "more") -> str:
    """Return ``a, b and c``, as a sentence names things; of too many items the first ones, and how many more there are.

    Args:
        items: At least one text.
        most: How many items are named.
        noun: What the rest is called, in the singular.

    >>> enumerated(["a", "b", "c"], 3), enumerated(["a", "b", "c", "d"], 2), enumerated(["a", "b"], 1, "more topic")
    ('a, b and c', 'a, b and 2 more', 'a and 1 more topic')
    """
    left = len(items) - most
    if left > 0:
        items = [*items[:most], f"{left} {noun}" if noun == "more" else counted(left, noun)]
    return " and ".join(filter(None, (", ".join(items[:-1]), items[-1])))


def printable(text: str) -> str:
    r"""Return the text with ``�`` for every character that is not printable, such as those that control a terminal.

    Names come from everybody who may write to the cluster.

    >>> printable("a\x1b[31mb")
    'a�[31mb'
    """
    return "".join(character if character.isprintable() else "�" for character in text)


def encodable(text: str) -> str:
    r"""Return the text with ``?`` for every lone surrogate, which JSON can hold (``"\ud800"``) and UTF-8 cannot.

    >>> encodable("orders\ud800")
    'orders?'
    """
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def encodable_json(value: Any) -> Any:
    r"""Return a JSON value with all its texts, at any depth, made ``encodable``.

    Raises:
        RecursionError: When the value is nested too deeply.

    >>> encodable_json({"topics": ["orders", "a\ud800"]})
    {'topics': ['orders', 'a?']}
    """
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
