"""The topics that a sink consumes: what ``topics`` or ``topics.regex`` says, compared with what it did consume."""

from __future__ import annotations

import re

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.evidence import ClusterTopics, Evidence, committed_topics
from kc_lineage_dagster.derive.placeholders import hidden, left_over
from kc_lineage_dagster.derive.readers.name_lists import spelled_out
from kc_lineage_dagster.derive.records import ACTIVE_TOPICS, CATALOG, CONFIGURATION, LISTED_TOPICS
from kc_lineage_dagster.derive.topic_lists import without_internal
from kc_lineage_dagster.lineage import KAFKA, Unresolved

_REGEX = "topics.regex"
_DEAD_LETTERS = "errors.deadletterqueue.topic.name"
_ITEM = re.compile(r"(?:\$\{[^{}]*\}|[^,])+")  # a reference may hold a comma


def _listed(config: Config) -> tuple[str, ...]:
    return tuple(item.strip() for item in _ITEM.findall(config.get("topics", "")) if item.strip())


def named_topics(config: Config) -> tuple[str, ...]:
    """Return the topics that a sink's configuration lists by name, without the references and placeholders
    among them.
    """
    return tuple(topic for topic in _listed(config) if not left_over(topic))


def hidden_topics(config: Config) -> bool:
    """Tell whether ``topics`` or ``topics.regex`` holds a reference or a placeholder: it may stand for any topic."""
    return any(map(left_over, _listed(config))) or bool(hidden(config.get("topics.regex", "")))


def input_topics(config: Config, evidence: Evidence) -> tuple[dict[str, tuple[str, ...]], list[Unresolved]]:
    """Return the topics a sink consumes, each with how we know; ``topics`` or ``topics.regex`` decides, evidence tells
    which exist.

    A topic that has left the configuration can still be listed as active, so evidence adds to the configuration only
    what stands behind a reference. A pattern that spells its topics out, as people write a name, counts as their list
    where no topic is known that it matches. Both at once are refused
    (``org.apache.kafka.connect.runtime.SinkConnectorConfig``), so a connector that has consumed something had only one.
    """
    listed, pattern = _listed(config), first(config, "topics.regex")
    if not listed and not pattern:
        return {}, [Unresolved("topics", "the configuration names no topics")]
    if listed and pattern and not _consumed(evidence):
        return {}, [Unresolved("topics.regex", "is set beside topics, and Connect refuses both: take one of them out")]
    if evidence.never_wrote or evidence.committed == frozenset():
        return {}, [Unresolved("topics", "the connector has failed and never committed a record")]
    if not listed:
        assert pattern is not None
        matching, problems = _matching(pattern, evidence)
        # its own dead letters: Connect refuses a pattern that matches them, and Confluent Cloud makes them beside it
        matching.pop(config.get(_DEAD_LETTERS, "").strip(), None)
        return matching, problems
    named = named_topics(config)
    topics, problems = _named(named, evidence) if named else ({}, [])
    for item in listed:
        if item not in named:
            found = _behind(item, named, evidence)
            topics |= dict.fromkeys(found, (ACTIVE_TOPICS,))
            problems += [] if found else [_unknown(f"topics = {item}", item, evidence)]
    return topics, problems


def _behind(item: str, named: tuple[str, ...], evidence: Evidence) -> tuple[str, ...]:
    """Return the consumed topics that an item with a reference in it may stand for; none where it is one of several.

    An item that is a reference as a whole may stand for a list.
    """
    texts: list[str] = []
    rest = item
    while (placeholder := left_over(rest)) is not None:
        before, _, rest = rest.partition(placeholder)
        texts.append(re.escape(before))
    pattern = re.compile(".+".join((*texts, re.escape(rest))))
    found = tuple(sorted(topic for topic in _consumed(evidence) - set(named) if pattern.fullmatch(topic)))
    return found if len(found) == 1 or (not any(texts) and not rest) else ()


def _unknown(what: str, text: str, evidence: Evidence) -> Unresolved:
    reason = hidden(text) or "holds a placeholder: render the file before it is read"
    several = "; several active topics fit it" if _consumed(evidence) else "; active topics would tell it too"
    return Unresolved(what, f"{reason}{several}")


def _named(named: tuple[str, ...], evidence: Evidence) -> tuple[dict[str, tuple[str, ...]], list[Unresolved]]:
    consumed = _consumed(evidence)
    if not consumed:
        return dict.fromkeys(named, (CONFIGURATION,)), []
    seen: dict[str, tuple[str, ...]] = {topic: (CONFIGURATION, ACTIVE_TOPICS) for topic in named if topic in consumed}
    unseen = [topic for topic in named if topic not in consumed]
    return seen, [Unresolved(topic, "configured, but no record of this topic was consumed yet") for topic in unseen]


def _matching(pattern: str, evidence: Evidence) -> tuple[dict[str, tuple[str, ...]], list[Unresolved]]:
    consumed = _consumed(evidence)
    if hidden(pattern) and not consumed:
        return {}, [_unknown(f"topics.regex = {pattern}", pattern, evidence)]
    cluster = evidence.cluster()
    known = type(cluster).of(consumed - cluster.internal) if consumed else cluster
    if hidden(pattern):
        return dict.fromkeys(known.topics, (ACTIVE_TOPICS,)), []
    if consumed:
        places: dict[tuple[str, ...], ClusterTopics] = {(_REGEX, ACTIVE_TOPICS): known}
    else:
        places = {
            (_REGEX, "topics of the cluster's other connectors"): known,
            **_existing(evidence, cluster.internal),
        }
    found: dict[str, tuple[str, ...]] = {}
    for how, topics in places.items():
        matching = topics.matching(pattern)
        if isinstance(matching, Unresolved):
            return {}, [Unresolved(f"topics.regex = {matching.what}", matching.reason)]
        found = dict.fromkeys(matching, how) | found
    if not found and not consumed:
        found = dict.fromkeys(without_internal(spelled_out(pattern) or (), cluster.internal), (_REGEX,))
    if not found:
        return {}, [
            Unresolved(
                f"topics.regex = {pattern}",
                "no topic that is known matches: options.topics of the recipe can name some",
            )
        ]
    return found, []


def _existing(evidence: Evidence, internal: frozenset[str]) -> dict[tuple[str, ...], ClusterTopics]:
    """Return lists of topics that exist, by how they are known, Kafka's own list first: a sink subscribes to all that
    match.
    """
    catalog = evidence.catalog
    lists = {
        (_REGEX, LISTED_TOPICS): catalog.topics(),
        (_REGEX, CATALOG): catalog.datasets(KAFKA),
    }
    return {how: ClusterTopics(without_internal(names, internal)) for how, names in lists.items() if names}


def _consumed(evidence: Evidence) -> frozenset[str]:
    """Return active topics and those with a committed offset; where tasks have failed, only the latter."""
    if evidence.committed is not None:
        return evidence.committed
    return (evidence.topics or frozenset()) | committed_topics(evidence.offsets)
