"""Debezium's topic naming strategies: from the parts of a table to its topic, and from a topic to the parts.

Source: ``io.debezium.schema.AbstractTopicNamingStrategy`` and its subclasses (debezium-core),
``io.debezium.connector.vitess.TableTopicNamingStrategy``
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations, pairwise, product

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.readers.table_topics import PartValues, Table, Ways
from kc_lineage_dagster.java_regex import JavaRegex, Refused, compile_re2, complete, examples, preimages
from kc_lineage_dagster.lineage import Unresolved

# Kafka's limit on a topic's name, to which Debezium cuts
LONGEST_TOPIC = 249
MOST_HEADS = 1000

Layouts = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Strategy:
    """What a topic naming strategy makes topics of.

    Args:
        by: The layout that it uses: ``database``, ``schema`` or ``table``.
        escaped: Whether odd characters become ``_uXXXX``.
        routed: Whether ``topic.regex`` and ``topic.replacement`` rename the topics.
    """

    by: str
    escaped: bool = False
    routed: bool = False


STRATEGIES: Mapping[str, Strategy] = {
    "io.debezium.schema.DefaultTopicNamingStrategy": Strategy("database"),
    "io.debezium.schema.SchemaTopicNamingStrategy": Strategy("schema"),
    "io.debezium.schema.DefaultRegexTopicNamingStrategy": Strategy("database", routed=True),
    "io.debezium.schema.SchemaRegexTopicNamingStrategy": Strategy("schema", routed=True),
    "io.debezium.schema.DefaultUnicodeTopicNamingStrategy": Strategy("database", escaped=True),
    "io.debezium.schema.SchemaUnicodeTopicNamingStrategy": Strategy("schema", escaped=True),
    "io.debezium.connector.vitess.TableTopicNamingStrategy": Strategy("table"),
}

_ODD = re.compile(r"[^A-Za-z0-9._-]")
_ODD_OR_ESCAPE = re.compile(r"[^A-Za-z0-9.-]")
_ESCAPES = (re.compile("_u(00[0-9a-f]{2}|[0-9a-f]{4}|[0-9a-f]{3})"), re.compile("_u(00[0-9a-f]{2}|[0-9a-f]{3})"))


def sanitised(name: str) -> str:
    """Return a name as a topic can hold it: ``_`` for each UTF-16 unit but ASCII letters, digits, ``.``, ``_``,
    ``-``.

    >>> sanitised("Order Lines")
    'Order_Lines'
    """
    return _ODD.sub(lambda odd: "_" * _units(odd.group()), name)[:LONGEST_TOPIC]


def escaped(name: str) -> str:
    """Return a name with odd characters, and underscores, as ``_u`` and their code (``UnicodeReplacementFunction``).

    >>> escaped("order lines")
    'order_u0020lines'
    """
    return _ODD_OR_ESCAPE.sub(lambda odd: unicode_escape(odd.group()), name)[:LONGEST_TOPIC]


def unescaped(name: str) -> tuple[str, ...]:
    """Return the names that ``escaped`` may have turned into this one: three digits or four, where both can be read.

    >>> unescaped("order_u0020lines")
    ('order lines',)
    """
    units = (pattern.sub(lambda code: chr(int(code.group(1), 16)), name) for pattern in _ESCAPES)
    readings = (text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore") for text in units)
    return tuple(reading for reading in dict.fromkeys(readings) if escaped(reading) == name)


def unicode_escape(text: str) -> str:
    """Return ``_u`` and the hexadecimal code of each UTF-16 unit of a text, with two zeros before one or two digits.

    Source: ``io.debezium.schema.UnicodeReplacementFunction.replace``.

    >>> unicode_escape("ü"), unicode_escape("€")
    ('_u00fc', '_u20ac')
    """
    data = text.encode("utf-16-le", "surrogatepass")
    codes = (f"{int.from_bytes(data[at : at + 2], 'little'):x}" for at in range(0, len(data), 2))
    return "".join(f"_u{'00' if len(code) <= 2 else ''}{code}" for code in codes)


def _units(char: str) -> int:
    return len(char.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(frozen=True, slots=True)
class Route:
    """``topic.regex`` and ``topic.replacement``: where the expression matches a whole name, its first find is replaced
    (RE2/J).
    """

    regex: JavaRegex
    replacement: str

    def topic(self, name: str) -> str:
        """Return where records go that would go to ``name``; "" where that cannot be told."""
        matched = self.regex.matches(name)
        if matched is not True:
            return name if matched is False else ""
        replaced = self.regex.replace_first(name, self.replacement)
        return "" if isinstance(replaced, Refused) else replaced or name

    def cuts(self, topic: str, heads: Iterable[str]) -> bool:
        """Tell whether names that the topic tells only in part are routed to it, so that it may stand for several
        tables.
        """
        before = preimages(self.regex.pattern, self.replacement, topic) or ()
        some = (name for parts in before if len(parts) > 1 for name in examples(parts))
        return any(name.startswith(tuple(heads)) and self.topic(name) == topic for name in some)

    def names(self, topic: str, heads: Iterable[str]) -> tuple[str, ...]:
        """Return the names that are routed to a topic, as far as they can be found."""
        before = preimages(self.regex.pattern, self.replacement, topic) or ()
        completed = (name for parts in before for head in sorted(heads) for name in complete(parts, head))
        exact = (parts[0] for parts in before if len(parts) == 1 and isinstance(parts[0], str))
        return tuple(name for name in dict.fromkeys((topic, *exact, *completed)) if self.topic(name) == topic)


@dataclass(frozen=True, slots=True)
class DebeziumNaming:
    """Names topics ``prefix``, then the parts of a layout, joined with ``delimiter``.

    Args:
        prefix: ``topic.prefix``, or the key that was called so before.
        delimiter: ``topic.delimiter``.
        layouts: The parts of a table that follow: the layout in use first, then others that versions of the connector
            have used.
        escaped: Whether odd characters become ``_uXXXX``; else each becomes an underscore.
        route: Renames the finished name; None where nothing does.
    """

    prefix: str
    delimiter: str
    layouts: Layouts
    escaped: bool = False
    route: Route | None = None

    def spelled(self, part: str) -> str:
        """Return a part as it stands in a topic."""
        return escaped(part) if self.escaped else sanitised(part)

    def topic(self, table: Table) -> str | None:
        """Return the topic of a table, None when a part of the layout is missing."""
        layout = self.layouts[0]
        if not set(layout) <= set(table):
            return None
        parts = (table[part] for part in layout if table[part].strip())
        name = self.spelled(self.delimiter.join((self.prefix, *parts)))
        return name if self.route is None else self.route.topic(name) or None

    def heads(self, options: PartValues) -> frozenset[str]:
        """Return the beginnings of topics, as far as the values of leading parts are known."""
        layout, heads = self.layouts[0], [self.spelled(self.prefix + self.delimiter)]
        for part in layout[:-1]:
            values = options.get(part, ())
            if not values or len(heads) * len(values) > MOST_HEADS:
                break
            heads = [head + self.spelled(value + self.delimiter) for head, value in product(heads, values)]
        return frozenset(heads)

    def ways(self, topic: str, heads: Iterable[str]) -> Ways | Unresolved:
        """Return the tables whose parts hold no delimiter; where none has that many parts, those whose parts do hold
        some.
        """
        if len(topic) >= LONGEST_TOPIC:
            return Unresolved(topic, f"its name may have been cut at {LONGEST_TOPIC} characters", topic=topic)
        if self.route is None:
            return self._read(topic)
        if self.route.cuts(topic, heads):
            return Unresolved(topic, "topic.regex cuts names, so that several tables may feed it", topic=topic)
        plain = replace(self, route=None)
        names = self.route.names(topic, heads)
        tiers = [plain._read(name) for name in names]
        return tuple(tier for read in tiers for tier in read)

    def _read(self, name: str) -> Ways:
        start = self.spelled(self.prefix + self.delimiter)
        if not name.startswith(start):
            return ()
        pieces = name[len(start) :].split(self.spelled(self.delimiter))
        exact = [parts for parts in self.layouts if len(parts) == len(pieces)]
        fitting = exact or [parts for parts in self.layouts if len(parts) < len(pieces)]
        ways = [
            dict(zip(parts, cut, strict=True)) for parts in fitting for cut in _cuts(pieces, len(parts), self.delimiter)
        ]
        found = tuple(table for way in ways for table in self._real(way))
        return (found,) if found else ()

    def _real(self, way: dict[str, str]) -> Iterable[Table]:
        if not self.escaped:
            return (way,)
        readings = [unescaped(value) for value in way.values()]
        return tuple(dict(zip(way, values, strict=True)) for values in product(*readings))


def _cuts(pieces: list[str], count: int, delimiter: str) -> Iterable[tuple[str, ...]]:
    for places in combinations(range(1, len(pieces)), count - 1):
        bounds = (0, *places, len(pieces))
        yield tuple(delimiter.join(pieces[a:b]) for a, b in pairwise(bounds))


def strategy_of(config: Config, default: str) -> Strategy | Unresolved:
    """Return the strategy of a configuration; one that is not Debezium's own names topics in ways nobody knows.

    >>> strategy_of({"topic.naming.strategy": "io.debezium.schema.DefaultUnicodeTopicNamingStrategy"}, "schema")
    Strategy(by='database', escaped=True, routed=False)
    """
    name = first(config, "topic.naming.strategy")
    if name is None:
        return Strategy(default)
    known = STRATEGIES.get(name)
    return known or Unresolved(f"topic.naming.strategy = {name}", "names topics by code that is not known")


def route_of(config: Config) -> Route | Unresolved:
    """Return ``topic.regex`` and ``topic.replacement``.

    >>> route_of({"topic.regex": "srv[.]shard[0-9]+[.](.*)", "topic.replacement": "srv.$1"}).topic("srv.shard7.orders")
    'srv.orders'
    """
    pattern = config.get("topic.regex", "")
    regex = compile_re2(pattern)
    if isinstance(regex, Refused):
        return Unresolved(f"topic.regex = {pattern}", regex.reason)
    return Route(regex, config.get("topic.replacement", ""))
