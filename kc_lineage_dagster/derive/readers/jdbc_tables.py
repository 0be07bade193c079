"""Which tables a JDBC source reads: what its tasks and its committed offsets show, and what its lists say.

Source: ``io.confluent.connect.jdbc.source.TableMonitorThread``, ``OffsetProtocols``,
``io.confluent.connect.jdbc.util.TableCollectionUtils``; ``io.aiven.connect.jdbc.source.TableMonitorThread``
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.readers.jdbc_url import JdbcUrl
from kc_lineage_dagster.derive.readers.sql_names import (
    TableName,
    dataset_of,
    default_schema,
    of_one,
    table_list,
    table_name,
)
from kc_lineage_dagster.derive.readers.sql_platforms import PLATFORMS, SCHEMA
from kc_lineage_dagster.derive.records import CONFIGURATION, OFFSETS
from kc_lineage_dagster.java_regex import (
    JavaRegex,
    Refused,
    compile_re2,
    enumerate_language,
    literal_prefix,
)
from kc_lineage_dagster.lineage import Dataset, Unresolved

MOST_NAMES_OF_ENTRY = 1000
# a name as people write it into a list of expressions, its dots escaped or not
_PLAIN = re.compile(r"[\w-]+(?:\\?\.[\w-]+)*")
Offsets = Mapping[str, Sequence[str]]
TABLE_INCLUDE, TABLE_EXCLUDE = "table.include.list", "table.exclude.list"


@dataclass(frozen=True, slots=True)
class FoundTable:
    """A table that is read, with its dataset.

    Args:
        table: The bare name, which the topic holds.
        dataset: The dataset of the full name.
        evidence: The ways of knowing the full name.
    """

    table: str
    dataset: Dataset
    evidence: tuple[str, ...]


def task_tables(evidence: Evidence) -> tuple[TableName, ...]:
    """Return the tables that the tasks' configurations list; () when they list none (no tasks, or a query).

    >>> task_tables(Evidence(task_configs=({"tables": '"public"."orders"'},)))
    (TableName(table='orders', qualifiers=('public',)),)
    """
    texts = (text for task in evidence.task_configs for text in table_list(task.get("tables") or ""))
    return tuple(dict.fromkeys(name for text in texts if (name := table_name(text))))


def offset_tables(evidence: Evidence) -> Offsets:
    """Return the full names, without quotes, of the tables with a committed offset; protocol 0 has bare names only.

    Each name stands under every text behind one of its dots, because a table's own name may hold dots.

    >>> from types import SimpleNamespace
    >>> offset = SimpleNamespace(partition={"protocol": "1", "table": "shop.sales.orders"}, offset={"incrementing": 7})
    >>> dict(offset_tables(Evidence(offsets=(offset,))))
    {'sales.orders': ['shop.sales.orders'], 'orders': ['shop.sales.orders']}
    """
    found: defaultdict[str, list[str]] = defaultdict(list)
    partitions = (one.partition for one in evidence.offsets)
    names = dict.fromkeys(str(one.get("table")) for one in partitions if str(one.get("protocol")) == "1")
    for name in names:
        for dot in re.finditer(r"\.", name):
            found[name[dot.end() :]].append(name)
    return found


def committed_names(evidence: Evidence) -> tuple[str, ...]:
    """Return the bare names of the tables with a committed offset; a name that holds dots itself cannot be told.

    >>> from types import SimpleNamespace
    >>> offset = SimpleNamespace(partition={"protocol": "1", "table": "shop.sales.orders"}, offset={"incrementing": 7})
    >>> committed_names(Evidence(offsets=(offset,)))
    ('orders',)
    """
    names = (str(one.partition["table"]) for one in evidence.offsets if one.partition.get("table"))
    return tuple(dict.fromkeys(name.rpartition(".")[2] for name in names))


def full_name(place: JdbcUrl, table: str, offsets: Offsets) -> FoundTable | Unresolved:
    """Return the dataset of a table known by its bare name: as the offsets qualify it, else where the connection looks.

    Args:
        place: Where the connection leads.
        table: The bare name.
        offsets: Text behind a dot -> the full names with a committed offset that end with it.

    >>> shop = JdbcUrl("postgres", database="shop")
    >>> str(full_name(shop, "orders", {"orders": ["shop.sales.orders"]}).dataset)
    'postgres:shop.sales.orders'
    >>> full_name(shop, "orders", {}).evidence
    ('configuration', 'default schema public')
    """
    heads = (text[: -len(table) - 1] for text in offsets.get(table, ()))
    answers = {dataset_of(place, TableName(table, tuple(head.split(".")))) for head in heads}
    seen = {answer for answer in answers if isinstance(answer, Dataset)}
    if len(seen) > 1:
        return Unresolved(table, f"several tables have this name: {', '.join(sorted(map(str, seen)))}")
    if seen:
        return FoundTable(table, seen.pop(), (CONFIGURATION, OFFSETS))
    dataset = dataset_of(place, TableName(table))
    if isinstance(dataset, Unresolved):
        return dataset
    return FoundTable(table, dataset, (CONFIGURATION, *_by_default(place)))


def _by_default(place: JdbcUrl) -> tuple[str, ...]:
    guessed = SCHEMA in PLATFORMS[place.platform].levels and not place.schema
    return (f"default schema {default_schema(place)}",) if guessed else ()


@dataclass(frozen=True, slots=True)
class TablePatterns:
    """``table.include.list`` and ``table.exclude.list``: RE2 expressions that match full names as a whole.

    Args:
        texts: The entries of the include list as written.
        plain: Those entries that are names.
        include: The other entries of the include list, compiled.
        exclude: The entries of the exclude list, compiled.
        names: All names that the include list spells out, dots taken for themselves, without those that are excluded.
        heads: The qualifiers that entries begin with, ``("sales",)`` of ``sales\\.orders_.*``.
        problems: Entries that cannot be read.
    """

    texts: tuple[str, ...]
    plain: frozenset[str]
    include: tuple[JavaRegex, ...]
    exclude: tuple[JavaRegex, ...]
    names: tuple[str, ...]
    heads: tuple[tuple[str, ...], ...]
    problems: tuple[Unresolved, ...]

    def selects(self, names: Iterable[str]) -> bool:
        """Tell whether a table that has these names is read."""
        texts = tuple(names)
        included = any(text in self.plain for text in texts) or any(
            one.matches(text) is True for one in self.include for text in texts
        )
        return included and not _named_by(self.exclude, texts)


def chooses(chosen: TablePatterns, place: JdbcUrl, name: TableName) -> bool:
    """Tell whether pattern lists select a table that drivers show by this full name.

    Args:
        chosen: The lists.
        place: Where the connection leads; its database may stand before the name.
        name: The full name without the database.

    >>> chosen = patterns({"table.include.list": "sales[.]orders_.*"})
    >>> chooses(chosen, JdbcUrl("postgres", "db", database="shop"), TableName("orders_1", ("sales",)))
    True
    """
    return chosen.selects(_spellings(place, name))


def _named_by(regexes: Iterable[JavaRegex], names: tuple[str, ...]) -> bool:
    """Tell whether an exclude list names a table; where that cannot be told, it counts as named."""
    return any(one.matches(text) is not False for one in regexes for text in names)


def patterns(config: Config) -> TablePatterns | None:
    """Return the pattern lists of a configuration, None when it has no include list (the exclude list then means
    nothing).

    >>> chosen = patterns({"table.include.list": "sales[.]orders_.*", "table.exclude.list": ".*_old"})
    >>> chosen.selects(["sales.orders_2024"]), chosen.selects(["sales.orders_old"])
    (True, False)
    """
    texts = items(first(config, TABLE_INCLUDE))
    if not texts:
        return None
    plain = {text: text.replace("\\", "") for text in texts if _PLAIN.fullmatch(text)}
    others = tuple(text for text in texts if text not in plain)
    include, problems = _compiled(TABLE_INCLUDE, others)
    exclude, unread = _compiled(TABLE_EXCLUDE, items(first(config, TABLE_EXCLUDE)))
    begins = (*plain.values(), *(literal_prefix(text, literal_dot=True) for text in others))
    heads = (tuple(text.split(".")[:-1]) for text in begins)
    spelled = (*plain.values(), *(name for text in others for name in _enumerated(text)))
    return TablePatterns(
        texts=texts,
        plain=frozenset(plain.values()),
        include=include,
        exclude=exclude,
        # an exclude list that cannot be read may take any name away
        names=() if unread else tuple(name for name in dict.fromkeys(spelled) if not _named_by(exclude, (name,))),
        heads=tuple(dict.fromkeys(head for head in heads if head)),
        problems=(*problems, *unread),
    )


def _enumerated(text: str) -> Iterable[str]:
    """Return the names a pattern stands for, dots taken for themselves; none when they are endless or too many."""
    found = enumerate_language(text, MOST_NAMES_OF_ENTRY, literal_dot=True) or ()
    return sorted(name for name in found if all(name.split(".")))


def _compiled(key: str, texts: tuple[str, ...]) -> tuple[tuple[JavaRegex, ...], tuple[Unresolved, ...]]:
    """Return a list as one expression, or entry by entry where one of them cannot be read."""
    joined = compile_re2("|".join(f"(?:{text})" for text in texts)) if texts else None
    if joined is None or isinstance(joined, JavaRegex):
        return (joined,) if joined else (), ()
    single = {text: compile_re2(text) for text in texts}
    problems = tuple(
        Unresolved(f"{key} = {text}", one.reason) for text, one in single.items() if isinstance(one, Refused)
    )
    return tuple(one for one in single.values() if isinstance(one, JavaRegex)), problems


def selected_table(
    place: JdbcUrl, table: str, chosen: TablePatterns, offsets: Offsets
) -> FoundTable | Unresolved | None:
    """Return the dataset of a table whose bare name is known and that pattern lists select; None when they do not.

    Args:
        place: Where the connection leads.
        table: The bare name.
        chosen: The lists.
        offsets: Text behind a dot -> the full names with a committed offset that end with it.

    >>> shop = JdbcUrl("postgres", database="shop")
    >>> chosen = patterns({"table.include.list": "sales[.]orders_.*"})
    >>> str(selected_table(shop, "orders_2024", chosen, {}).dataset)
    'postgres:shop.sales.orders_2024'
    >>> selected_table(shop, "customers", chosen, {}) is None
    True
    """
    by_offset = [text for text in offsets.get(table, ()) if chosen.selects((text,))]
    if by_offset:
        return full_name(place, table, {table: by_offset})
    default = default_schema(place) if SCHEMA in PLATFORMS[place.platform].levels else place.database
    tried = [*chosen.heads, (default,) if default else ()]
    names = [TableName(table, tuple(head)) for head in dict.fromkeys(tried)]
    matching = [name for name in names if chooses(chosen, place, name)]
    datasets = [dataset_of(place, name) for name in matching]
    if not datasets:
        return None
    one = of_one(datasets)
    return FoundTable(table, one, (CONFIGURATION,)) if one else _undecided(table, datasets)


def _undecided(table: str, datasets: list[Dataset | Unresolved]) -> Unresolved:
    problem = next((one for one in datasets if isinstance(one, Unresolved)), None)
    return problem or Unresolved(table, f"several tables may have this name: {', '.join(sorted(map(str, datasets)))}")


def _spellings(place: JdbcUrl, name: TableName) -> tuple[str, ...]:
    """Return a table's full name as drivers show it: with its database or without."""
    short = str(name)
    return (short, f"{place.database}.{short}") if place.database else (short,)
