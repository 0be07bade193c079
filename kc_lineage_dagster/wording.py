"""Words for people: numbers with their nouns, and texts that are safe to print."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return ``1 connector``, ``2 connectors``; ``plural`` where it is not the noun with an ``s``."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def printable(text: str) -> str:
    """Return the text without what would steer a terminal: names come from whoever may write to the cluster."""
    return "".join(character if character.isprintable() else "�" for character in text)
