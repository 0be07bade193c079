"""Tables that lists choose and topics that are named after them: from a table to its topic, and back.

A table is its parts by name: ``{"schema": "sales", "table": "orders"}``. Debezium's connectors, Confluent's Oracle CDC
source and MongoDB's source state as data what their tables and topics are called; what follows from that is worked out
here, for all alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from kc_lineage_dagster.derive.readers.name_lists import NameList
from kc_lineage_dagster.derive.readers.sql_platforms import DATABASE, PLATFORMS, as_is
from kc_lineage_dagster.derive.records import ALL_COLUMNS, Node, Opaque, Record
from kc_lineage_dagster.java_regex import Refused
from kc_lineage_dagster.lineage import Dataset, Unresolved

Table = Mapping[str, str]
PartValues = Mapping[str, tuple[str, ...]]
Ways = tuple[tuple[Table, ...], ...]


class TopicNaming(Protocol):
    """How a connector names topics."""

    def topic(self, table: Table) -> str | None:
        """Return the topic of a table, None when parts of it are missing."""

    def ways(self, topic: str, heads: Iterable[str]) -> Ways | Unresolved:
        """Return the tables whose topic may have this name, the most likely tier first, each with the parts that the
        name tells; () when the connector names no topic like that.
        """

    def heads(self, options: PartValues) -> frozenset[str]:
        """Return texts one of which every topic begins with, when parts have only these values."""

    def spelled(self, part: str) -> str:
        """Return a part as it stands in a topic."""


@dataclass(frozen=True, slots=True)
class ListPair:
    """An include list and an exclude list; where both are set the include list decides
    (``io.debezium.relational.Selectors``).

    Args:
        what: The key in use, for people.
        spellings: The parts of a name that an entry is made of, joined with dots; the usual ones first.
        include: None where it is not set.
        exclude: None where it is not set.
    """

    what: str
    spellings: tuple[tuple[str, ...], ...]
    include: NameList | None = None
    exclude: NameList | None = None

    def admits(self, table: Table) -> bool | Refused:
        """Tell whether the lists let a table through; its parts must be known."""
        names = [".".join(table[part] for part in parts) for parts in self.spellings if set(parts) <= set(table)]
        chosen = self.include or self.exclude
        if chosen is None or not names:
            return True
        answers = [chosen.selects(name) for name in names]
        if True in answers:
            return chosen is self.include
        refused = next((answer for answer in answers if isinstance(answer, Refused)), None)
        return refused or chosen is self.exclude

    def options(self, part: str) -> tuple[str, ...]:
        """Return the values that entries of the include list spell out for a part; () when some entry leaves it
        open.
        """
        if self.include is None:
            return ()
        values = dict.fromkeys(_value(pieces, part, self.spellings) for pieces in self.include.beginnings)
        if (part,) in self.spellings:
            values = dict.fromkeys((*self.include.names, *(None for _ in self.include.patterns)))
        return tuple(value for value in values if value is not None) if None not in values else ()


def _value(pieces: tuple[str, ...], part: str, spellings: tuple[tuple[str, ...], ...]) -> str | None:
    parts = next((parts for parts in spellings if len(parts) == len(pieces) + 1), spellings[0])
    place = parts.index(part) if part in parts else len(pieces)
    return pieces[place] if place < len(pieces) else None


@dataclass(frozen=True, slots=True)
class TableSource:
    """The tables of one connector, and the topics named after them.

    Args:
        platform: DataHub's id.
        dataset: The parts of a dataset's name, outermost first.
        naming: How the connector names topics.
        lists: The pairs of lists that choose tables, that of tables last.
        fixed: Part -> the values that the configuration gives it.
        named: Tables that the configuration names besides the lists.
        value: From a table to the fields of its records' values.
        key: From a table to the fields of its records' keys.
        internal: Whether a topic is book-keeping.
        witnesses: Names that are known to be in use, such as the user's, which tell what a topic could not hold of a
            part.
        stored: What the database stores for a part that a list holds: lists take any letters.
    """

    platform: str
    dataset: tuple[str, ...]
    naming: TopicNaming
    lists: tuple[ListPair, ...] = ()
    fixed: PartValues = field(default_factory=dict)
    named: tuple[Table, ...] = ()
    value: Callable[[Table], Node] = lambda table: ALL_COLUMNS
    key: Callable[[Table], Node] = lambda table: Opaque()
    internal: Callable[[str], bool] = lambda topic: False
    witnesses: tuple[str, ...] = ()
    stored: Callable[[str], str] = as_is

    @property
    def what(self) -> str:
        """Return what chooses the tables, for people."""
        return ", ".join(pair.what for pair in self.lists if pair.include or pair.exclude) or "all tables"

    @property
    def is_open(self) -> bool:
        """Tell whether the lists may select tables that they do not spell out."""
        include = self.lists[-1].include if self.lists else None
        return include is None or bool(include.patterns)

    def options(self, part: str) -> tuple[str, ...]:
        """Return the only values a part can have, () when that is not known."""
        if part in self.fixed:
            return self.fixed[part]
        return next((found for pair in reversed(self.lists) if (found := pair.options(part))), ())

    def admits(self, table: Table) -> bool | Refused:
        """Tell whether all lists let a table through."""
        answers = [pair.admits(table) for pair in self.lists]
        if False in answers:
            return False
        return next((answer for answer in answers if isinstance(answer, Refused)), True)

    def spelled(self, part: str) -> str:
        """Return a part of a table's name as it stands in a topic."""
        return self.naming.spelled(part)

    def topic(self, table: Table) -> str | None:
        """Return the topic of a table's records; None where that is not known, and for book-keeping."""
        topic = self.naming.topic(table)
        return None if topic is None or self.internal(topic) else topic

    def record(self, table: Table, topic: str) -> Record:
        """Return the records of a table under a topic."""
        rules = PLATFORMS.get(self.platform)
        part_of, database_of = (rules.spelled, rules.spelled_database) if rules else (as_is, as_is)
        name = ".".join((database_of if part == DATABASE else part_of)(table[part]) for part in self.dataset)
        return Record(Dataset(self.platform, name), topic, self.key(table), self.value(table))
