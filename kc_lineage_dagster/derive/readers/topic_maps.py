"""Maps from topics to tables as sink connectors write them: ``topic:table`` lists, exact or of regular expressions.

Source: ``com.snowflake.kafka.connector.Utils.parseTopicToTableMap``, which other connectors follow
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.java_regex import JavaRegex, Refused, compile_java, literal_prefix
from kc_lineage_dagster.lineage import Unresolved

# text in which only the dot means something to a regular expression, in Java as in Python
_ALMOST_PLAIN = re.compile(r"[\w.-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class TopicMap:
    """A map from topics to tables, in the order of its entries.

    ``entries``: pairs (topic, or pattern of topics, and its table). ``exact``: topic -> table, to look one up.
    """

    entries: tuple[tuple[str, str], ...]
    exact: Mapping[str, str]

    @classmethod
    def of(cls, entries: tuple[tuple[str, str], ...]) -> TopicMap:
        """Build from entries in order; of two for one topic the last counts."""
        return cls(entries, dict(entries))

    def matching(self, topic: str) -> tuple[tuple[JavaRegex, str], ...] | Unresolved:
        """Return the entries whose left side, a Java regular expression, matches the whole topic, each with its
        target.
        """
        found: list[tuple[JavaRegex, str]] = []
        for pattern, target in self.entries:
            if not _may_match(pattern)(topic):
                continue
            compiled = compile_java(pattern)
            if isinstance(compiled, Refused):
                return Unresolved(topic, f"an entry of the map cannot be read: {compiled.reason}")
            matched = compiled.matches(topic)
            if isinstance(matched, Refused):
                return Unresolved(topic, f"an entry of the map cannot be tried: {matched.reason}")
            if matched:
                found.append((compiled, target))
        return tuple(found)


@lru_cache(maxsize=16384)
def _may_match(pattern: str) -> Callable[[str], bool]:
    """Return a quick test that spares most entries of a long map the regular expression."""
    if not _ALMOST_PLAIN.fullmatch(pattern):
        prefix = literal_prefix(pattern)
        return lambda topic: topic.startswith(prefix)
    code = re.compile(pattern)
    return lambda topic: code.fullmatch(topic) is not None


def topic_map(config: Config, *keys: str, separator: str = ":") -> TopicMap | Unresolved:
    """Return the comma-separated ``topic<separator>table`` list of the first key that is set; empty when none is.

    Exactly two parts each, as the parsers of these connectors demand (``com.snowflake.kafka.connector.Utils`` and those
    written after it); anything else makes the connector refuse its configuration, so it is Unresolved.

    Args:
        config: The connector's configuration.
        keys: Keys of the same setting, newest first.
        separator: Stands between topic and table.

    >>> topic_map({"topic2table.map": "orders:ORDERS,returns:RETURNS"}, "topic2table.map").exact["orders"]
    'ORDERS'
    >>> str(topic_map({"topic2table.map": "orders"}, "topic2table.map"))
    'topic2table.map: orders is not of the form topic:table'
    """
    return _parsed(first(config, *keys) or "", keys[0], separator)


@lru_cache(maxsize=64)
def _parsed(value: str, key: str, separator: str) -> TopicMap | Unresolved:
    entries = [tuple(part.strip() for part in item.split(separator)) for item in items(value)]
    wrong = next((entry for entry in entries if len(entry) != 2 or not all(entry)), None)
    if wrong is not None:
        return Unresolved(key, f"{separator.join(wrong)} is not of the form topic{separator}table")
    return TopicMap.of(tuple((left, right) for left, right in entries))
