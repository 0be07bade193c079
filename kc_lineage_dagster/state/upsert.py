"""Insert rows that may be there already: SQLite and PostgreSQL say so alike, SQLAlchemy in two dialects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert


def insert_into(connection: Connection, table: Table) -> SqliteInsert | PostgresInsert:
    """Return an INSERT of the database's own dialect, which may say what happens where there is such a row already."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], newer: str | None = None) -> None:
    """Insert rows; where there is one with the same key, replace the columns that are given.

    Args:
        connection: Of a transaction that writes.
        table: Where the rows go.
        rows: Column -> value, the same columns in every row, the key among them.
        newer: A column whose value must not be lower than the stored one, else the stored row stays; None for none.
    """
    if not rows:
        return
    statement = insert_into(connection, table)
    keys = [column.name for column in table.primary_key]
    values = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    condition = None if newer is None else table.c[newer] <= statement.excluded[newer]
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=values, where=condition), list(rows))
