"""The tables and columns that a query reads, found with sqlglot."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kc_lineage_dagster.derive.readers.sql_columns import (
    WHAT,
    ColumnsOf,
    Output,
    ResultColumns,
    not_known,
    star_changes,
    table_named,
)
from kc_lineage_dagster.derive.readers.sql_names import TableName
from kc_lineage_dagster.derive.readers.sql_platforms import PLATFORMS, SqlPlatform
from kc_lineage_dagster.lineage import Unresolved

if TYPE_CHECKING:
    from sqlglot.optimizer.scope import Scope

LONGEST_QUERY = 100_000
_SELECTS = re.compile(r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/|\()*(?:sel|select|with|table)\b", re.IGNORECASE | re.DOTALL)
# sqlglot trips over some broken texts with these: "select cast :: :: delete" (SingleStore), "select lateral delete ."
_TRIPS = (AttributeError, TypeError, LookupError, ValueError, RecursionError)


@dataclass(frozen=True, slots=True)
class Query:
    """What a query reads, and what it makes of it.

    Args:
        tables: The tables, sorted.
        outputs: The columns of the result; None when not all of them are known.
        whole: Whether the result is all columns of the only table, unchanged.
    """

    tables: tuple[TableName, ...]
    outputs: tuple[Output, ...] | None = None
    whole: bool = False


def tables_of(query: str, platform: str, columns_of: ColumnsOf = not_known) -> Query | Unresolved:
    """Return what a query reads, its names as the database stores them (an identifier without quotes is folded).

    Unresolved when the text is not one readable SELECT, or holds a ``${...}`` that only the worker can resolve. The
    text itself never gets into a message: it may hold secrets.

    Args:
        query: The text of the query.
        platform: A key of ``sql_platforms.PLATFORMS``.
        columns_of: From a table to its columns, None where they are not known. They tell what a star stands for, and
            which of several tables has a column.

    >>> found = tables_of("SELECT o.id, o.total * 2 AS twice FROM sales.orders o", "postgres")
    >>> [str(table) for table in found.tables]
    ['sales.orders']
    >>> [(output.name, output.computed) for output in found.outputs]
    [('id', False), ('twice', True)]
    """
    from sqlglot.errors import SqlglotError

    if "${" in query:
        return Unresolved(WHAT, "holds a ${...} that only the worker can resolve")
    rules = PLATFORMS[platform]
    if rules.hints and len(query) <= LONGEST_QUERY:
        query = re.sub(rules.hints, "", query, flags=re.IGNORECASE)
    if len(query) > LONGEST_QUERY or not _SELECTS.match(query):
        return Unresolved(WHAT, "is no SELECT")
    try:
        scopes = _scopes(query, rules)
        return scopes if isinstance(scopes, Unresolved) else _read(scopes, rules, columns_of)
    except (SqlglotError, *_TRIPS):
        return Unresolved(WHAT, "cannot be read as SQL of this database")


def _scopes(query: str, rules: SqlPlatform) -> list[Scope] | Unresolved:
    """Return the scopes of a query, the outermost last."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.dialects.dialect import Dialect
    from sqlglot.optimizer.scope import traverse_scope

    grammar = rules.grammar if rules.grammar and Dialect.get(rules.grammar) else None
    statements = [one for one in sqlglot.parse(query, read=grammar) if one is not None]
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        return Unresolved(WHAT, "is not one SELECT")
    changes = (exp.DML, exp.DDL, exp.Into, exp.Command)
    if any(isinstance(node, changes) and not isinstance(node, exp.Query) for node in statements[0].walk()):
        return Unresolved(WHAT, "does more than read")
    return traverse_scope(statements[0]) or Unresolved(WHAT, "is not one SELECT")


def _read(scopes: list[Scope], rules: SqlPlatform, columns_of: ColumnsOf) -> Query | Unresolved:
    from sqlglot import exp

    sources = [source for scope in scopes for source in scope.sources.values() if isinstance(source, exp.Table)]
    names = [table_named(source, rules) for source in sources]
    known = sorted({name for name in names if isinstance(name, TableName)})
    problem = next((name for name in names if isinstance(name, Unresolved)), None)
    if problem or not known:
        return problem or Unresolved(WHAT, "reads no table")
    reader = ResultColumns(rules, {id(scope.expression): scope for scope in scopes}, columns_of)
    outputs = reader.outputs(scopes[-1])
    return Query(tuple(known), outputs, len(sources) == 1 and _is_whole(scopes[-1]))


def _is_whole(scope: Scope) -> bool:
    """Tell whether a query is ``SELECT * FROM table``, with or without a condition."""
    from sqlglot import exp

    if not isinstance(scope.expression, exp.Select) or len(scope.selected_sources) != 1:
        return False
    selects = scope.expression.selects
    star = selects[0] if len(selects) == 1 else None
    source = next(iter(scope.selected_sources.values()))[1]
    changed = star is not None and any(star_changes(node) for node in star.walk())
    return star is not None and star.is_star and not changed and isinstance(source, exp.Table)
