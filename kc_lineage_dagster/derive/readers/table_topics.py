"""Tables that lists choose and topics that are named after them: from a table to its topic, and back.

A table is its parts by name: ``{"schema": "sales", "table": "orders"}``. Debezium's connectors, Oracle's two and
MongoDB's state as data what their tables and topics are called; what follows from that is worked out here, for all
alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Protocol

from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, Selection
from kc_lineage_dagster.derive.readers.catalog_tables import Selected, selected, without_topics
from kc_lineage_dagster.derive.readers.name_lists import NameList, same_name
from kc_lineage_dagster.derive.readers.odd_names import doubts, odd_signs, readings
from kc_lineage_dagster.derive.readers.sql_platforms import DATABASE, PLATFORMS, as_is
from kc_lineage_dagster.derive.records import ALL_COLUMNS, Node, Record
from kc_lineage_dagster.java_regex import Refused
from kc_lineage_dagster.lineage import Dataset, Unresolved

Table = Mapping[str, str]
Options = Mapping[str, tuple[str, ...]]
Ways = tuple[tuple[Table, ...], ...]
Complete = Callable[[Table], "Iterator[Table | Unresolved]"]


class Naming(Protocol):
    """How a connector names topics."""

    def topic(self, table: Table) -> str | None:
        """The topic of a table, None when parts of it are missing."""

    def ways(self, topic: str, heads: Iterable[str]) -> Ways | Unresolved:
        """The tables whose topic may have this name, the most likely tier first, each with the parts that the name
        tells; () when the connector names no topic like that.
        """

    def heads(self, options: Options) -> frozenset[str]:
        """Texts one of which every topic begins with, when parts have only these values."""

    def spelled(self, part: str) -> str:
        """A part as it stands in a topic."""


@dataclass(frozen=True, slots=True)
class Rule:
    """An include list and an exclude list; where both are set the include list decides
    (``io.debezium.relational.Selectors``).

    ``what``: for people. ``spellings``: the parts that an entry is made of, joined with dots; the usual one first.
    """

    what: str
    spellings: tuple[tuple[str, ...], ...]
    include: NameList | None = None
    exclude: NameList | None = None

    def admits(self, table: Table) -> bool | Refused:
        """Whether the lists let a table through; its parts must be known."""
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
        """The values that entries of the include list spell out for a part; () when some entry leaves it open."""
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
class Source:
    """The tables of one connector.

    ``dataset``: the parts of a dataset's name. ``fixed``: the values that the configuration gives to parts.
    ``rules``: the lists, that of tables last. ``named``: tables that the configuration names besides the lists.
    ``value``: the fields of a table's records. ``internal``: whether a topic is book-keeping. ``witnesses``: names that
    are known to be in use, such as the user's, which tell what a topic could not hold of a part.
    """

    platform: str
    dataset: tuple[str, ...]
    naming: Naming
    rules: tuple[Rule, ...] = ()
    fixed: Options = field(default_factory=dict)
    named: tuple[Table, ...] = ()
    value: Callable[[Table], Node] = lambda table: ALL_COLUMNS
    internal: Callable[[str], bool] = lambda topic: False
    witnesses: tuple[str, ...] = ()

    @property
    def what(self) -> str:
        """What chooses the tables, for people."""
        return ", ".join(rule.what for rule in self.rules if rule.include or rule.exclude) or "all tables"

    @property
    def is_open(self) -> bool:
        """Whether the lists may select tables that they do not spell out."""
        include = self.rules[-1].include if self.rules else None
        return include is None or bool(include.patterns)

    def options(self, part: str) -> tuple[str, ...]:
        """The only values a part can have, () when that is not known."""
        if part in self.fixed:
            return self.fixed[part]
        return next((found for rule in reversed(self.rules) if (found := rule.options(part))), ())

    def admits(self, table: Table) -> bool | Refused:
        """Whether all lists let a table through."""
        answers = [rule.admits(table) for rule in self.rules]
        if False in answers:
            return False
        return next((answer for answer in answers if isinstance(answer, Refused)), True)

    def spelled(self, part: str) -> str:
        """A part of a table's name as it stands in a topic."""
        return self.naming.spelled(part)

    def topic(self, table: Table) -> str | None:
        """The topic of a table's records; None where that is not known, and for book-keeping."""
        topic = self.naming.topic(table)
        return None if topic is None or self.internal(topic) else topic

    def record(self, table: Table, topic: str) -> Record:
        """The records of a table under a topic."""
        rules = PLATFORMS.get(self.platform)
        part_of, database_of = (rules.spelled, rules.spelled_database) if rules else (as_is, as_is)
        name = ".".join((database_of if part == DATABASE else part_of)(table[part]) for part in self.dataset)
        return Record(Dataset(self.platform, name), topic, value=self.value(table))


def reads(source: Source, evidence: Evidence) -> Iterator[Found]:
    """The tables that the lists spell out, those of the catalogue that they select, and a selection that finds those
    behind active topics.
    """
    certain: set[str] = set()
    for table in _named_tables(source):
        if isinstance(table, Unresolved):
            yield table
            continue
        topic = source.topic(table)
        if topic is not None:
            certain.add(topic)
            yield source.record(table, topic)
    catalogued = selected(source, evidence.catalog) if source.is_open else Selected()
    expanded = [record for record in catalogued.records if record.topic not in certain]
    yield from expanded if evidence.topics else without_topics(expanded, source.what, evidence)
    if certain and not expanded and not evidence.topics:
        for rule in source.rules[-1:]:
            for pattern in rule.include.patterns if rule.include else ():
                yield Unresolved(f"{rule.what}: {pattern}", "is a pattern, and no active topics tell what it selects")
    yield _selection(source, evidence, catalogued)


def _named_tables(source: Source) -> Iterator[Table | Unresolved]:
    single = {part: values[0] for part, values in source.fixed.items() if len(values) == 1}
    tables: list[Table] = [*source.named, *([single] if set(source.dataset) <= set(single) else [])]
    for rule in source.rules[-1:]:
        for name in rule.include.names if rule.include else ():
            parsed = _parsed(name, rule.spellings, source.fixed)
            if parsed is None:
                usual = ".".join(f"<{part}>" for part in rule.spellings[0])
                yield Unresolved(f"{rule.what}: {name}", f"selects no table: an entry must match {usual} as a whole")
            else:
                tables.append(single | parsed)
    for table in tables:
        if set(source.dataset) <= set(table) and _fits(table, source.fixed) and source.admits(table) is True:
            yield table


def _parsed(name: str, spellings: tuple[tuple[str, ...], ...], fixed: Options) -> dict[str, str] | None:
    """The parts of a name; None when no table can have it. Besides, the last part may hold dots."""
    pieces = name.split(".")
    parts = next((parts for parts in spellings if len(parts) == len(pieces)), spellings[0])
    database_first = any(same_name(pieces[0], value) for value in fixed.get("database", ()))
    if len(pieces) < len(parts) or (len(pieces) > len(parts) and database_first):
        return None
    last = len(parts) - 1
    return dict(zip(parts, (*pieces[:last], ".".join(pieces[last:])), strict=True))


def _fits(table: Table, fixed: Options) -> bool:
    return all(
        any(same_name(known, table[part]) for known in values) for part, values in fixed.items() if part in table
    )


def _selection(source: Source, evidence: Evidence, catalogued: Selected) -> Selection:
    parts = dict.fromkeys(part for rule in source.rules for spelling in rule.spellings for part in spelling)
    options = {part: source.options(part) for part in (*source.fixed, *parts)}
    heads = source.naming.heads(options)
    complete = _completion(source, options)
    replaces = source.naming.spelled(" ") == "_"
    odd = doubts(evidence.topics or ()) if replaces else lambda table: None
    asked = (text for rule in source.rules if rule.include for text in rule.include.patterns)
    signs = odd_signs(asked) if replaces else ""

    def origin(topic: str) -> Record | Unresolved | None:
        if source.internal(topic):
            return None
        if topic in catalogued.alike:
            return catalogued.alike[topic]
        ways = source.naming.ways(topic, heads)
        if isinstance(ways, Unresolved):
            return ways
        found = _origin(source, complete, topic, ways, "") if ways else None
        if signs and not isinstance(found, dict):
            found = _origin(source, complete, topic, ways, signs) or found
        if not isinstance(found, dict):
            return found
        reason = odd(found[source.dataset[-1]])
        return Unresolved(topic, reason, topic=topic) if reason else source.record(found, topic)

    return Selection(source.what, origin, heads)


def _origin(
    source: Source, complete: Complete, topic: str, ways: Ways, signs: str
) -> dict[str, str] | Unresolved | None:
    """The table behind a topic. ``signs``: what its underscores may stand for, beyond what they do anyway."""
    problem: Unresolved | None = None
    for tier in ways:
        found: dict[str, dict[str, str]] = {}
        for table in (real for way in tier for one in complete(way) for real in _real(source, one, signs)):
            admitted = table if isinstance(table, Unresolved) else source.admits(table)
            if admitted is True and not isinstance(table, Unresolved):
                found.setdefault(str(source.record(table, topic).origin), dict(table))
            problem = problem or _problem(source, topic, admitted)
        if len(found) > 1:
            names = ", ".join(list(found)[:5])
            reason = f"several tables have this name for their topic: {names}. Spell the table out in the include list"
            return Unresolved(topic, reason, topic=topic)
        if found:
            return next(iter(found.values()))
    return problem


def _real(source: Source, table: Table | Unresolved, signs: str) -> Iterator[Table | Unresolved]:
    """The table with names that the topic could not hold as they are: what a witness has in their place, and where no
    witness speaks of the schema of an Oracle user that may be common (``C##USER``, ``C__USER`` in a topic), both.
    """
    if isinstance(table, Unresolved) or source.naming.spelled(" ") != "_":
        yield table
        return
    last, common = source.dataset[-1], "schema" if source.platform == "oracle" else None
    found = [
        tuple(readings(value, source.witnesses, part == common, signs if part == last else ""))
        if part in source.dataset
        else (value,)
        for part, value in table.items()
    ]
    for values in product(*found):
        yield dict(zip(table, values, strict=True))


def _problem(source: Source, topic: str, admitted: bool | Refused | Unresolved) -> Unresolved | None:
    if isinstance(admitted, Unresolved):
        return Unresolved(topic, admitted.reason, topic=topic)
    if isinstance(admitted, Refused):
        return Unresolved(topic, f"the lists cannot be read: {admitted.reason}", topic=topic)
    return None if admitted else Unresolved(topic, f"no longer selected by {source.what}", topic=topic)


def _completion(source: Source, options: Options) -> Complete:
    """Gives a table the parts that its topic does not tell, and those that a topic cannot hold as they really are."""
    spelled = source.naming.spelled
    real = {part: {spelled(value): value for value in values} for part, values in options.items()}
    fixed = {part: tuple(map(spelled, values)) for part, values in source.fixed.items()}

    def complete(way: Table) -> Iterator[Table | Unresolved]:
        if not _fits({part: spelled(value) for part, value in way.items()}, fixed):
            return
        table = {part: real.get(part, {}).get(value, value) for part, value in way.items()}
        unknown = [part for part in source.dataset if part not in way and not options.get(part)]
        if unknown:
            yield Unresolved("", f"the topic's name does not tell the {unknown[0]} of its table")
            return
        missing = [part for part in options if part not in way and options[part]]
        for values in product(*(options[part] for part in missing)):
            yield table | dict(zip(missing, values, strict=True))

    return complete
