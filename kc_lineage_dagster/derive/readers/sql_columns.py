"""The columns of a query's result, followed back to columns of tables with sqlglot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kc_lineage_dagster.derive.readers.sql_names import TableName
from kc_lineage_dagster.derive.readers.sql_platforms import SqlPlatform
from kc_lineage_dagster.lineage import Unresolved

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.optimizer.scope import Scope

WHAT = "query"
_DUMMY_TABLES = frozenset({"dual", "sysdummy1"})

Column = tuple[TableName, str]
# The columns of a table as the database stores their names; None where they are not known.
ColumnsOf = Callable[[TableName], "Sequence[str] | None"]


def not_known(table: TableName) -> Sequence[str] | None:
    """Return None: nothing tells the columns of tables.

    >>> not_known(TableName("orders")) is None
    True
    """
    return None


@dataclass(frozen=True, slots=True)
class Output:
    """One column of a query's result.

    Args:
        name: Its label.
        origins: The columns of tables that it is made of; None when they are not known.
        computed: Whether it is something else than one of these columns unchanged.
    """

    name: str
    origins: tuple[Column, ...] | None
    computed: bool = False


def folded(identifier: exp.Expr, rules: SqlPlatform) -> str:
    """Return an identifier as the database stores it.

    >>> from sqlglot import exp
    >>> from kc_lineage_dagster.derive.readers.sql_platforms import PLATFORMS
    >>> folded(exp.to_identifier("Total"), PLATFORMS["postgres"])
    'total'
    """
    return identifier.name if identifier.args.get("quoted") else rules.folds(identifier.name)


def table_named(table: exp.Table, rules: SqlPlatform) -> TableName | Unresolved | None:
    """Return the name of a table; None for what only looks like one: a function, or a dummy table of one row.

    >>> from sqlglot import exp
    >>> from kc_lineage_dagster.derive.readers.sql_platforms import PLATFORMS
    >>> str(table_named(exp.to_table("Sales.Orders"), PLATFORMS["postgres"]))
    'sales.orders'
    """
    from sqlglot import exp

    if isinstance(table.this, exp.Dot) or "@" in table.name:
        return Unresolved(WHAT, "reads through a link to another server")
    if not isinstance(table.this, exp.Identifier) or table.name.lower() in _DUMMY_TABLES:
        return None
    parts = (table.args.get("catalog"), table.args.get("db"))
    qualifiers = tuple(folded(part, rules) if part else "" for part in parts)
    return TableName(folded(table.this, rules), qualifiers[2 if not any(qualifiers) else int(not qualifiers[0]) :])


@dataclass(frozen=True, slots=True)
class ResultColumns:
    """Follows the columns of a query's result back to columns of tables.

    Args:
        rules: The naming rules of the platform.
        scopes: Identity of an expression -> its scope.
        columns_of: From a table to its columns; None where they are not known.
    """

    rules: SqlPlatform
    scopes: Mapping[int, Scope]
    columns_of: ColumnsOf
    _known: dict[int, tuple[Output, ...] | None] = field(default_factory=dict)

    def outputs(self, scope: Scope) -> tuple[Output, ...] | None:
        """Return the columns of a scope's result; None when a star or a missing label hides some."""
        place = id(scope.expression)
        if place not in self._known:
            self._known[place] = self._outputs(scope)
        return self._known[place]

    def _outputs(self, scope: Scope) -> tuple[Output, ...] | None:
        from sqlglot import exp

        expression = scope.expression
        if isinstance(expression, exp.SetOperation):
            return self._united(expression)
        if not isinstance(expression, exp.Select):
            return None
        found: list[Output] = []
        for projection in expression.selects:
            if projection.is_star:
                stars = self._star(projection, scope)
                if stars is None:
                    return None
                found.extend(stars)
                continue
            label = projection.args.get("alias") if isinstance(projection, exp.Alias) else projection.this
            if not isinstance(projection, (exp.Alias, exp.Column)) or not isinstance(label, exp.Identifier):
                return None
            found.append(self._output(folded(label, self.rules), projection, scope))
        return tuple(found)

    def _output(self, label: str, projection: exp.Expr, scope: Scope) -> Output:
        from sqlglot import exp

        value = projection.this if isinstance(projection, exp.Alias) else projection
        origins = self._origins(value, scope)
        inner = self._inner(value, scope) if isinstance(value, exp.Column) else None
        return Output(label, origins, not isinstance(value, exp.Column) or bool(inner and inner.computed))

    def _star(self, star: exp.Expr, scope: Scope) -> tuple[Output, ...] | None:
        """Return what a star stands for; None where a table's columns are not known or the star itself changes some."""
        from sqlglot import exp

        qualifier = star.table if isinstance(star, exp.Column) else ""
        merged = any(join.args.get("using") or join.method for join in scope.expression.args.get("joins") or ())
        if merged or not isinstance(star, (exp.Star, exp.Column)) or any(star_changes(node) for node in star.walk()):
            return None
        found: list[Output] = []
        for name, (_, source) in scope.selected_sources.items():
            if qualifier and name.lower() != qualifier.lower():
                continue
            outputs = self._all(source)
            if outputs is None:
                return None
            found.extend(outputs)
        return tuple(found) or None

    def _all(self, source: exp.Table | Scope) -> tuple[Output, ...] | None:
        """Return all columns of a source, None where they are not known."""
        from sqlglot import exp

        if not isinstance(source, exp.Table):
            own = self._inside(source)
            return self.outputs(own) if own else None
        table = table_named(source, self.rules)
        columns = self.columns_of(table) if isinstance(table, TableName) else None
        if columns is None or not isinstance(table, TableName):
            return None
        return tuple(Output(column, ((table, column),)) for column in columns)

    def _united(self, union: exp.SetOperation) -> tuple[Output, ...] | None:
        """Return the columns of a UNION: labels of the first branch, origins of all, by position."""
        branches: list[tuple[Output, ...]] = []
        for branch in (union.this, union.expression):
            scope = self.scopes.get(id(branch.unnest()))
            outputs = self.outputs(scope) if scope else None
            if outputs is None or (branches and len(branches[0]) != len(outputs)):
                return None
            branches.append(outputs)
        return tuple(
            Output(left.name, tuple(dict.fromkeys((*left.origins, *right.origins))), left.computed or right.computed)
            if left.origins is not None and right.origins is not None
            else Output(left.name, None)
            for left, right in zip(*branches, strict=True)
        )

    def _origins(self, node: exp.Expr, scope: Scope) -> tuple[Column, ...] | None:
        """Return the columns an expression is made of, those that its subqueries give among them; None when one cannot
        be told.
        """
        found: list[Column] = []
        for part in _parts(node):
            origins = self._of_part(part, scope)
            if origins is None:
                return None
            found.extend(origins)
        return tuple(dict.fromkeys(found))

    def _of_part(self, part: exp.Expr, scope: Scope) -> tuple[Column, ...] | None:
        from sqlglot import exp

        if isinstance(part, exp.Star) or part.is_star:
            return None
        if isinstance(part, exp.Column):
            return self._column(part, scope)
        inner = self.scopes.get(id(part.unnest()))
        if inner is None or not isinstance(inner.expression, exp.Select) or not self._stands_alone(inner):
            return None
        found = [self._origins(projection, inner) for projection in inner.expression.selects]
        return None if None in found else tuple(origin for origins in found for origin in origins or ())

    def _stands_alone(self, scope: Scope) -> bool:
        """Tell whether no column that a subquery gives can be one of the query around it."""
        from sqlglot import exp

        columns = [
            column
            for projection in getattr(scope.expression, "selects", ())
            for column in projection.find_all(exp.Column)
            if not column.table
        ]
        return all(self._having(column, scope) is not None for column in columns)

    def _column(self, column: exp.Column, scope: Scope) -> tuple[Column, ...] | None:
        from sqlglot import exp

        source = self._source(column, scope)
        wanted = folded(column.this, self.rules)
        if isinstance(source, exp.Table):
            table = table_named(source, self.rules)
            return ((table, wanted),) if isinstance(table, TableName) else None
        inner = self.outputs(source) if source else None
        return next((one.origins for one in inner or () if one.name == wanted), None)

    def _inner(self, column: exp.Column, scope: Scope) -> Output | None:
        """Return the column of a subquery that a column is."""
        from sqlglot import exp

        source = self._source(column, scope)
        inner = None if source is None or isinstance(source, exp.Table) else self.outputs(source)
        wanted = folded(column.this, self.rules)
        return next((one for one in inner or () if one.name == wanted), None)

    def _source(self, column: exp.Column, scope: Scope) -> exp.Table | Scope | None:
        """Return what a column belongs to; without a qualifier the sole source of its scope, or the only one that has
        it.
        """
        from sqlglot import exp

        own = scope.selected_sources
        if column.table:
            found = next((one for name, (_, one) in own.items() if name.lower() == column.table.lower()), None)
        else:
            found = next(iter(own.values()))[1] if len(own) == 1 else self._having(column, scope)
        return found if found is None or isinstance(found, exp.Table) else self._inside(found)

    def _having(self, column: exp.Column, scope: Scope) -> exp.Table | Scope | None:
        """Return the only source with a column of that name, where the columns of all are known."""
        wanted = folded(column.this, self.rules)
        having = []
        for _, source in scope.selected_sources.values():
            outputs = self._all(source)
            if outputs is None:
                return None
            having += [source] if any(output.name == wanted for output in outputs) else []
        return having[0] if len(having) == 1 else None

    def _inside(self, source: Scope) -> Scope | None:
        """Return the scope of a subquery; None where it may refer to what is outside.

        Columns inside LATERAL may belong outside; a recursive reference comes as a scope that knows no sources.
        """
        from sqlglot import exp

        lateral = source.expression.find_ancestor(exp.Lateral)
        return None if lateral else self.scopes.get(id(source.expression))


def _parts(node: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the columns and stars of an expression and its subqueries; what is inside those is theirs."""
    from sqlglot import exp

    if isinstance(node, (exp.Column, exp.Query, exp.Star)):
        counted = isinstance(node, exp.Star) and isinstance(node.parent, exp.Count)
        yield from () if counted else (node,)
        return
    for child in node.iter_expressions():
        yield from _parts(child)


def star_changes(node: exp.Expr) -> bool:
    """Tell whether a star leaves out, renames or replaces columns: arguments of the Star node.

    >>> import sqlglot
    >>> query = sqlglot.parse_one("SELECT * EXCEPT (secret) FROM orders", read="bigquery")
    >>> star_changes(query.selects[0])
    True
    """
    keys = ("except_", "except", "replace", "rename")
    return any(node.args.get(key) for key in keys)
