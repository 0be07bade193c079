"""What all Debezium source connectors share: their lists, the names of their topics, and their book-keeping topics.

Source: https://debezium.io/documentation/reference/stable/connectors/ (one page for each connector),
``io.debezium.relational.RelationalTableFilters`` (lists), ``io.debezium.schema.AbstractTopicNamingStrategy`` (topics)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from kc_lineage_dagster.derive.config import Config, first, flag, major_version
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SourceFamily
from kc_lineage_dagster.derive.placeholders import left_over, unfilled
from kc_lineage_dagster.derive.readers.debezium_columns import COLUMN_EXCLUDE, COLUMN_INCLUDE, keys, rows
from kc_lineage_dagster.derive.readers.debezium_naming import (
    DebeziumNaming,
    Layouts,
    Strategy,
    route_of,
    sanitised,
    strategy_of,
)
from kc_lineage_dagster.derive.readers.name_lists import comma_separated, name_list
from kc_lineage_dagster.derive.readers.sql_platforms import stored_from_list
from kc_lineage_dagster.derive.readers.table_reading import reads
from kc_lineage_dagster.derive.readers.table_topics import ListPair, PartValues, Table, TableSource
from kc_lineage_dagster.derive.records import ALL_COLUMNS, Leaf, Node, Opaque, Struct
from kc_lineage_dagster.derive.transforms.fields import envelope, put
from kc_lineage_dagster.lineage import Unresolved

PREFIX_KEYS = ("topic.prefix", "database.server.name")
NAMING_KEYS = ("topic.naming.strategy", "topic.delimiter", "topic.regex", "topic.replacement")
SIGNAL = "signal.data.collection"
HEARTBEAT = "__debezium-heartbeat"
_RENAMED = 2  # the major version of Debezium since which old keys are ignored
# Confluent's repackaged connectors (io.debezium.connector.v2) have versions of their own
_PREFIX = re.compile(r"[a-zA-Z0-9_.-]+")  # io.debezium.config.CommonConnectorConfig.validateTopicName, since version 2
_DEBEZIUMS_OWN = re.compile(r"io\.debezium\.connector\.(?!v2\.)")

Fixed: TypeAlias = "Callable[[Config], PartValues | Unresolved]"


def nothing_fixed(config: Config) -> PartValues:
    """Return no part: the topic tells all parts of a table's name.

    >>> nothing_fixed({"database.dbname": "shop"})
    {}
    """
    return {}


def fixed(**keys: tuple[str, ...]) -> Fixed:
    """Return parts that the configuration gives, each with its keys; new keys first.

    >>> fixed(database=("database.pdb.name", "database.dbname"))({"database.dbname": "shop"})
    {'database': ('shop',)}
    """

    def read(config: Config) -> PartValues | Unresolved:
        values = {part: first(config, *names) for part, names in keys.items()}
        missing = next((part for part, value in values.items() if value is None), None)
        if missing is not None:
            return Unresolved(keys[missing][0], "has no value, and no dataset can be named without it")
        return {part: (value,) for part, value in values.items() if value is not None}

    return read


@dataclass(frozen=True, slots=True)
class ListKeys:
    """The keys of one pair of lists.

    Args:
        include: Keys of the include list, newest first.
        exclude: Keys of the exclude list, newest first.
        spellings: The parts of a name that an entry holds, the usual ones first.
    """

    include: tuple[str, ...]
    exclude: tuple[str, ...]
    spellings: Layouts


def lists(subject: str, *spellings: tuple[str, ...]) -> ListKeys:
    """Return ``<subject>.include.list`` and ``<subject>.exclude.list``, called ``whitelist`` and ``blacklist`` before
    1.3.

    >>> lists("schema", ("schema",)).include
    ('schema.include.list', 'schema.whitelist')
    """
    include = (f"{subject}.include.list", f"{subject}.whitelist")
    return ListKeys(include, (f"{subject}.exclude.list", f"{subject}.blacklist"), spellings)


DATABASE_LISTS = lists("database", ("database",))
SCHEMA_LISTS = lists("schema", ("schema",))
SCHEMA_TABLE_LISTS = lists("table", ("schema", "table"))


@dataclass(frozen=True, slots=True)
class DebeziumTables:
    """What differs between Debezium's connectors, as data.

    Args:
        platform: DataHub's id.
        dataset: The parts of a dataset's name, outermost first.
        layouts: Kind of naming strategy -> the parts of a topic's name after the prefix; those in use first, then those
            of other versions.
        lists: The pairs of lists, that of tables last; () for a connector without lists.
        strategy: The kind of naming strategy that is used by default.
        fixed: From a configuration to the parts whose values it gives.
        prefix: Keys of the topics' prefix, newest first.
        data_prefix: Key of another prefix, for data topics that only the table names; "" where there is none.
        document: Whether ``before`` and ``after`` hold text, not columns.
        internal: From a configuration to further book-keeping topics.
        users: Keys of user names, which are names of schemas too.
        match_mode: Key that says ``literal`` where the lists hold names, no patterns; "" where there is none.
    """

    platform: str
    dataset: tuple[str, ...]
    layouts: Mapping[str, Layouts]
    lists: tuple[ListKeys, ...]
    strategy: str = "schema"
    fixed: Fixed = nothing_fixed
    prefix: tuple[str, ...] = PREFIX_KEYS
    data_prefix: str = ""
    document: bool = False
    internal: Callable[[Config], Iterable[str]] = lambda config: ()
    users: tuple[str, ...] = ()
    match_mode: str = ""


def as_it_is(config: Config, tables: DebeziumTables) -> DebeziumTables:
    """Return the tables as they are stated: the configuration changes nothing.

    >>> oracle = DebeziumTables("oracle", ("schema", "table"), {}, ())
    >>> as_it_is({}, oracle) is oracle
    True
    """
    return tables


def debezium(
    name: str,
    classes: tuple[str, ...],
    tables: DebeziumTables,
    rule: str,
    *,
    naming: tuple[str, ...] = (),
    adapted: Callable[[Config, DebeziumTables], DebeziumTables] = as_it_is,
    never_known: str = "",
    spelled: str = "",
) -> SourceFamily:
    """Return the family of one connector that is built on Debezium.

    Args:
        name: The family's name.
        classes: See ``SourceFamily``.
        tables: What differs from other connectors.
        rule: See ``SourceFamily``.
        naming: The keys that ``tables.fixed`` reads.
        adapted: From a configuration and ``tables`` to the tables of another version or variant.
        never_known: See ``SourceFamily``.
        spelled: See ``SourceFamily``.

    >>> parts = ("schema", "table")
    >>> tables = DebeziumTables("postgres", parts, {"schema": (parts,)}, (SCHEMA_TABLE_LISTS,))
    >>> family = debezium("example", ("org.example.ExampleConnector",), tables, "https://example.org")
    >>> found = family.reads({"topic.prefix": "srv", "table.include.list": "public.orders"}, Evidence())
    >>> next(iter(found)).topic
    'srv.public.orders'
    """
    selecting = tuple(key for pair in tables.lists for key in (*pair.include, *pair.exclude))

    older, newer = _before_2(tables), _since_2(tables)

    def stated(config: Config) -> DebeziumTables:
        version = _debezium_version(config)
        return adapted(config, tables if version is None else older if version < _RENAMED else newer)

    def internal(config: Config, topic: str) -> bool:
        return _book_keeping(stated(config), config)(topic)

    return SourceFamily(
        name=name,
        classes=classes,
        platform=tables.platform,
        reads=lambda config, evidence: _reads(stated(config), config, evidence),
        rule=rule,
        naming=(*tables.prefix, *NAMING_KEYS, *naming),
        selecting=(*selecting, *COLUMN_INCLUDE, *COLUMN_EXCLUDE, SIGNAL),
        internal=internal,
        never_known=never_known,
        spelled=spelled,
        columns=True,
    )


def _debezium_version(config: Config) -> int | None:
    """Return the major version of Debezium, which decides what keys the connector looks at; None where it is not known.

    Version 2 renamed the prefix to ``topic.prefix`` and dropped the lists' old names (DBZ-5043, DBZ-5045), which it
    ignores. Of two prefixes the version's own counts. A single one counts under either name: no version starts without
    a prefix, so a connector that is there was made by a version that reads the one it has.

    Source: https://debezium.io/releases/2.0/release-notes
    """
    version = major_version(config)
    return version if version is not None and _DEBEZIUMS_OWN.match(config.get("connector.class", "")) else None


def _before_2(tables: DebeziumTables) -> DebeziumTables:
    """Return the tables with the keys in the order in which a version before 2 looks at them."""
    return replace(tables, prefix=(*tables.prefix[1:], tables.prefix[0]))


def _since_2(tables: DebeziumTables) -> DebeziumTables:
    """Return the tables with the keys that versions since 2 look at."""
    newest = tuple(replace(pair, include=pair.include[:1], exclude=pair.exclude[:1]) for pair in tables.lists)
    return replace(tables, lists=newest)


def _reads(tables: DebeziumTables, config: Config, evidence: Evidence) -> Iterator[Found]:
    naming = _naming(tables, config, evidence)
    known = tables.fixed(config)
    if isinstance(naming, Unresolved) or isinstance(known, Unresolved):
        yield from (problem for problem in (naming, known) if isinstance(problem, Unresolved))
        return
    literal = config.get(tables.match_mode, "").strip().lower() == "literal"
    source = TableSource(
        platform=tables.platform,
        dataset=tables.dataset,
        naming=naming,
        lists=tuple(_rule(pair, config, literal) for pair in tables.lists),
        fixed=known,
        value=_values(tables, config),
        key=_keys(tables, config),
        internal=_book_keeping(tables, config),
        witnesses=tuple(user for key in tables.users if (user := config.get(key))),
        stored=partial(stored_from_list, tables.platform),
    )
    yield from reads(source, evidence)


def _naming(tables: DebeziumTables, config: Config, evidence: Evidence) -> DebeziumNaming | Unresolved:
    strategy = strategy_of(config, tables.strategy)
    if isinstance(strategy, Unresolved):
        return strategy
    layouts = tables.layouts.get(strategy.by)
    if layouts is None:
        return Unresolved("topic.naming.strategy", "this strategy is not for tables of this connector")
    delimiter = first(config, "topic.delimiter") or "."
    prefix = _prefix(tables, config, strategy, delimiter, evidence)
    if prefix is None:
        return Unresolved(tables.prefix[0], "has no value, and no topic can be named without it")
    placeholder = left_over(prefix)  # its signs would become underscores
    if placeholder is not None:
        return Unresolved(
            next(key for key in tables.prefix if placeholder in config.get(key, "")), unfilled(placeholder)
        )
    if prefix == config.get(PREFIX_KEYS[0], "").strip() and not _PREFIX.fullmatch(prefix) and not evidence.topics:
        reason = f"{prefix} is refused: Debezium takes letters, digits, dots, dashes and underscores"
        return Unresolved(PREFIX_KEYS[0], reason)
    naming = DebeziumNaming(prefix, delimiter, layouts, strategy.escaped)
    route = route_of(config) if strategy.routed else None
    return route if isinstance(route, Unresolved) else replace(naming, route=route)


def _prefix(
    tables: DebeziumTables, config: Config, strategy: Strategy, delimiter: str, evidence: Evidence
) -> str | None:
    """Return the prefix of data topics. Where old and new keys differ, active topics tell which one the version
    knows.
    """
    own = first(config, tables.data_prefix) if strategy.by == "table" else None
    prefixes = _prefixes(tables, config)
    topics = evidence.topics or frozenset()
    seen = (one for one in prefixes if any(topic.startswith(one + delimiter) for topic in topics))
    return own or next(seen, prefixes[0] if prefixes else None)


def _prefixes(tables: DebeziumTables, config: Config) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for key in tables.prefix if (value := config.get(key, "").strip())))


def _rule(pair: ListKeys, config: Config, literal: bool) -> ListPair:
    used = next((key for key in (*pair.include, *pair.exclude) if config.get(key, "").strip()), pair.include[0])
    dots = min(map(len, pair.spellings)) - 1
    given = (comma_separated(first(config, *keys)) for keys in (pair.include, pair.exclude))
    include, exclude = (name_list(tuple(map(re.escape, one)) if literal else one, dots) for one in given)
    return ListPair(used, pair.spellings, include, exclude)


def _values(tables: DebeziumTables, config: Config) -> Callable[[Table], Node]:
    """Return the function from a table to the fields of its change events."""
    if tables.document:
        text = dict.fromkeys(("before", "after"), Opaque(ALL_COLUMNS))
        return lambda table: put(envelope(_source(table)), text)
    written = _written(tables)
    row = rows(config, min(map(len, written), default=1), partial(stored_from_list, tables.platform))

    def of(table: Table) -> Node:
        whole, columns = envelope(_source(table)), row(_names(table, written))
        return whole if columns is ALL_COLUMNS else put(whole, {"before": columns, "after": columns})

    return of


def _keys(tables: DebeziumTables, config: Config) -> Callable[[Table], Node]:
    """Return the function from a table to the fields of the keys of its change events."""
    if tables.document:
        identity = Struct((("id", Leaf(("_id",))),))
        return lambda table: identity
    key, written = keys(config, partial(stored_from_list, tables.platform)), _written(tables)
    return lambda table: key(_names(table, written))


def _written(tables: DebeziumTables) -> Layouts:
    """Return the parts of a table's name as lists of columns write it."""
    return tables.lists[-1].spellings if tables.lists else ()


def _names(table: Table, written: Layouts) -> tuple[str, ...]:
    return tuple(".".join(table[one] for one in parts) for parts in written if set(parts) <= set(table))


# Names of a table's parts in the field ``source`` of change events: io.debezium.connector.AbstractSourceInfo and its
# subclasses. Oracle's ``db`` may be the root container, so it is left open.
_IN_SOURCE = {"database": "db", "schema": "schema", "table": "table", "collection": "collection"}


def _source(table: Table) -> dict[str, str]:
    return {name: table[part] for part, name in _IN_SOURCE.items() if part in table}


def _book_keeping(tables: DebeziumTables, config: Config) -> Callable[[str], bool]:
    """Return the test whether a topic holds schema changes (the prefix itself), heartbeats, transaction boundaries or
    signals.
    """
    delimiter = first(config, "topic.delimiter") or "."
    heartbeat = first(config, "topic.heartbeat.prefix", "heartbeat.topics.prefix") or HEARTBEAT
    layouts = _layouts(tables, config)
    names = {first(config, "transaction.topic") or "", *tables.internal(config)}
    for prefix in _prefixes(tables, config):
        names |= {prefix, delimiter.join((heartbeat, prefix))}
        names |= {sanitised(delimiter.join((prefix, *pieces))) for pieces in _signals(layouts, config)}
        if flag(config, "provide.transaction.metadata") or ("table",) not in layouts:
            names.add(delimiter.join((prefix, first(config, "topic.transaction") or "transaction")))
    low = frozenset(name.lower() for name in names if name)
    beginnings, ending = (f"{heartbeat}{delimiter}".lower(), HEARTBEAT), f"{delimiter}debezium_signal"
    return lambda topic: topic.lower() in low or topic.lower().startswith(beginnings) or topic.lower().endswith(ending)


def _layouts(tables: DebeziumTables, config: Config) -> Layouts:
    strategy = strategy_of(config, tables.strategy)
    by = tables.strategy if isinstance(strategy, Unresolved) else strategy.by
    return tables.layouts.get(by, ())


def _signals(layouts: Layouts, config: Config) -> Iterator[list[str]]:
    """Yield the parts of ``signal.data.collection`` that a topic's name holds: its last ones."""
    for collection in comma_separated(first(config, SIGNAL)):
        pieces = collection.split(".")
        yield from (pieces[len(pieces) - len(parts) :] for parts in layouts if len(parts) <= len(pieces))
