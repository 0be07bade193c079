"""From the name of a table, as a configuration or a statement spells it, to the dataset that DataHub knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from kc_lineage_dagster.derive.readers.jdbc_url import JdbcUrl
from kc_lineage_dagster.derive.readers.sql_platforms import DATABASE, PLATFORMS, SCHEMA, SqlPlatform, as_is
from kc_lineage_dagster.lineage import Dataset, Unresolved

_CLOSING = {'"': '"', "`": "`", "[": "]"}
_BORDER = re.compile(r"""[,"`\[]""")

_NAME_IT = "write it into the configuration, or name the dataset in generic_connectors of the recipe"
_ELSEWHERE = "names another database than the one connected to"


@dataclass(frozen=True, slots=True)
class Elsewhere(Unresolved):
    """A table's name that names another database than the one connected to, where only that one can be read."""


@dataclass(frozen=True, slots=True, order=True)
class TableName:
    """A table and what stands before it, outermost first: ``("shop", "public")`` of ``shop.public.orders``."""

    table: str
    qualifiers: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ".".join((*self.qualifiers, self.table))


def table_name(text: str, quotes: str = '"`[', folds: Callable[[str], str] = as_is) -> TableName | None:
    """Return a dotted name, each part bare or quoted; None when it cannot be read.

    Source: ``io.confluent.connect.jdbc.util.IdentifierRules.parseQualifiedIdentifier``.

    Args:
        text: The name as written.
        quotes: The characters that open a quote.
        folds: What becomes of bare parts.

    >>> table_name('sales."Order Lines"')
    TableName(table='Order Lines', qualifiers=('sales',))
    >>> table_name("Sales.Orders", folds=str.lower)
    TableName(table='orders', qualifiers=('sales',))
    """
    parts: list[str] = []
    at = 0
    while at < len(text):
        found = _part(quotes).match(text, at)
        if found is None:
            return None
        part = found.group(found.lastindex or 0)
        parts.append(part if text[at] in quotes else folds(part))
        at = found.end()
    return TableName(parts[-1], tuple(parts[:-1])) if parts and parts[-1] else None


@lru_cache(maxsize=8)
def _part(quotes: str) -> re.Pattern[str]:
    """Return the expression of one part of a name and the dot behind it; a dot at the very end fits nothing."""
    quoted = [
        f"{re.escape(char)}([^{re.escape(_CLOSING[char])}]+){re.escape(_CLOSING[char])}(?:\\.(?=.)|(?!\\.))"
        for char in quotes
    ]
    bare = rf"(?![{re.escape(quotes)}])([^.]*)(?:\.(?=.)|\Z)"
    return re.compile("|".join((*quoted, bare)), re.DOTALL)


def table_list(text: str) -> tuple[str, ...]:
    """Return a comma-separated list of names; commas inside quotes do not count.

    >>> table_list('orders, "a,b", returns')
    ('orders', '"a,b"', 'returns')
    """
    ends = {char: text.rfind(closing) for char, closing in _CLOSING.items()}  # beyond them nothing is quoted
    items, start, at = [], 0, 0
    while (found := _BORDER.search(text, at)) is not None:
        at, char = found.end(), found.group()
        if char == ",":
            items.append(text[start : found.start()])
            start = at
        elif at <= ends[char]:
            at = text.index(_CLOSING[char], at) + 1
    return tuple(item for raw in (*items, text[start:]) if (item := raw.strip()))


def dataset_of(place: JdbcUrl, name: TableName, session_schema: str | None = None) -> Dataset | Unresolved:
    """Return the dataset of a table reached through a connection, or why its full name is not known.

    Args:
        place: Where the connection leads.
        name: The table's name, as far as it is given.
        session_schema: The user that the connection logs in as, where an unqualified name means that user's schema;
            else None.

    >>> str(dataset_of(JdbcUrl("postgres", database="shop"), TableName("orders", ("sales",))))
    'postgres:shop.sales.orders'
    >>> print(str(dataset_of(JdbcUrl("postgres"), TableName("orders"))).partition("; ")[0])
    orders: its database is not known: neither the connection nor the table's name tells the database
    """
    platform = PLATFORMS[place.platform]
    given = _given(platform, name)
    if isinstance(given, Unresolved):
        return given
    if not platform.across and _differs(place, given):
        return Elsewhere(str(name), f"{_ELSEWHERE}, {place.database}")
    known = {
        DATABASE: given.get(DATABASE) or place.database or platform.default_database,
        SCHEMA: given.get(SCHEMA) or default_schema(place, session_schema),
    }
    outer: list[str] = []
    for level in platform.levels[:-1]:
        part = known[level]
        if not part:
            return Unresolved(str(name), f"its {level} is not known{_hint(place, level)}")
        outer.append(platform.spelled_database(part) if level == DATABASE else part)
    return Dataset(place.platform, ".".join(map(platform.spelled, (*outer, name.table))))


def unlisted(place: JdbcUrl, name: TableName) -> Unresolved | None:
    """Return why a source cannot find a table of this name among those that the driver lists, or None.

    The name has more parts than a name has on the platform, or names a database whose tables are not listed.

    Source: ``java.sql.DatabaseMetaData.getTables``

    >>> print(unlisted(JdbcUrl("postgres", database="shop"), TableName("orders", ("other", "public"))))
    other.public.orders: names another database than the one connected to, shop
    """
    platform = PLATFORMS[place.platform]
    given = _given(platform, name)
    if isinstance(given, Unresolved):
        return given
    if not _differs(place, given) or (platform.across and not platform.lists_one):
        return None
    advice = "; the driver lists no other, unless catalog.pattern names it" if platform.across else ""
    return Elsewhere(str(name), f"{_ELSEWHERE}, {place.database}{advice}")


def _given(platform: SqlPlatform, name: TableName) -> dict[str, str] | Unresolved:
    """Return the qualifiers by level; an empty one counts as absent (``db..table`` of SQL Server)."""
    levels = (DATABASE, SCHEMA) if SCHEMA in platform.levels else (DATABASE,)
    if len(name.qualifiers) > len(levels):
        return Unresolved(str(name), "has more parts than a table's name has on this platform")
    used = levels[len(levels) - len(name.qualifiers) :]
    return {level: part for level, part in zip(used, name.qualifiers, strict=True) if part}


def _differs(place: JdbcUrl, given: Mapping[str, str]) -> bool:
    """Tell whether a name's qualifiers name another database than the connection does. ``given``: see ``_given``."""
    database = given.get(DATABASE)
    return database is not None and place.database is not None and database.lower() != place.database.lower()


def _hint(place: JdbcUrl, level: str) -> str:
    if level == SCHEMA and place.search_path:
        return ": the connection's search path names several"
    return f": neither the connection nor the table's name tells the {level}; {_NAME_IT}"


def default_schema(place: JdbcUrl, session_schema: str | None = None) -> str | None:
    """Return where a table without a schema lies: what the connection says, else the platform's default, else None.

    >>> default_schema(JdbcUrl("postgres")), default_schema(JdbcUrl("oracle"), "sales")
    ('public', 'SALES')
    """
    platform = PLATFORMS[place.platform]
    if place.schema or place.search_path:
        return place.schema
    user = platform.folds(session_schema) if session_schema and platform.user_schema else None
    return platform.default_schema or user


def cut_to_length(platform: SqlPlatform, part: str) -> str:
    """Return an identifier cut to the bytes the platform keeps, never inside a character.

    >>> len(cut_to_length(PLATFORMS["postgres"], "x" * 100))
    63
    """
    text = part.encode(errors="surrogatepass")
    if platform.longest is None or len(text) <= platform.longest:
        return part
    return text[: platform.longest].decode(errors="ignore")


def of_one(datasets: Iterable[Dataset | Unresolved]) -> Dataset | None:
    """Return the dataset when all of them are the same one.

    >>> str(of_one([Dataset("postgres", "shop.public.orders"), Dataset("postgres", "shop.public.orders")]))
    'postgres:shop.public.orders'
    >>> of_one([Dataset("postgres", "a"), Dataset("postgres", "b")]) is None
    True
    """
    found = set(datasets)
    only = next(iter(found)) if len(found) == 1 else None
    return only if isinstance(only, Dataset) else None
