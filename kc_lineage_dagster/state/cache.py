"""Texts that others read and would have to read again, as the answers of catalogues: losing them costs time only."""

from __future__ import annotations

import base64
import time
import zlib
from dataclasses import dataclass

from sqlalchemy import select

from kc_lineage_dagster.state import tables
from kc_lineage_dagster.state.cluster_state import upsert
from kc_lineage_dagster.state.database import Database


@dataclass(frozen=True, slots=True)
class Cache:
    """The texts of one scope, by key. ``scope``: who reads what, such as ``shop datahub http://gms:8080``; no secret.
    StateError when the database cannot be used.
    """

    database: Database
    scope: str

    def recall(self, key: str) -> tuple[float, str] | None:
        """When a text was remembered, in seconds since 1970, and the text; None where none can be read."""
        table = tables.cache
        chosen = select(table.c.read_at, table.c.value).where(table.c.scope == self.scope, table.c.key == key)
        with self.database.reading() as connection:
            row = connection.execute(chosen).first()
        try:
            return (row[0], zlib.decompress(base64.b64decode(row[1])).decode()) if row else None
        except (ValueError, zlib.error):
            return None

    def remember(self, key: str, text: str) -> None:
        """Keep a text, compressed, in place of what was there."""
        value = base64.b64encode(zlib.compress(text.encode(), 6)).decode()
        row = {"scope": self.scope, "key": key, "read_at": time.time(), "value": value}
        with self.database.writing() as connection:
            upsert(connection, tables.cache, [row])
