"""Split configuration keys into words, and recognise keys of user names: no secrets, but they stay out of DataHub."""

from __future__ import annotations

import re
from functools import lru_cache

# The last words of keys that hold a user name; DataHub's own source leaves out connection.user and db.user.
_USERS = frozenset((("user",), ("username",), ("user", "name"), ("login",), ("principal",), ("user", "id")))
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
_LONGEST = 300  # characters at the end of a key that are looked at: the last words decide


def words_of(key: str) -> tuple[str, ...]:
    """Split a key into lower-case words at dots, dashes, underscores and capitals.

    >>> words_of("jdbc.sslKeyPassword")
    ('jdbc', 'ssl', 'key', 'password')
    """
    return tuple(word.lower() for word in _WORDS.findall(key[-_LONGEST:]))


@lru_cache(maxsize=65536)
def is_user_key(key: str) -> bool:
    """Tell whether a configuration key holds a user name.

    >>> is_user_key("connectionUser"), is_user_key("hdfs.principal"), is_user_key("user.table")
    (True, True, False)
    """
    words = words_of(key)
    return any(words[-count:] in _USERS for count in (1, 2))
