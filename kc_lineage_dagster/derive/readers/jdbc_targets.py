"""The table that a sink writes to, from the text that its ``table.name.format`` became.

Source: ``io.confluent.connect.jdbc.dialect.GenericDatabaseDialect.parseTableIdentifier``
"""

from __future__ import annotations

from dataclasses import replace

from kc_lineage_dagster.derive.config import Config, first, is_reference
from kc_lineage_dagster.derive.readers.jdbc_url import JdbcUrl
from kc_lineage_dagster.derive.readers.sql_names import Elsewhere, TableName, cut_to_length, dataset_of
from kc_lineage_dagster.derive.readers.sql_platforms import PLATFORMS
from kc_lineage_dagster.lineage import Dataset, Unresolved


def session_user(config: Config, *keys: str) -> str | None:
    """Return the user a sink logs in as, None when it is hidden or not set: on some platforms a schema has its name.

    >>> session_user({"connection.user": "proxy[SALES]"}, "connection.user")
    'SALES'
    """
    user = first(config, *keys)
    if user is None or is_reference(user):
        return None
    _, proxy, owner = user[:-1].rpartition("[") if user.endswith("]") else ("", "", "")
    return owner if proxy and owner else user  # PROXY_USER[SCHEMA_USER] of Oracle


def target(place: JdbcUrl, name: TableName, user: str | None, *, quoted: bool = True) -> Dataset | Unresolved:
    """Return the dataset of a table that a sink writes, its name folded where the sink writes it without quotes, and
    cut where the database cuts it (PostgreSQL: 63 bytes, also ``PostgreSqlDatabaseDialect.parseTableIdentifier``).

    Args:
        place: Where the connection leads.
        name: The table's name as the connector reads it.
        user: The user that the sink logs in as; None when that is hidden or not set.
        quoted: Whether the sink writes the name in quotes.

    >>> str(target(JdbcUrl("postgres", database="shop"), TableName("Orders"), None, quoted=False))
    'postgres:shop.public.orders'
    """
    rules = PLATFORMS[place.platform]
    if not quoted:
        name = TableName(rules.folds(name.table), tuple(map(rules.folds, name.qualifiers)))
    found = dataset_of(place, replace(name, table=cut_to_length(rules, name.table)), user)
    if isinstance(found, Elsewhere):
        return replace(found, reason=f"{found.reason}: {_SHORTER}")
    return found


_SHORTER = "writing to it fails; table.name.format, or a transform that renames the topic, can make the name shorter"


def unreadable(text: str) -> Unresolved:
    """Say that a text is no name of a table.

    >>> str(unreadable('"orders'))
    '"orders: cannot be read as the name of a table'
    """
    return Unresolved(text, "cannot be read as the name of a table")
