"""Debezium's column lists: which columns of a table are known to be left out, or to be the only ones.

``column.mask.*`` and ``column.truncate.*`` change contents, not where they come from. Source:
https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-property-column-include-list
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.readers.name_lists import comma_separated, spelled_out
from kc_lineage_dagster.derive.records import ALL_COLUMNS, Columns, Leaf, Node, Struct
from kc_lineage_dagster.java_regex import JavaRegex, compile_java

INCLUDE = ("column.include.list", "column.whitelist")
EXCLUDE = ("column.exclude.list", "column.blacklist")

# the pattern of a table, a dot however it is written, the name of a column
_COLUMN = re.compile(r"(?P<table>.+)(?:\\\.|\[\.\]|(?<!\\)\.)(?P<column>[\w $#@-]+)")


@dataclass(frozen=True, slots=True)
class _ColumnList:
    by_table: dict[str, frozenset[str]]
    by_pattern: tuple[tuple[JavaRegex, str], ...]
    complete: bool

    def of(self, names: Iterable[str]) -> frozenset[str]:
        """The columns listed for a table, which may be written in several ways."""
        found = {column for name in names for column in self.by_table.get(name.lower(), ())}
        found.update(column for regex, column in self.by_pattern if any(regex.matches(name) is True for name in names))
        return frozenset(found)


def rows(config: Config) -> Callable[[tuple[str, ...]], Node]:
    """From the ways to write a table's name in the lists to its columns, as far as the lists tell them."""
    include, exclude = (_read(first(config, *keys)) for keys in (INCLUDE, EXCLUDE))

    def row(names: tuple[str, ...]) -> Node:
        only = include.of(names) if include is not None and include.complete else frozenset()
        if only:
            return Struct(tuple((column, Leaf((column,))) for column in sorted(only)))
        gone = exclude.of(names) if exclude is not None and include is None else frozenset()
        return Struct(columns=Columns(excluded=gone)) if gone else ALL_COLUMNS

    return row


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
