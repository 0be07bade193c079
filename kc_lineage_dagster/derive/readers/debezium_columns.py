"""Debezium's column lists: which columns of a table are left out, or are the only ones, and whose content is changed.

Source:
https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-property-column-include-list
and the properties beside it; ``io.debezium.relational.Tables.ColumnNameFilterFactory``, ``ColumnMappers``, ``Key``
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kc_lineage_dagster.derive.config import Config, entries, first, flag
from kc_lineage_dagster.derive.readers.debezium_naming import unicode_escape
from kc_lineage_dagster.derive.readers.name_lists import NameList, comma_separated, name_list, spelled_out
from kc_lineage_dagster.derive.readers.sql_platforms import as_is
from kc_lineage_dagster.derive.records import ALL_COLUMNS, SOME_COLUMNS, Columns, Leaf, Node, Struct
from kc_lineage_dagster.java_regex import JavaRegex, compile_java

COLUMN_INCLUDE = ("column.include.list", "column.whitelist")
COLUMN_EXCLUDE = ("column.exclude.list", "column.blacklist")
KEY = "message.key.columns"

# the pattern of a table, a dot however it is written, the name of a column
_COLUMN = re.compile(r"(?P<table>.+)(?:\\\.|\[\.\]|(?<!\\)\.)(?P<column>[\w $#@-]+)")
# keys that change contents; a salt is a secret and stays out of the name
_CHANGES = (
    re.compile(r"(?P<name>column\.mask\.with\.\d+\.chars)"),
    re.compile(r"(?P<name>column\.mask\.hash(?:\.v2)?\.[^.]+)\.with\.salt\..+"),
    re.compile(r"(?P<name>column\.truncate\.to\.\d+\.chars)"),
)
# dots are let through: the rule is that of full names
_NOT_AVRO = re.compile(r"^[^A-Za-z_]|(?<!^)[^A-Za-z0-9_.]")
_NOT_PLAIN = re.compile(r"^[^A-Za-z]|(?<!^)[^A-Za-z0-9.]")
_CONSTANT = "column.mask.with."  # asterisks in place of every value


@dataclass(frozen=True, slots=True)
class _ColumnList:
    """The entries of a list of columns whose last part is the plain name of a column.

    Args:
        by_table: Table in lower case -> its columns, of entries that spell a table out.
        by_pattern: Pairs (pattern of tables, column), of the other entries.
        complete: Whether every entry could be read so.
    """

    by_table: dict[str, frozenset[str]]
    by_pattern: tuple[tuple[JavaRegex, str], ...]
    complete: bool

    def of(self, names: Iterable[str]) -> frozenset[str]:
        """Return the columns listed for a table, which may be written in several ways."""
        found = {column for name in names for column in self.by_table.get(name.lower(), ())}
        found.update(column for regex, column in self.by_pattern if any(regex.matches(name) is True for name in names))
        return frozenset(found)


@dataclass(frozen=True)
class _Lists:
    """The column lists as they are meant: expressions over the full names of columns.

    Args:
        include: ``column.include.list``; None where it is not set.
        exclude: ``column.exclude.list``; None where it is not set.
        changes: Pairs (what is done, the columns whose content it changes).
    """

    include: NameList | None
    exclude: NameList | None
    changes: tuple[tuple[str, NameList], ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Chosen:
    """What the column lists let through of one table. ``tables``: the ways to write the table's name."""

    tables: tuple[str, ...]
    lists: _Lists

    def __call__(self, column: str) -> Leaf | None:
        names = [f"{table}.{column}" for table in self.tables]
        include, exclude = self.lists.include, self.lists.exclude
        if include is not None and True not in map(include.selects, names):
            return None
        # where both are set the include list decides (io.debezium.relational.Selectors)
        if include is None and exclude is not None and any(exclude.selects(name) is not False for name in names):
            return None
        changes = tuple(what for what, columns in self.lists.changes if True in map(columns.selects, names))
        constant = any(what.startswith(_CONSTANT) for what in changes)
        return Leaf(() if constant else (column,), changes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Chosen) and (self.tables, id(self.lists)) == (other.tables, id(other.lists))

    def __hash__(self) -> int:
        return hash(self.tables)


def rows(config: Config, dots: int = 2, stored: Callable[[str], str] = as_is) -> Callable[[tuple[str, ...]], Node]:
    """Return a function from a table to its columns, as far as the column lists tell them.

    It takes all the ways to write the table's name in the lists.

    Args:
        config: The connector's configuration.
        dots: How many dots the full name of a column holds at least.
        stored: What the database stores for a name that a list holds: lists take any letters.

    >>> row = rows({"column.include.list": "public.orders.id,public.orders.total"})
    >>> [name for name, _ in row(("public.orders",)).fields]
    ['id', 'total']
    """
    include, exclude = (_read(first(config, *keys)) for keys in (COLUMN_INCLUDE, COLUMN_EXCLUDE))
    lists, spell = _lists(config, dots), _spelling(config)

    def row(names: tuple[str, ...]) -> Node:
        chosen = _Chosen(names, lists) if lists else None
        only = frozenset(map(stored, include.of(names))) if include is not None and include.complete else frozenset()
        if only:
            leaves = ((column, chosen(column) if chosen else None) for column in sorted(only))
            return Struct(tuple((column, leaf or Leaf((column,))) for column, leaf in leaves))
        gone = frozenset(map(stored, exclude.of(names))) if exclude is not None and include is None else frozenset()
        if not (gone or chosen or spell):
            return ALL_COLUMNS
        return Struct(columns=Columns(excluded=gone, chosen=chosen, spell=spell))

    return row


def _spelling(config: Config) -> Callable[[str], str] | None:
    """Return the function that changes column names which Avro does not allow; None where names are kept.

    ``field.name.adjustment.mode`` chooses it, before version 2 ``sanitize.field.names``, which an Avro converter
    switches on.

    Source: ``io.debezium.schema.SchemaNameAdjuster``, ``io.debezium.config.CommonConnectorConfig``
    """
    avro = any("Avro" in config.get(f"{part}.converter", "") for part in ("key", "value"))
    mode = first(config, "field.name.adjustment.mode") or ("avro" if avro else "none")
    if mode.lower() == "avro_unicode":
        return _unicode
    return _avro if mode.lower() == "avro" or flag(config, "sanitize.field.names") else None


def _avro(name: str) -> str:
    return _NOT_AVRO.sub("_", name)


def _unicode(name: str) -> str:
    """Escape what Avro refuses, and the underscore, with which every escape begins
    (``io.debezium.schema.FieldNameUnicodeReplacementFunction``).
    """
    return _NOT_PLAIN.sub(lambda found: unicode_escape(found[0]), name)


def keys(config: Config, stored: Callable[[str], str] = as_is) -> Callable[[tuple[str, ...]], Node]:
    """Return a function from a table to the fields of its keys.

    These are the columns that ``message.key.columns`` names for the table, else those of the primary key, which only
    the database knows. The function takes all the ways to write the table's name in the list. ``stored``: as in
    ``rows``.

    >>> key = keys({"message.key.columns": "public.orders:customer_id"})
    >>> [name for name, _ in key(("public.orders",)).fields]
    ['customer_id']
    """
    named: list[tuple[NameList, Struct]] = []
    for entry in (config.get(KEY) or "").split(";"):
        table, _, columns = entry.strip().rpartition(":")
        names = list(map(stored, comma_separated(columns)))
        tables = name_list((table,), 1) if table and names else None
        if tables is not None:
            named.append((tables, Struct(tuple((name, Leaf((name,))) for name in names))))

    def key(names: tuple[str, ...]) -> Node:
        found = (columns for tables, columns in named if any(tables.selects(name) is True for name in names))
        return next(found, SOME_COLUMNS)

    return key


def _lists(config: Config, dots: int) -> _Lists | None:
    include, exclude = (
        name_list(comma_separated(first(config, *keys)), dots) for keys in (COLUMN_INCLUDE, COLUMN_EXCLUDE)
    )
    changes: list[tuple[str, NameList]] = []
    for key, value in entries(config, lambda key, _: _change(key)).items():
        found, columns = _change(key), name_list(comma_separated(value), dots)
        if found and columns:
            changes.append((found["name"], columns))
    return _Lists(include, exclude, tuple(changes)) if include or exclude or changes else None


def _change(key: str) -> re.Match[str] | None:
    """Return what a key says of how columns are changed, None for a key that says nothing of it."""
    if not key.startswith("column."):
        return None
    return next((match for one in _CHANGES if (match := one.fullmatch(key))), None)


def _read(text: str | None) -> _ColumnList | None:
    if text is None:
        return None
    by_table: defaultdict[str, set[str]] = defaultdict(set)
    by_pattern: list[tuple[JavaRegex, str]] = []
    complete = True
    for entry in comma_separated(text):
        for name in spelled_out(entry) or ():
            table, _, column = name.rpartition(".")
            by_table[table.lower()].add(column)
        if spelled_out(entry) is not None:
            continue
        parted = _COLUMN.fullmatch(entry)
        regex = compile_java(parted["table"], ignore_case=True) if parted else None
        if parted and isinstance(regex, JavaRegex):
            by_pattern.append((regex, parted["column"]))
        else:
            complete = False
    return _ColumnList({table: frozenset(names) for table, names in by_table.items()}, tuple(by_pattern), complete)
