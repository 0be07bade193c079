"""The tables of the catalog that a connector's lists select: what a pattern, or a whole database, stands for.

A table that exists and is selected sends its records where the chain leads them, so it counts as if the configuration
named it. What the catalog lacks is not excluded by that. A view sends no records; without active topics, which would
show that, a table counts only where the catalog says that it is no view.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.readers.sql_platforms import stored
from kc_lineage_dagster.derive.readers.table_topics import Table, TableSource
from kc_lineage_dagster.derive.records import CATALOG, Record
from kc_lineage_dagster.lineage import Unresolved
from kc_lineage_dagster.wording import first_few

_Outer = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Selected:
    """The tables of the catalog that the lists select.

    ``records``: those whose topic is certain. ``alike``: topic -> why it is unresolved; several tables differ only in
    characters that no topic can hold, and any of them may be its origin.
    """

    records: tuple[Record, ...] = ()
    alike: Mapping[str, Unresolved] = field(default_factory=dict)


def selected_tables(source: TableSource, evidence: Evidence) -> Selected:
    """Return the tables of the catalog that the lists select and that are not known to send no records.

    >>> from kc_lineage_dagster.derive.readers.debezium_naming import DebeziumNaming
    >>> from kc_lineage_dagster.derive.catalog import NothingKnown
    >>> class Held(NothingKnown):
    ...     def datasets(self, platform):
    ...         return ("sales.orders",)
    >>> naming = DebeziumNaming("srv", ".", (("schema", "table"),))
    >>> found = selected_tables(TableSource("oracle", ("schema", "table"), naming), Evidence(catalog=Held()))
    >>> [(str(record.origin), record.topic) for record in found.records]
    [('oracle:sales.orders', 'srv.SALES.ORDERS')]
    """
    catalog = evidence.catalog
    found: defaultdict[tuple[str, ...], list[Record]] = defaultdict(list)
    for table in _narrowed(source, catalog.datasets(source.platform)):
        topic = source.topic(table) if source.admits(table) is True else None
        if topic is None:
            continue
        record = source.record(table, topic)
        if record.origin and record.origin not in evidence.quiet and catalog.is_view(record.origin) is not True:
            spelled = (topic, *(source.spelled(table[part]) for part in source.dataset))
            found[spelled].append(record.known(CATALOG))
    single = tuple(records[0] for records in found.values() if len(records) == 1)
    alike = {topic: _alike(topic, records) for (topic, *_), records in found.items() if len(records) > 1}
    return Selected(single, alike)


def _alike(topic: str, records: list[Record]) -> Unresolved:
    names = first_few(record.origin for record in records)
    return Unresolved(topic, f"several tables of the catalog have this name for their topic: {names}", topic=topic)


def without_topics(records: Iterable[Record], what: str, evidence: Evidence) -> Iterator[Record | Unresolved]:
    """Yield selected tables where no active topic shows whether they are captured: those that are known to be no views.

    Args:
        records: The tables that the lists select, under their topics.
        what: What selects them, for people.
        evidence: Its catalog tells views from tables.

    >>> from kc_lineage_dagster.lineage import Dataset
    >>> orders = Record(Dataset("postgres", "shop.public.orders"), "srv.public.orders")
    >>> [found] = without_topics([orders], "table.include.list", Evidence())
    >>> found.reason.partition(": the")[0]
    'may select postgres:shop.public.orders'
    """
    doubtful: list[str] = []
    for record in records:
        if record.origin and evidence.catalog.is_view(record.origin) is False:
            yield record
        else:
            doubtful.append(str(record.origin))
    if doubtful:
        yield Unresolved(
            what,
            f"may select {first_few(doubtful)}: the catalog does not tell which of these are "
            "views, and those send no records; active topics would",
        )


def _narrowed(source: TableSource, names: tuple[str, ...]) -> Iterator[Table]:
    """Yield the tables of a platform that lie in a database and a schema that can be the connector's."""
    outer = source.dataset[:-1]
    allowed = [frozenset(value.lower() for value in source.options(part)) for part in outer]
    for values, inner in _by_outer(names, len(outer)).items():
        if all(not some or value.lower() in some for some, value in zip(allowed, values, strict=True)):
            for name in inner:
                parts = (*values, name)
                yield {part: stored(source.platform, text) for part, text in zip(source.dataset, parts, strict=True)}


@lru_cache(maxsize=32)
def _by_outer(names: tuple[str, ...], count: int) -> Mapping[_Outer, tuple[str, ...]]:
    """Return the tables' own names by what stands before them; a table's own name may hold dots."""
    found: defaultdict[_Outer, list[str]] = defaultdict(list)
    for name in names:
        *outer, table = name.split(".", count)
        if len(outer) == count:
            found[tuple(outer)].append(table)
    return {outer: tuple(inner) for outer, inner in found.items()}
