"""Which topics the connectors of a cluster may read: of others nobody asks what is in them, so it is not kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.sink_topics import hidden_topics, named_topics
from kc_lineage_dagster.java_regex import literal_prefix


@dataclass(frozen=True, slots=True)
class Interest:
    """Topics that somebody may read.

    ``names``: by name. ``beginnings``: all topics that begin so; "" stands for every topic.
    """

    names: frozenset[str] = frozenset()
    beginnings: tuple[str, ...] = ()

    def __contains__(self, topic: object) -> bool:
        return isinstance(topic, str) and (topic in self.names or topic.startswith(self.beginnings))

    @classmethod
    def of(cls, configs: Iterable[tuple[Config, bool]]) -> Interest:
        """Return what the connectors of a cluster may read.

        ``configs``: of each connector its configuration, and whether it is derived as a reader of topics.

        >>> Interest.of([({"topics.regex": "shop[.](a|b)"}, True), ({"topics": "x"}, True)])
        Interest(names=frozenset({'x'}), beginnings=('shop.',))
        """
        names: set[str] = set()
        beginnings: set[str] = set()
        for config, reads in configs:
            names.update(named_topics(config))
            if "source.cluster.alias" in config:
                beginnings.update(_copied(config))
                names.add(first(config, "heartbeats.topic.name") or "heartbeats")
            elif reads:
                beginnings.update(_matched(config))
        return cls(frozenset(names), _shortest(beginnings))


def _matched(config: Config) -> Iterator[str]:
    """Yield how the topics begin that a sink consumes beside those it names."""
    pattern = first(config, "topics.regex")
    if hidden_topics(config):
        yield ""
    elif pattern:
        yield literal_prefix(pattern)


def _copied(config: Config) -> Iterator[str]:
    """Yield how the topics begin that MirrorMaker copies: ``topics`` is a list of patterns, all of them by default."""
    told = items(first(config, "topics"))
    if "topic.filter.class" in config or not told or hidden_topics(config):
        yield ""
    else:
        yield from map(literal_prefix, told)


def _shortest(beginnings: Iterable[str]) -> tuple[str, ...]:
    """Return the beginnings without those that begin with another one."""
    found: list[str] = []
    for one in sorted(beginnings):
        if not found or not one.startswith(found[-1]):
            found.append(one)
    return tuple(found)
