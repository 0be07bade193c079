"""How each SQL platform builds a table's full name, and how DataHub's own ingestion of the platform spells that name.

Source: ``get_identifier`` of ``datahub/ingestion/source/sql/*.py``; each product's SQL reference
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kc_lineage_dagster.derive.spelling import LETTER_CASE

DATABASE, SCHEMA, TABLE = "database", "schema", "table"
THREE_LEVELS = (DATABASE, SCHEMA, TABLE)
TWO_LEVELS = (DATABASE, TABLE)
SCHEMA_AND_TABLE = (SCHEMA, TABLE)

_PLAIN_UPPER = re.compile(r"[A-Z][A-Z0-9_$#]*")
# what Oracle takes without quotes in SQLAlchemy's view, whose ``#`` always needs them
_PLAIN_ORACLE = re.compile(r"[A-Z][A-Z0-9_$]*")
# the words that SQLAlchemy's dialect for Oracle quotes: the reserved ones of Oracle's SQL reference, and CURRENT
_ORACLE_WORDS = frozenset(
    """ALL ALTER AND ANY AS ASC BETWEEN BY CHAR CHECK CLUSTER COMMENT COMPRESS CONNECT CREATE CURRENT DATE DECIMAL
    DEFAULT DELETE DESC DISTINCT DROP ELSE EXCLUSIVE EXISTS FLOAT FOR FROM GRANT GROUP HAVING IDENTIFIED IN INDEX
    INSERT INTEGER INTERSECT INTO IS LEVEL LIKE LOCK LONG MINUS MODE NOCOMPRESS NOT NOWAIT NULL NUMBER OF ON OPTION OR
    ORDER PCTFREE PRIOR PUBLIC RAW RENAME RESOURCE REVOKE SELECT SET SHARE SIZE SMALLINT START SYNONYM TABLE THEN TO
    TRIGGER UID UNION UNIQUE UPDATE USER VALUES VARCHAR VARCHAR2 VIEW WHERE WITH""".split()  # noqa: SIM905
)


def as_is(name: str) -> str:
    """Return the name with its letters kept.

    >>> as_is("Orders")
    'Orders'
    """
    return name


def reflected(name: str) -> str:
    """Return SQLAlchemy's ``normalize_name``: plain names, which the database stores in upper case, come out in lower
    case.

    >>> reflected("ORDERS"), reflected("Orders")
    ('orders', 'Orders')
    """
    return name.lower() if _PLAIN_UPPER.fullmatch(name) else name


def reflected_oracle(name: str) -> str:
    """Return ``normalize_name`` of SQLAlchemy's dialect for Oracle, with which DataHub's source spells schema and
    table.

    A name that needs no quotes comes out in lower case; ``C##USER``, ``COMMENT``, ``_X`` and ``Mixed`` as they are.

    >>> reflected_oracle("ORDERS"), reflected_oracle("C##SALES"), reflected_oracle("COMMENT")
    ('orders', 'C##SALES', 'COMMENT')
    """
    return name.lower() if _PLAIN_ORACLE.fullmatch(name) and name not in _ORACLE_WORDS else name


@dataclass(frozen=True, slots=True)
class SqlPlatform:
    """The naming rules of one platform.

    Args:
        levels: The parts of DataHub's dataset name, outermost first.
        default_schema: Where a table without a schema lies; None when nobody can tell.
        default_database: Where a table without a database lies; None when nobody can tell.
        user_schema: Whether a session starts in the schema named like its user.
        quotes: The opening and the closing quote of identifiers.
        folds: What the database makes of an identifier without quotes.
        across: Whether a statement can name another database than the one connected to.
        lists_one: Whether the driver lists only tables of the database connected to, though statements can name others.
        longest: The number of bytes after which identifiers are cut; None for no end.
        spelled: What DataHub makes of each part (rules for whole names are in ``spelling``).
        spelled_database: What DataHub makes of the database, before ``spelled``.
        grammar: What sqlglot calls the SQL dialect; None where it has none.
        nested: Whether columns may hold fields, which DataHub shows as ``column.field``.
        hints: A regular expression for clauses around a query that name no table and that sqlglot does not know; ""
            for none.
    """

    levels: tuple[str, ...] = THREE_LEVELS
    default_schema: str | None = None
    default_database: str | None = None
    user_schema: bool = False
    quotes: tuple[str, str] = ('"', '"')
    folds: Callable[[str], str] = as_is
    across: bool = False
    lists_one: bool = False
    longest: int | None = None
    spelled: Callable[[str], str] = as_is
    spelled_database: Callable[[str], str] = as_is
    grammar: str | None = None
    nested: bool = False
    hints: str = ""


# the last clauses of a SELECT, for isolation and optimization, in Db2's SQL reference
_DB2_HINTS = (
    r"(?:\s+(?:WITH\s+(?:UR|CS|RS|RR)|FOR\s+(?:READ|FETCH)\s+ONLY|OPTIMIZE\s+FOR\s+\d+\s+ROWS?)\b)+(?=\s*;?\s*$)"
)
_TERADATA_HINTS = r"^\s*(?:LOCK(?:ING)?\s+(?:ROW|(?:TABLE|VIEW|DATABASE)\s+[\w.]+)\s+(?:FOR|IN)\s+(?:ACCESS|READ)\s+)+"
_INFORMIX_HINTS = r"(?<=\bSELECT)(?:\s+SKIP\s+\d+)?\s+(?:FIRST|LIMIT)\s+\d+\b"
_TICKS = ("`", "`")
_lower, _upper = str.lower, str.upper


def _postgres(longest: int | None = 63, grammar: str = "postgres") -> SqlPlatform:
    return SqlPlatform(default_schema="public", folds=_lower, longest=longest, grammar=grammar)


def _mysql(grammar: str = "mysql") -> SqlPlatform:
    return SqlPlatform(TWO_LEVELS, quotes=_TICKS, across=True, grammar=grammar)


# Platform ids are those of DataHub's list of data platforms; below the line the list has none: the product's own name.
PLATFORMS: Mapping[str, SqlPlatform] = {
    "postgres": _postgres(),
    "cockroachdb": _postgres(longest=None),
    "redshift": _postgres(longest=127, grammar="redshift"),
    "mysql": _mysql(),
    "mariadb": _mysql(),
    # Microsoft's driver, SQLServerDatabaseMetaData: quotes by getIdentifierQuoteString, no brackets; getTables asks
    # sp_tables in the catalog that it is given, and without one in the connection's
    "mssql": SqlPlatform(
        default_schema="dbo", across=True, lists_one=True, grammar="tsql", hints=r"^\s*SET\s+NOCOUNT\s+ON\b\s*;?"
    ),
    # oracle.py: each part as SQLAlchemy reflects it
    "oracle": SqlPlatform(SCHEMA_AND_TABLE, user_schema=True, folds=_upper, spelled=reflected_oracle, grammar="oracle"),
    # db2.py: database names are upper-cased, the others keep the letters of the catalog
    "db2": SqlPlatform(user_schema=True, folds=_upper, spelled_database=_upper, hints=_DB2_HINTS),
    "snowflake": SqlPlatform(default_schema="PUBLIC", folds=_upper, across=True, grammar="snowflake"),
    # hana.py: schema.table as sqlalchemy-hana reflects it
    "hana": SqlPlatform(SCHEMA_AND_TABLE, user_schema=True, folds=_upper, spelled=reflected),
    "teradata": SqlPlatform(TWO_LEVELS, across=True, grammar="teradata", hints=_TERADATA_HINTS),
    "vertica": SqlPlatform(default_schema="public", grammar="postgres"),
    "trino": SqlPlatform(folds=_lower, across=True, grammar="trino", nested=True),
    "presto": SqlPlatform(folds=_lower, across=True, grammar="presto", nested=True),
    "clickhouse": SqlPlatform(
        TWO_LEVELS, default_database="default", quotes=_TICKS, across=True, grammar="clickhouse", nested=True
    ),
    "hive": SqlPlatform(
        TWO_LEVELS, default_database="default", quotes=_TICKS, folds=_lower, across=True, grammar="hive", nested=True
    ),
    "bigquery": SqlPlatform(quotes=_TICKS, across=True, grammar="bigquery", nested=True),
    "databricks": SqlPlatform(quotes=_TICKS, folds=_lower, across=True, grammar="databricks", nested=True),
    "athena": SqlPlatform(TWO_LEVELS, folds=_lower, across=True, grammar="athena", nested=True),
    # sql_generic.py: schema.table; SQLite's only schema is main
    "sqlite": SqlPlatform(SCHEMA_AND_TABLE, default_schema="main", grammar="sqlite"),
    # ---
    "singlestore": _mysql("singlestore"),
    "yugabytedb": _postgres(),
    "greenplum": _postgres(),
    "netezza": SqlPlatform(folds=_upper, grammar="postgres"),
    "informix": SqlPlatform(folds=_lower, across=True, hints=_INFORMIX_HINTS),
    "sybase": SqlPlatform(quotes=('"', '"'), across=True, grammar="tsql"),
    "exasol": SqlPlatform(SCHEMA_AND_TABLE, folds=_upper, grammar="exasol"),
    "derby": SqlPlatform(SCHEMA_AND_TABLE, user_schema=True, folds=_upper),
    "h2": SqlPlatform(SCHEMA_AND_TABLE, default_schema="PUBLIC", folds=_upper),
    "hsqldb": SqlPlatform(SCHEMA_AND_TABLE, default_schema="PUBLIC", folds=_upper),
    "maxdb": SqlPlatform(SCHEMA_AND_TABLE, user_schema=True, folds=_upper),
    "impala": SqlPlatform(
        TWO_LEVELS, default_database="default", quotes=_TICKS, folds=_lower, across=True, grammar="hive", nested=True
    ),
    "firebird": SqlPlatform(TWO_LEVELS, folds=_upper),
}


def stored_from_list(platform: str, part: str) -> str:
    """Return a part of a name as the database stores it, from a list of names that takes them in any letters.

    Without capital letters it is the name that a database stores in upper case where it does so with plain names.

    >>> stored_from_list("db2", "orders"), stored_from_list("db2", "Orders"), stored_from_list("postgres", "orders")
    ('ORDERS', 'Orders', 'orders')
    """
    rules = PLATFORMS.get(platform)
    return part.upper() if rules is not None and rules.folds is _upper and part == part.lower() else part


def stored(platform: str, part: str) -> str:
    """Return a part of a table's name as the database stores it and a topic holds it, from the way DataHub shows it.

    DataHub shows some names in lower case that the database stores in upper case: those that SQLAlchemy reflects so
    (``spelled`` of Oracle and SAP HANA), and all names of a platform that it lower-cases as a whole (Snowflake).

    >>> stored("oracle", "orders"), stored("oracle", "Orders"), stored("postgres", "orders")
    ('ORDERS', 'Orders', 'orders')
    """
    rules, upper = PLATFORMS.get(platform), part.upper()
    if rules is None or part != part.lower():
        return part
    whole = rules.folds is _upper and LETTER_CASE.get(platform) == "lower"
    return upper if whole or rules.spelled(upper) == part else part
