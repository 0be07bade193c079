"""Configuration keys as words, and the one rule for keys that name a user: no secrets, but nothing for a catalogue."""

from __future__ import annotations

import re
from functools import lru_cache

# As DataHub's source leaves out connection.user and db.user.
_USERS = frozenset((("user",), ("username",), ("user", "name"), ("login",), ("principal",), ("user", "id")))
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
_LONGEST = 300  # characters of a key that are looked at: its end decides


def words_of(key: str) -> tuple[str, ...]:
    """Split a key into lower-case words at dots, dashes, underscores and capitals.

    >>> words_of("jdbc.sslKeyPassword")
    ('jdbc', 'ssl', 'key', 'password')
    """
    return tuple(word.lower() for word in _WORDS.findall(key[-_LONGEST:]))


@lru_cache(maxsize=65536)
def is_user_key(key: str) -> bool:
    """Tell whether ``key`` holds a user name (``connection.user``, ``connectionUser``, ``hdfs.principal``)."""
    words = words_of(key)
    return any(words[-count:] in _USERS for count in (1, 2))
