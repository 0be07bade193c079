"""Edges of source connectors: what the family names, forwards through the chain, compared with the active topics.

Where the configuration holds a pattern, or a topic depends on record content, every active topic is followed backwards
through the chain to the topics that the connector may have named itself, and from those to their tables. One possible
origin makes an edge; none or several make an unresolved item.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import partial

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Selection, SourceFamily
from kc_lineage_dagster.derive.records import (
    ACTIVE_TOPICS,
    ANY_TOPIC,
    CATALOG,
    LISTED_TOPICS,
    ByContent,
    Record,
    TopicPattern,
)
from kc_lineage_dagster.derive.source_backwards import Backwards, Forwards, edge_to
from kc_lineage_dagster.derive.source_columns import with_columns
from kc_lineage_dagster.derive.topic_lists import listed_topics
from kc_lineage_dagster.derive.transforms.steps import (
    NAMELESS,
    Chain,
    nothing_passes,
    run,
)
from kc_lineage_dagster.lineage import Edge, Unresolved

# Topics that a worker or a converter writes for a source beside its data. The keys are Kafka Connect's (errors.*),
# Confluent's (reporter.*, confluent.topic) and Debezium's.
BESIDE_DATA = (
    "errors.deadletterqueue.topic.name",
    "mongo.errors.deadletterqueue.topic.name",  # MongoDB's own, which wins over the other
    "reporter.result.topic.name",
    "reporter.error.topic.name",
    "confluent.topic",
    "schema.history.internal.kafka.topic",
    "database.history.kafka.topic",
    "signal.kafka.topic",
    "notification.sink.topic.name",
    "state.topic.name",  # Confluent's IBM MQ source, exactly once
    "topic.heartbeat.name",  # Debezium 3
    "heartbeat.topic.name",  # MongoDB
    "heartbeats.topic.name",  # MirrorMaker
    "transaction.topic",
)


_TOPICS_UNKNOWN = "active topics are not known: a worker tells them, and options.topics of the recipe can stand in"


# what patterns select: a table of any name
_OF_ANY_TABLE = Record(None, TopicPattern(ANY_TOPIC, "all tables that are selected"))


def beside(config: Config) -> set[str | None]:
    """Return the topics that a worker or a converter writes for this source beside its data."""
    return {first(config, key) for key in BESIDE_DATA}


def data_topics(config: Config, evidence: Evidence) -> list[str]:
    """Return the active topics of a source, sorted, without those that hold something else than its data."""
    return sorted((evidence.topics or frozenset()) - beside(config))


def source_lineage(family: SourceFamily, config: Config, chain: Chain, evidence: Evidence) -> list[Edge | Unresolved]:
    """Return edges from the source's datasets to its topics.

    Args:
        family: Of the connector.
        config: The connector's configuration.
        chain: The connector's transforms.
        evidence: What the cluster shows about the connector.
    """
    found = tuple(family.reads(config, evidence))
    problems: list[Edge | Unresolved] = [item for item in found if isinstance(item, Unresolved)]
    if evidence.never_wrote:
        return [*problems, Unresolved("active topics", "the connector has failed and never wrote a record")]
    selections = [item for item in found if isinstance(item, Selection)]
    records = dict.fromkeys(item for item in found if isinstance(item, Record))
    only_one = len(records) == 1 and not any(selection.why for selection in selections)
    forwards = Forwards(chain, partial(with_columns, family, evidence), only_one)
    for record in records:
        forwards.add(record)
    problems += [Unresolved(str(record.origin or record.topic), NAMELESS) for record in forwards.nameless]
    dropped: tuple[Unresolved, ...] = ()
    if not (forwards.exact or forwards.undecided or forwards.nameless):
        selected = [_OF_ANY_TABLE] if any(one.why for one in selections) else []
        dropped = nothing_passes(chain, (*records, *selected))
    if dropped and not evidence.topics:
        return [*problems, *dropped]
    seen = ACTIVE_TOPICS if evidence.topics else LISTED_TOPICS
    context = Backwards(family, config, chain, forwards, selections, evidence.catalog, seen)
    if not evidence.topics:
        listed = list(_among_listed(context, beside(config))) if evidence.topics is None else []
        return [*problems, *listed, *_by_configuration(forwards, [] if listed else selections, evidence, listed)]
    explained = [(topic, context.explain(topic)) for topic in data_topics(config, evidence)]
    results = [item for _, items in explained for item in items]
    return [*problems, *dropped, *results, *_not_seen(forwards, results, evidence)]


def _among_listed(context: Backwards, beside: Collection[str | None]) -> Iterator[Edge]:
    """Yield edges for topics that Kafka lists and that only one table can have made, where active topics are not known.

    That a topic exists does not show who wrote it, so its name must begin as the connector's own topics do.
    """
    topics = context.catalog.topics()
    for topic in listed_topics(topics, context.beginnings()) if topics else ():
        if topic not in context.forwards.exact and topic not in beside:
            found = context.explain(topic)
            if len(found) == 1 and isinstance(found[0], Edge):
                yield found[0]


def _by_configuration(
    forwards: Forwards, selections: list[Selection], evidence: Evidence, listed: Iterable[Edge]
) -> Iterable[Edge | Unresolved]:
    """Yield what the configuration alone determines, where active topics are not known or none was written yet."""
    why = _TOPICS_UNKNOWN if evidence.topics is None else "no topic was written yet"
    for topic, records in forwards.exact.items():
        for record in records:
            yield edge_to(record, topic)
    told = {edge.upstream for edge in listed}
    for record in forwards.undecided:
        if record.origin not in told:
            outcomes = [outcome.record for outcome in run(forwards.chain, record)]
            topics = " or ".join(dict.fromkeys(str(one.topic) for one in outcomes))
            doubts = "; ".join(dict.fromkeys(doubt for one in outcomes for doubt in one.doubts))
            yield ByContent(
                f"{record.origin or record.topic} to {topics}",
                f"depends on the content of each record{': ' + doubts if doubts else ''}, and {why}",
            )
    if not (forwards.exact or forwards.undecided or forwards.nameless):
        for selection in (one for one in selections if one.why):
            yield Unresolved(selection.what, f"{selection.why}, and {why}")


def _not_seen(forwards: Forwards, results: list[Edge | Unresolved], evidence: Evidence) -> Iterable[Unresolved]:
    origins = {item.upstream for item in results if isinstance(item, Edge)}
    unseen = [
        (topic, record)
        for topic, records in forwards.exact.items()
        if not evidence.saw(topic)  # of a pattern that the catalog expanded nobody said that it writes
        for record in records
        if record.origin not in origins and CATALOG not in record.evidence
    ]
    seen_names = {str(origin).lower() for origin in origins}
    for topic, record in unseen:
        if str(record.origin).lower() not in seen_names:
            yield Unresolved(
                f"{record.origin or topic} to {topic}", "configured, but nothing was written to the topic yet"
            )
