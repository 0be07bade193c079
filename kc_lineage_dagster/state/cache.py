"""A cache of texts that take long to read again, such as the answers of catalogs. Losing them costs only time."""

from __future__ import annotations

import base64
import hashlib
import time
import zlib
from dataclasses import dataclass

from sqlalchemy import select

from kc_lineage_dagster.state import tables
from kc_lineage_dagster.state.database import Database
from kc_lineage_dagster.state.upsert import upsert


@dataclass(frozen=True, slots=True)
class Cache:
    """The texts of one scope, by key.

    ``scope``: who reads from where, for example ``shop datahub http://gms:8080``; without a secret.

    Raises:
        StateError: By every method, when the database cannot be used.
    """

    database: Database
    scope: str

    def recall(self, key: str) -> tuple[float, str] | None:
        """Return (seconds since 1970 when a text was remembered, the text); None where there is no readable one."""
        table = tables.cache
        chosen = select(table.c.read_at, table.c.value).where(table.c.scope == self.scope, table.c.key == key)
        with self.database.reading() as connection:
            row = connection.execute(chosen).first()
        try:
            return (row[0], zlib.decompress(base64.b64decode(row[1])).decode()) if row else None
        except (ValueError, zlib.error):
            return None

    def remember(self, key: str, text: str) -> None:
        """Store a text, compressed, in place of the one that the key had before."""
        value = base64.b64encode(zlib.compress(text.encode(), 6)).decode()
        row = {"scope": self.scope, "key": key, "read_at": time.time(), "value": value}
        with self.database.writing() as connection:
            upsert(connection, tables.cache, [row])


def digest_of(database: Database, owner: str) -> str:
    """Return a digest of all texts of the scopes that begin with ``owner``: another one whenever a text changes.

    When a text was read is no part of it.
    """
    table, found = tables.cache, hashlib.sha256()
    chosen = select(table.c.scope, table.c.key, table.c.value).where(table.c.scope.startswith(owner, autoescape=True))
    with database.reading() as connection:
        for row in connection.execute(chosen.order_by(table.c.scope, table.c.key)):
            found.update(repr(tuple(row)).encode("utf-8", "backslashreplace"))
    return found.hexdigest()
