"""JDBC sources copy each table that their lists choose into the topic ``<topic.prefix><bare name of the table>``; with
``query`` the prefix is the topic.

A topic holds the bare name only. The full name is told, in this order, by the tasks' configurations, by committed
offsets, by the lists, by the tables that the catalog holds, and by the connection and its platform's defaults.
``connection.url``, or the keys of a managed connector, says the database.

Source: ``io.confluent.connect.jdbc.source.TableMonitorThread``, ``BulkTableQuerier``,
``TimestampIncrementingTableQuerier``
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from kc_lineage_dagster.derive.columns import KnownColumns
from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, Selection, SourceFamily
from kc_lineage_dagster.derive.readers import jdbc_tables
from kc_lineage_dagster.derive.readers.jdbc_connection import MANAGED_SOURCES, connection, narrowed
from kc_lineage_dagster.derive.readers.jdbc_existing import (
    Existing,
    existing_tables,
    named_tables,
    read_tables,
    undecided_topics,
)
from kc_lineage_dagster.derive.readers.jdbc_url import URL_KEY, JdbcUrl
from kc_lineage_dagster.derive.readers.sql import Query, tables_of
from kc_lineage_dagster.derive.readers.sql_names import TableName, dataset_of, table_list, table_name, unlisted
from kc_lineage_dagster.derive.readers.topic_sources import wherever
from kc_lineage_dagster.derive.records import (
    ALL_COLUMNS,
    CONFIGURATION,
    OFFSETS,
    QUERY,
    Leaf,
    Node,
    Opaque,
    Record,
    Struct,
)
from kc_lineage_dagster.lineage import Dataset, Unresolved

_TASKS = "task configurations"
_EXPRESSION = "SQL expression"
_LISTS = ("table.whitelist", "table.blacklist", "table.include.list", "table.exclude.list")


def _reads(config: Config, evidence: Evidence) -> Iterable[Found]:
    place = connection(config)
    if isinstance(place, Unresolved):
        return (place, *_without_place(config, evidence))
    query = first(config, "query", "query.masked")
    if query:
        lists = next((key for key in _LISTS if first(config, key)), None)
        if lists and not evidence.topics:
            return (
                Unresolved("query", f"is set beside {lists}, and the connector refuses both: take one of them out"),
            )
        return _by_query(config, place, query, evidence)
    prefix = (config.get("topic.prefix") or "").strip()
    return _by_tasks(place, prefix, evidence) or _by_lists(config, place, prefix, evidence)


def _without_place(config: Config, evidence: Evidence) -> Iterator[Found]:
    """Yield the topics of tables that lists and tasks name, without datasets: the database is not known."""
    if not first(config, URL_KEY) and config.get("connector.class") not in MANAGED_SOURCES:
        return  # no URL: the connector connects to nothing
    prefix = (config.get("topic.prefix") or "").strip()
    if first(config, "query", "query.masked"):
        if prefix:
            yield Record(None, prefix)
        return
    listed = table_list(first(config, "table.whitelist") or "")
    names = [name.table for name in jdbc_tables.task_tables(evidence)] or [
        name.table for text in listed if (name := table_name(text))
    ]
    yield from (Record(None, prefix + name) for name in dict.fromkeys(names))
    if not names:
        yield wherever(None, "connection.url")


def _by_query(config: Config, place: JdbcUrl, query: str, evidence: Evidence) -> Iterator[Found]:
    topic = first(config, "topic.prefix")
    if not topic:
        yield Unresolved("topic.prefix", "is not set, and it is the topic of a query")
        return

    def columns_of(table: TableName) -> Sequence[str] | None:
        dataset = dataset_of(place, table)
        shown = evidence.catalog.fields(dataset) if isinstance(dataset, Dataset) else None
        return tuple(KnownColumns.of(place.platform, shown).paths) if shown else None

    found = tables_of(query, place.platform, columns_of)
    if isinstance(found, Unresolved):
        yield found
        return
    for table in found.tables:
        dataset = dataset_of(place, table)
        if isinstance(dataset, Dataset):
            yield Record(dataset, topic, value=_value(found, table), evidence=(CONFIGURATION, QUERY))
        else:
            yield dataset


def _value(query: Query, table: TableName) -> Node:
    """Return the fields of a query's records for the edge of one table; fields from other tables are left unknown."""
    if query.whole:
        return ALL_COLUMNS
    if query.outputs is None:
        return Opaque()
    fields: list[tuple[str, Node]] = []
    for output in query.outputs:
        own = tuple(column for origin, column in output.origins or () if origin == table)
        how = (_EXPRESSION,) if output.computed else ()
        fields.append((output.name, Leaf(own, how) if own or output.origins == () else Opaque()))
    return Struct(tuple(fields))


def _by_tasks(place: JdbcUrl, prefix: str, evidence: Evidence) -> tuple[Found, ...]:
    names = jdbc_tables.task_tables(evidence)
    return tuple(found for name in names for found in _arriving(dataset_of(place, name), prefix + name.table, _TASKS))


def _arriving(origin: Dataset | Unresolved, topic: str, *how: str) -> tuple[Found, ...]:
    """Return the record of a table; where its full name is not known, the reason and a record without a dataset."""
    if isinstance(origin, Unresolved):
        return origin, Record(None, topic, evidence=how or (CONFIGURATION,))
    return (Record(origin, topic, evidence=how or (CONFIGURATION,)),)


def _by_lists(config: Config, url: JdbcUrl, prefix: str, evidence: Evidence) -> Iterator[Found]:
    offsets, place = jdbc_tables.offset_tables(evidence), narrowed(url, config)
    patterns = jdbc_tables.patterns(config)
    listed = () if patterns else table_list(first(config, "table.whitelist") or "")
    choice = _choice(patterns, listed, config, url)
    existing = {
        table: datasets
        for table, datasets in existing_tables(config, url, evidence, choice).items()
        if table not in offsets  # committed offsets hold the full name
    }
    if listed:
        for text in listed:
            yield from _listed(text, config, place, prefix, offsets, existing)
        return
    if patterns:
        named = tuple(_by_patterns(patterns, config, place, prefix, offsets, existing))
        selection = _selected(patterns, place, prefix, offsets)
    else:
        named, selection = (), _all_tables(config, place, prefix, offsets)
    yield from named
    told = (one.topic if isinstance(one.topic, str) else None for one in named if isinstance(one, Record))
    yield from read_tables(existing, prefix, selection.what, evidence, told)
    if not evidence.topics:
        yield from _committed(selection, prefix, evidence)
    yield _undecided_by(undecided_topics(existing, prefix), selection)


def _choice(
    patterns: jdbc_tables.TablePatterns | None, listed: Sequence[str], config: Config, url: JdbcUrl
) -> Callable[[TableName], bool]:
    """Return a test whether the lists select a table that exists."""
    if patterns:
        return lambda name: jdbc_tables.chooses(patterns, url, name)
    if listed:
        bare = {name.table for text in listed if (name := table_name(text)) and not name.qualifiers}
        return lambda name: name.table in bare
    blacklist = [name for text in items(first(config, "table.blacklist")) if (name := table_name(text))]
    return lambda name: not any(f".{name}".endswith(f".{unwanted}") for unwanted in blacklist)


def _undecided_by(topics: Mapping[str, Unresolved], selection: Selection) -> Selection:
    """Return the selection, with topics unresolved that several tables of the catalog may be read into."""
    return replace(selection, origin=lambda topic: topics.get(topic) or selection.origin(topic))


def _committed(selection: Selection, prefix: str, evidence: Evidence) -> Iterator[Found]:
    """Yield the tables with committed offsets that the lists select; needed where active topics are not known."""
    for name in jdbc_tables.committed_names(evidence):
        found = selection.origin(prefix + name)
        if isinstance(found, Record):
            yield replace(found, evidence=(CONFIGURATION, OFFSETS))


def _record(found: jdbc_tables.FoundTable | Unresolved, prefix: str) -> Record | Unresolved:
    if isinstance(found, Unresolved):
        return found
    return Record(found.dataset, prefix + found.table, evidence=found.evidence)


def _listed(
    text: str, config: Config, place: JdbcUrl, prefix: str, offsets: jdbc_tables.Offsets, existing: Existing
) -> Iterator[Found]:
    """Yield what one entry of ``table.whitelist`` selects, as a bare or a full name, quoted or not."""
    name = table_name(text)
    if name is None:
        yield Unresolved(f"table.whitelist = {text}", "is not the name of a table")
    else:
        yield from _named(name, f"table.whitelist = {text}", config, place, prefix, offsets, existing)


def _named(
    name: TableName,
    what: str,
    config: Config,
    place: JdbcUrl,
    prefix: str,
    offsets: jdbc_tables.Offsets,
    existing: Existing,
) -> tuple[Found, ...]:
    """Return the record of a table that a list names.

    If the connector may know the table by another name, the record counts only when its topic was written.
    """
    topic = prefix + name.table
    if not name.qualifiers:
        if name.table in existing:
            return named_tables(existing, name.table, topic, what)
        found = _record(jdbc_tables.full_name(place, name.table, offsets), prefix)
        return (found,) if isinstance(found, Record) else _arriving(found, topic)
    problem = unlisted(place, name)
    if problem:
        return (problem,)
    answer = _arriving(dataset_of(place, name), topic)
    record = answer[-1]
    if len(answer) > 1 or len(name.qualifiers) == _qualifiers(config, place, len(name.qualifiers)):
        return answer
    assert isinstance(record, Record)
    why = "the connector may compare full names of another form with it, and so read nothing"
    return (Selection(what, lambda written: record if written == topic else None, frozenset({topic}), why),)


def _qualifiers(config: Config, place: JdbcUrl, given: int) -> int:
    """Return how many parts stand before the table in the full names that a connector compares with its lists.

    SQL Server's driver shows the database; PostgreSQL's does with Aiven's connector, not with Confluent's (seen).
    """
    aiven = config.get("connector.class", "").startswith("io.aiven.")
    return {"mssql": 2, "postgres": 2 if aiven else 1}.get(place.platform, given)


def _by_patterns(
    patterns: jdbc_tables.TablePatterns,
    config: Config,
    place: JdbcUrl,
    prefix: str,
    offsets: jdbc_tables.Offsets,
    existing: Existing,
) -> Iterator[Found]:
    yield from patterns.problems
    for text in patterns.names:
        name = TableName(text.rpartition(".")[2], tuple(text.split(".")[:-1]))
        yield from _named(name, f"{jdbc_tables.TABLE_INCLUDE} = {text}", config, place, prefix, offsets, existing)


def _selected(
    patterns: jdbc_tables.TablePatterns, place: JdbcUrl, prefix: str, offsets: jdbc_tables.Offsets
) -> Selection:
    def origin(topic: str) -> Record | Unresolved | None:
        table = _table(topic, prefix)
        found = jdbc_tables.selected_table(place, table, patterns, offsets) if table else None
        return _for_topic(found, topic, prefix) if found else None

    return Selection(f"{jdbc_tables.TABLE_INCLUDE} = {','.join(patterns.texts)}", origin, frozenset({prefix}))


def _all_tables(config: Config, place: JdbcUrl, prefix: str, offsets: jdbc_tables.Offsets) -> Selection:
    blacklist = [name for text in items(first(config, "table.blacklist")) if (name := table_name(text))]

    def origin(topic: str) -> Record | Unresolved | None:
        table = _table(topic, prefix)
        if not table:
            return None
        found = jdbc_tables.full_name(place, table, offsets)
        if any(_names(name, table, found) for name in blacklist):
            return Unresolved(topic, f"table.blacklist excludes {table}", topic=topic)
        return _for_topic(found, topic, prefix)

    return Selection("all tables of the database", origin, frozenset({prefix}), "no list names the tables")


def _names(name: TableName, table: str, found: jdbc_tables.FoundTable | Unresolved) -> bool:
    if name.table != table or not name.qualifiers:
        return name.table == table
    return isinstance(found, jdbc_tables.FoundTable) and f".{found.dataset.name}".endswith(f".{name}")


def _table(topic: str, prefix: str) -> str:
    return topic[len(prefix) :] if topic.startswith(prefix) else ""


def _for_topic(found: jdbc_tables.FoundTable | Unresolved, topic: str, prefix: str) -> Record | Unresolved:
    if isinstance(found, Unresolved):
        return Unresolved(topic, f"table {found.what}: {found.reason}", topic=topic)
    return _record(found, prefix)


FAMILY = SourceFamily(
    name="jdbc_source",
    classes=(
        "io.confluent.connect.jdbc.JdbcSourceConnector",
        "io.aiven.connect.jdbc.JdbcSourceConnector",
        "com.redpanda.kafka.connect.jdbc.JdbcSourceConnector",
        "com.yugabyte.jdbc.JdbcSourceConnector",
        *MANAGED_SOURCES,
    ),
    platform="as the JDBC URL or the managed connector says",
    reads=_reads,
    naming=("topic.prefix", "query", "query.masked"),
    selecting=_LISTS,
    never_known="the schema of a table without one, on Oracle, Db2 and others without a default, while no task runs",
    spelled="as DataHub's ingestion of each SQL platform: database.schema.table, database.table or schema.table",
    columns=True,
    rule="io.confluent.connect.jdbc.source.TimestampIncrementingTableQuerier, BulkTableQuerier, TableMonitorThread",
)
