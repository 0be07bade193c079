"""The tables that a connector reads: those that its lists spell out, and those behind the topics that it writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

from kc_lineage_dagster.derive.evidence import EARLIER, Evidence
from kc_lineage_dagster.derive.family import Found, Selection
from kc_lineage_dagster.derive.readers.catalog_tables import Selected, selected_tables, without_topics
from kc_lineage_dagster.derive.readers.name_lists import same_name
from kc_lineage_dagster.derive.readers.odd_names import doubts, odd_signs, possible_names
from kc_lineage_dagster.derive.readers.table_topics import PartValues, Table, TableSource, Ways
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.java_regex import Refused
from kc_lineage_dagster.lineage import Unresolved
from kc_lineage_dagster.wording import first_few

_PATTERN, _NO_LIST = "tables are chosen by a pattern", "no list names the tables"
_DATABASES = "a table of the list may lie in any of several databases"
_QUOTES = frozenset('"`')
Complete = Callable[[Table], "Iterator[Table | Unresolved]"]


def reads(source: TableSource, evidence: Evidence) -> Iterator[Found]:
    """Yield the tables that the lists spell out, those of the catalog that they select, and a selection that finds
    those behind active topics.

    >>> from kc_lineage_dagster.derive.readers.debezium_naming import DebeziumNaming
    >>> from kc_lineage_dagster.derive.readers.name_lists import name_list
    >>> from kc_lineage_dagster.derive.readers.table_topics import ListPair
    >>> pair = ListPair("table.include.list", (("schema", "table"),), name_list(["sales.orders"], 1))
    >>> naming = DebeziumNaming("srv", ".", (("schema", "table"),))
    >>> table, _ = reads(TableSource("oracle", ("schema", "table"), naming, (pair,)), Evidence())
    >>> str(table.origin), table.topic
    ('oracle:sales.orders', 'srv.sales.orders')
    """
    certain: set[str] = set()
    for table in _named_tables(source, evidence):
        if isinstance(table, Unresolved):
            yield table
            continue
        topic = source.topic(table)
        if topic is not None:
            certain.add(topic)
            yield source.record(table, topic)
    cataloged = selected_tables(source, evidence) if source.is_open else Selected()
    expanded = [record for record in cataloged.records if record.topic not in certain]
    yield from expanded if evidence.topics else without_topics(expanded, source.what, evidence)
    if certain and not expanded and not evidence.topics:
        for pair in source.lists[-1:]:
            for pattern in pair.include.patterns if pair.include else ():
                yield Unresolved(f"{pair.what}: {pattern}", "is a pattern, and no active topics tell what it selects")
    yield _selection(source, evidence, cataloged)


def _named_tables(source: TableSource, evidence: Evidence) -> Iterator[Table | Unresolved]:
    single = {part: values[0] for part, values in source.fixed.items() if len(values) == 1}
    tables: list[Table] = [*source.named, *([single] if set(source.dataset) <= set(single) else [])]
    for pair in source.lists[-1:]:
        for name in pair.include.names if pair.include else ():
            parsed = _parsed(name, pair.spellings, source.fixed)
            if _QUOTES & set(name):
                yield Unresolved(f"{pair.what}: {name}", "selects no table: names are compared without quotes")
            elif parsed is None:
                usual = ".".join(f"<{part}>" for part in pair.spellings[0])
                yield Unresolved(f"{pair.what}: {name}", f"selects no table: an entry must match {usual} as a whole")
            else:
                tables.append(_stored(source, single | parsed, evidence))
    for table in tables:
        if set(source.dataset) <= set(table) and _fits(table, source.fixed) and source.admits(table) is True:
            yield table


def _stored(source: TableSource, table: Table, evidence: Evidence) -> Table:
    """Return a table of a list under the letters that the database keeps, unless it is seen under those of the list:
    then it was made with quotes.
    """
    if evidence.topics and source.topic(table) in evidence.topics:
        return table
    return {part: source.stored(value) for part, value in table.items()}


def _parsed(name: str, spellings: tuple[tuple[str, ...], ...], fixed: PartValues) -> dict[str, str] | None:
    """Return the parts of a name; None when no table can have it. Besides, the last part may hold dots."""
    pieces = name.split(".")
    parts = next((parts for parts in spellings if len(parts) == len(pieces)), spellings[0])
    database_first = any(same_name(pieces[0], value) for value in fixed.get("database", ()))
    if len(pieces) < len(parts) or (len(pieces) > len(parts) and database_first):
        return None
    last = len(parts) - 1
    return dict(zip(parts, (*pieces[:last], ".".join(pieces[last:])), strict=True))


def _fits(table: Table, fixed: PartValues) -> bool:
    return all(
        any(same_name(known, table[part]) for known in values) for part, values in fixed.items() if part in table
    )


def _selection(source: TableSource, evidence: Evidence, cataloged: Selected) -> Selection:
    parts = dict.fromkeys(part for pair in source.lists for spelling in pair.spellings for part in spelling)
    options = {part: source.options(part) for part in (*source.fixed, *parts)}
    heads = source.naming.heads(options)
    complete = _completion(source, options)
    replaces = source.naming.spelled(" ") == "_"
    odd = doubts(evidence.topics or ()) if replaces else lambda table: None
    asked = (text for pair in source.lists if pair.include for text in pair.include.patterns)
    signs = odd_signs(asked) if replaces else ""

    def origin(topic: str) -> Record | Unresolved | None:
        if source.internal(topic):
            return None
        if topic in cataloged.alike:
            return cataloged.alike[topic]
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

    return Selection(source.what, origin, heads, _why(source))


def _why(source: TableSource) -> str:
    """Return why the configuration alone names no table; "" where that was said of every entry."""
    if not source.lists or source.lists[-1].include is None:
        return _NO_LIST
    if any(pair.include.patterns for pair in source.lists if pair.include):
        return _PATTERN
    return _DATABASES if any(len(values) > 1 for values in source.fixed.values()) else ""


def _origin(
    source: TableSource, complete: Complete, topic: str, ways: Ways, signs: str
) -> dict[str, str] | Unresolved | None:
    """Return the table behind a topic; Unresolved where several have this topic; None where no table does.

    Args:
        source: The tables of the connector.
        complete: Gives a table the parts that its topic does not tell.
        topic: Before the transforms.
        ways: The tables that may have this topic, the likeliest tier first.
        signs: The characters that underscores of the topic may stand for, beyond what they do anyway.
    """
    problem: Unresolved | None = None
    for tier in ways:
        found: dict[str, dict[str, str]] = {}
        for table in (real for way in tier for one in complete(way) for real in _real(source, one, signs)):
            admitted = table if isinstance(table, Unresolved) else source.admits(table)
            if admitted is True and not isinstance(table, Unresolved):
                found.setdefault(str(source.record(table, topic).origin), dict(table))
            problem = problem or _problem(source, topic, admitted)
        if len(found) > 1:
            names = first_few(found)
            reason = f"several tables have this name for their topic: {names}. Spell the table out in the include list"
            return Unresolved(topic, reason, topic=topic)
        if found:
            return next(iter(found.values()))
    return problem


def _real(source: TableSource, table: Table | Unresolved, signs: str) -> Iterator[Table | Unresolved]:
    """Yield the table under the names that the topic may have replaced.

    What a witness has in place of a name is certain. Where no witness speaks of a schema that may be that of a common
    Oracle user (``C##USER``, ``C__USER`` in a topic), both spellings are possible.
    """
    if isinstance(table, Unresolved) or source.naming.spelled(" ") != "_":
        yield table
        return
    last, common = source.dataset[-1], "schema" if source.platform == "oracle" else None
    found = [
        tuple(possible_names(value, source.witnesses, part == common, signs if part == last else ""))
        if part in source.dataset
        else (value,)
        for part, value in table.items()
    ]
    for values in product(*found):
        yield dict(zip(table, values, strict=True))


def _problem(source: TableSource, topic: str, admitted: bool | Refused | Unresolved) -> Unresolved | None:
    if isinstance(admitted, Unresolved):
        return Unresolved(topic, admitted.reason, topic=topic)
    if isinstance(admitted, Refused):
        return Unresolved(topic, f"the lists cannot be read: {admitted.reason}", topic=topic)
    if not admitted:
        return Unresolved(topic, f"no longer selected by {source.what}; {EARLIER}", topic=topic)
    return None


def _completion(source: TableSource, options: PartValues) -> Complete:
    """Return the function that gives a table the parts that its topic does not tell, and the true letters of those that
    a topic cannot hold.
    """
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
