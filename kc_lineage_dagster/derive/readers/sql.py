"""The tables and columns that a query reads, by sqlglot."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kc_lineage_dagster.derive.readers.sql_names import TableName
from kc_lineage_dagster.derive.readers.sql_platforms import PLATFORMS, SqlPlatform
from kc_lineage_dagster.lineage import Unresolved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlglot import exp
    from sqlglot.optimizer.scope import Scope

WHAT = "query"
LONGEST = 100_000
_SELECTS = re.compile(r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/|\()*(?:select|with|table)\b", re.IGNORECASE | re.DOTALL)
# sqlglot trips over some broken texts with these: "select cast :: :: delete" (SingleStore), "select lateral delete ."
_TRIPS = (AttributeError, TypeError, LookupError, ValueError, RecursionError)
_DUMMY_TABLES = frozenset({"dual", "sysdummy1"})

Column = tuple[TableName, str]


@dataclass(frozen=True, slots=True)
class Output:
    """One column of a result: its label and the columns of tables it is made of; ``origins`` None when not known."""

    name: str
    origins: tuple[Column, ...] | None


@dataclass(frozen=True, slots=True)
class Query:
    """``tables``: sorted. ``outputs``: the result's columns, None when not all are known. ``whole``: the result is all
    columns of the only table, unchanged.
    """

    tables: tuple[TableName, ...]
    outputs: tuple[Output, ...] | None = None
    whole: bool = False


def tables_of(query: str, platform: str) -> Query | Unresolved:
    """What a query reads, its names as the database stores them (an identifier without quotes is folded).

    ``platform``: a key of ``sql_platforms.PLATFORMS``. Unresolved when the text is not one readable SELECT, or holds a
    ``${...}`` that only the worker can resolve. The text itself never gets into a message: it may hold secrets.
    """
    from sqlglot.errors import SqlglotError

    if "${" in query:
        return Unresolved(WHAT, "holds a ${...} that only the worker can resolve")
    if len(query) > LONGEST or not _SELECTS.match(query):
        return Unresolved(WHAT, "is no SELECT")
    rules = PLATFORMS[platform]
    try:
        scopes = _scopes(query, rules)
        return scopes if isinstance(scopes, Unresolved) else _read(scopes, rules)
    except (SqlglotError, *_TRIPS):
        return Unresolved(WHAT, "cannot be read as SQL of this database")


def _scopes(query: str, rules: SqlPlatform) -> list[Scope] | Unresolved:
    """The scopes of a query, the outermost last."""
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


def _read(scopes: list[Scope], rules: SqlPlatform) -> Query | Unresolved:
    from sqlglot import exp

    sources = [source for scope in scopes for source in scope.sources.values() if isinstance(source, exp.Table)]
    names = [_table(source, rules) for source in sources]
    known = sorted({name for name in names if isinstance(name, TableName)})
    problem = next((name for name in names if isinstance(name, Unresolved)), None)
    if problem or not known:
        return problem or Unresolved(WHAT, "reads no table")
    reader = _Reader(rules, {id(scope.expression): scope for scope in scopes})
    outputs = reader.outputs(scopes[-1])
    return Query(tuple(known), outputs, len(sources) == 1 and _is_whole(scopes[-1]))


def _fold(identifier: exp.Expr, rules: SqlPlatform) -> str:
    return identifier.name if identifier.args.get("quoted") else rules.folds(identifier.name)


def _table(table: exp.Table, rules: SqlPlatform) -> TableName | Unresolved | None:
    """The name of a table; None for what only looks like one: a function, or a dummy table of one row."""
    from sqlglot import exp

    if isinstance(table.this, exp.Dot) or "@" in table.name:
        return Unresolved(WHAT, "reads through a link to another server")
    if not isinstance(table.this, exp.Identifier) or table.name.lower() in _DUMMY_TABLES:
        return None
    parts = (table.args.get("catalog"), table.args.get("db"))
    qualifiers = tuple(_fold(part, rules) if part else "" for part in parts)
    return TableName(_fold(table.this, rules), qualifiers[2 if not any(qualifiers) else int(not qualifiers[0]) :])


@dataclass(frozen=True, slots=True)
class _Reader:
    """Follows result columns back to columns of tables. ``scopes``: by the identity of their expression."""

    rules: SqlPlatform
    scopes: Mapping[int, Scope]

    def outputs(self, scope: Scope) -> tuple[Output, ...] | None:
        """The columns of a scope's result; None when a star or a missing label hides some."""
        from sqlglot import exp

        expression = scope.expression
        if isinstance(expression, exp.SetOperation):
            return self._united(expression)
        if not isinstance(expression, exp.Select):
            return None
        found: list[Output] = []
        for projection in expression.selects:
            label = projection.args.get("alias") if isinstance(projection, exp.Alias) else projection.this
            if not isinstance(projection, (exp.Alias, exp.Column)) or not isinstance(label, exp.Identifier):
                return None
            found.append(Output(_fold(label, self.rules), self._origins(projection, scope)))
        return tuple(found)

    def _united(self, union: exp.SetOperation) -> tuple[Output, ...] | None:
        """The columns of a UNION: labels of the first branch, origins of all, by position."""
        branches: list[tuple[Output, ...]] = []
        for branch in (union.this, union.expression):
            scope = self.scopes.get(id(branch.unnest()))
            outputs = self.outputs(scope) if scope else None
            if outputs is None or (branches and len(branches[0]) != len(outputs)):
                return None
            branches.append(outputs)
        return tuple(
            Output(left.name, tuple(dict.fromkeys((*left.origins, *right.origins))))
            if left.origins is not None and right.origins is not None
            else Output(left.name, None)
            for left, right in zip(*branches, strict=True)
        )

    def _origins(self, node: exp.Expr, scope: Scope) -> tuple[Column, ...] | None:
        """The columns an expression is made of; None when one cannot be told, or a subquery feeds it."""
        from sqlglot import exp

        if node.find(exp.Query):
            return None
        found: list[Column] = []
        for column in node.find_all(exp.Column):
            origins = self._column(column, scope)
            if origins is None:
                return None
            found.extend(origins)
        return tuple(dict.fromkeys(found))

    def _column(self, column: exp.Column, scope: Scope) -> tuple[Column, ...] | None:
        from sqlglot import exp

        source = self._source(column, scope)
        wanted = _fold(column.this, self.rules)
        if isinstance(source, exp.Table):
            table = _table(source, self.rules)
            return ((table, wanted),) if isinstance(table, TableName) else None
        inner = self.outputs(source) if source else None
        return next((one.origins for one in inner or () if one.name == wanted), None)

    def _source(self, column: exp.Column, scope: Scope) -> exp.Table | Scope | None:
        """What a column belongs to; without a qualifier only the sole source of its scope is certain."""
        from sqlglot import exp

        own = scope.selected_sources
        if column.table:
            found = next((one for name, (_, one) in own.items() if name.lower() == column.table.lower()), None)
        else:
            found = next(iter(own.values()))[1] if len(own) == 1 else None
        if found is None or isinstance(found, exp.Table):
            return found
        # columns inside LATERAL may belong outside; a recursive reference comes as a scope that knows no sources
        lateral = found.expression.find_ancestor(exp.Lateral)
        return None if lateral else self.scopes.get(id(found.expression))


def _is_whole(scope: Scope) -> bool:
    """``SELECT * FROM table``, with or without a condition."""
    from sqlglot import exp

    if not isinstance(scope.expression, exp.Select) or len(scope.selected_sources) != 1:
        return False
    selects = scope.expression.selects
    star = selects[0] if len(selects) == 1 else None
    source = next(iter(scope.selected_sources.values()))[1]
    # EXCEPT and REPLACE inside a star are arguments of the Star node
    changed = star is not None and any(node.args.get("except_") or node.args.get("except") for node in star.walk())
    return star is not None and star.is_star and not changed and isinstance(source, exp.Table)
