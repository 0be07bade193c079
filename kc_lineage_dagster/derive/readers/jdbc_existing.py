"""The tables of the catalog that a JDBC source finds where it looks, by their bare names.

A source asks ``java.sql.DatabaseMetaData.getTables`` for tables of ``table.types``, with ``catalog.pattern`` and
``schema.pattern``, and compares its lists with the answer, in any schema. It names topics by bare names and refuses to
run where two tables have one, so of several tables that exist at most one is read, and nobody knows which.

Source: ``io.confluent.connect.jdbc.source.TableMonitorThread``
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, Selection
from kc_lineage_dagster.derive.readers.catalog_tables import without_topics
from kc_lineage_dagster.derive.readers.jdbc_connection import looked_at
from kc_lineage_dagster.derive.readers.jdbc_url import JdbcUrl
from kc_lineage_dagster.derive.readers.sql_names import TableName
from kc_lineage_dagster.derive.readers.sql_platforms import DATABASE, PLATFORMS, SCHEMA, stored
from kc_lineage_dagster.derive.records import CATALOG, CONFIGURATION, Record
from kc_lineage_dagster.lineage import Dataset, Unresolved
from kc_lineage_dagster.wording import first_few

Existing = Mapping[str, tuple[Dataset, ...]]
_HOW = (CONFIGURATION, CATALOG)


def existing_tables(
    config: Config, place: JdbcUrl, evidence: Evidence, chosen: Callable[[TableName], bool]
) -> Existing:
    """Return the tables that a source finds and chooses, by bare name; none where the catalog cannot tell its
    database from others, or where there is no catalog.

    Args:
        config: The connector's configuration: ``catalog.pattern``, ``schema.pattern`` and ``table.types`` say where it
            looks.
        place: What the URL says.
        evidence: Its catalog holds the tables.
        chosen: Whether the lists select a table of this full name.

    >>> existing_tables({}, JdbcUrl("postgres", "db", database="shop"), Evidence(), lambda name: True)
    {}
    """
    platform = PLATFORMS[place.platform]
    patterns = looked_at(place, config)
    if not patterns or any("${" in pattern for pattern in patterns.values()):
        return {}
    likes = {level: _like(pattern) for level, pattern in patterns.items()}
    views = any("VIEW" in kind.upper() for kind in items(first(config, "table.types")))
    found: defaultdict[str, list[Dataset]] = defaultdict(list)
    for name in evidence.catalog.datasets(place.platform):
        parts = name.split(".", len(platform.levels) - 1)
        if len(parts) < len(platform.levels):
            continue
        table = dict(zip(platform.levels, (stored(place.platform, part) for part in parts), strict=True))
        if not all(like.fullmatch(table[level]) for level, like in likes.items() if level in table):
            continue
        outer = table.get(SCHEMA) or table.get(DATABASE)
        own = table[platform.levels[-1]]
        if not chosen(TableName(own, (outer,) if outer else ())):
            continue
        dataset = Dataset(place.platform, name)
        if dataset not in evidence.quiet and (views or evidence.catalog.is_view(dataset) is not True):
            found[own].append(dataset)
    return {own: tuple(datasets) for own, datasets in found.items()}


def _like(pattern: str) -> re.Pattern[str]:
    """Return a pattern of JDBC's metadata as a regular expression: ``%`` is any text, ``_`` any character, either is
    itself behind a backslash.
    """
    pieces = re.findall(r"\\?.", pattern, re.DOTALL)
    signs = {"%": ".*", "_": "."}
    return re.compile("".join(signs.get(one) or re.escape(one[-1]) for one in pieces), re.DOTALL | re.IGNORECASE)


def named_tables(existing: Existing, table: str, topic: str, what: str) -> tuple[Found, ...]:
    """Return the one table of a bare name; of several, the reason as one item for the list and one for the topic.

    Args:
        existing: The tables that the source finds, by bare name.
        table: The bare name that a list names.
        topic: The topic of that table.
        what: The entry of the list, for people.

    >>> (found,) = named_tables({"users": (Dataset("postgres", "shop.a.users"),)}, "users", "crm.users", "users")
    >>> str(found.origin), found.topic
    ('postgres:shop.a.users', 'crm.users')
    """
    datasets = existing.get(table, ())
    if len(datasets) > 1:
        alike = _alike(topic, datasets)
        behind = Selection(what, lambda written: alike if written == topic else None, frozenset({topic}), "")
        return Unresolved(what, alike.reason), behind
    return tuple(Record(dataset, topic, evidence=_HOW) for dataset in datasets)


def read_tables(
    existing: Existing, prefix: str, what: str, evidence: Evidence, told: Iterable[str | None]
) -> Iterator[Record | Unresolved]:
    """Yield the tables that are the only ones of their bare name.

    Args:
        existing: The tables that the source finds, by bare name.
        prefix: Stands before the bare name in topics.
        what: What selects the tables, for people.
        evidence: Where it has no active topics, only tables count that are known to be no views.
        told: Topics whose tables are known otherwise.

    >>> existing = {"users": (Dataset("postgres", "shop.a.users"),), "t": (Dataset("postgres", "shop.a.t"),)}
    >>> [one.topic for one in read_tables(existing, "crm.", "tables", Evidence(topics=("crm.users",)), ["crm.t"])]
    ['crm.users']
    """
    others = set(told)
    single = ((prefix + table, datasets[0]) for table, datasets in existing.items() if len(datasets) == 1)
    records = [Record(dataset, topic, evidence=_HOW) for topic, dataset in single if topic not in others]
    yield from records if evidence.topics else without_topics(records, what, evidence)


def undecided_topics(existing: Existing, prefix: str) -> Mapping[str, Unresolved]:
    """Return the topics that several tables may be read into, each with the reason why it is unresolved.

    >>> same = (Dataset("postgres", "shop.a.users"), Dataset("postgres", "shop.b.users"))
    >>> list(undecided_topics({"users": same}, "crm."))
    ['crm.users']
    """
    several = ((prefix + table, datasets) for table, datasets in existing.items() if len(datasets) > 1)
    return {topic: _alike(topic, datasets) for topic, datasets in several}


def _alike(topic: str, datasets: tuple[Dataset, ...]) -> Unresolved:
    names = first_few(datasets)
    return Unresolved(
        topic,
        f"several tables of the catalog have this bare name: {names}; schema.pattern, or the full name in the"
        " list, tells the connector and lineage which",
        topic=topic,
    )
