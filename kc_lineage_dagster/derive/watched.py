"""A configuration that notes which of its keys are read, so that lineage can say which keys decided it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar, overload

_T = TypeVar("_T")


class Watched(Mapping[str, str]):
    """The configuration of a connector, or a part of one, that notes each key whose value or presence it tells.

    A key that is absent leaves no note. Whoever iterates is told of every key, so every key is noted: what is read
    without a note cannot decide anything. ``config.entries`` reads some keys by their looks and leaves the others
    unread.

    >>> config = Watched({"topic.prefix": "crm", "tasks.max": "1"})
    >>> config.get("topic.prefix"), config.get("topics")
    ('crm', None)
    >>> config.read
    {'topic.prefix'}
    """

    __slots__ = ("_beginning", "held", "read")

    def __init__(self, held: Mapping[str, str], read: set[str] | None = None, beginning: str = "") -> None:
        """Watch a configuration.

        Args:
            held: Its entries. Looking at them leaves no note.
            read: Where keys are noted; None for a new set.
            beginning: What a key of ``held`` begins with in the connector's configuration.
        """
        self.held = held
        self.read: set[str] = set() if read is None else read
        self._beginning = beginning

    def part(self, beginning: str, held: Mapping[str, str]) -> Watched:
        """Return a part of this configuration, whose keys are noted here. The parameters are as of the constructor."""
        return Watched(held, self.read, self._beginning + beginning)

    def __getitem__(self, key: str) -> str:
        value = self.held[key]
        self.read.add(self._beginning + key)
        return value

    @overload
    def get(self, key: str, /) -> str | None: ...
    @overload
    def get(self, key: str, default: str | _T, /) -> str | _T: ...
    def get(self, key: str, default: str | _T | None = None, /) -> str | _T | None:
        """Return the value of a key, and note the key; the default where it is absent."""
        value = self.held.get(key)
        if value is None:
            return default
        self.read.add(self._beginning + key)
        return value

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.get(key) is not None

    def __iter__(self) -> Iterator[str]:
        self.read.update(self._beginning + key for key in self.held)
        return iter(self.held)

    def __len__(self) -> int:
        return len(self.held)
