"""Lineage of source connectors: what the family names, forwards through the chain, held against the active topics.

Where the configuration holds a pattern, or a topic depends on record content, every active topic is followed backwards
through the chain to the topics the connector may have named itself, and those to their tables. One possible origin
makes an edge; none or several make an unresolved item.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.evidence import Catalog, Evidence
from kc_lineage_dagster.derive.family import Selection, SourceFamily
from kc_lineage_dagster.derive.readers.catalog_tables import CATALOGUE
from kc_lineage_dagster.derive.record_names import adjusted, topics_before
from kc_lineage_dagster.derive.records import Arrival, Record, TopicPattern, field_edges
from kc_lineage_dagster.derive.source_columns import with_columns
from kc_lineage_dagster.derive.topic_lists import listed_topics
from kc_lineage_dagster.derive.transforms.steps import Beforehand, Chain, Outcome, backwards, keeps_topic, run
from kc_lineage_dagster.java_regex import complete, examples
from kc_lineage_dagster.lineage import KAFKA, Dataset, Edge, Unresolved

ACTIVE_TOPICS = "active topics"

# Topics that a worker or a converter writes for a source beside its data (rule 6 of Connect's and Confluent's keys).
BESIDE_DATA = (
    "errors.deadletterqueue.topic.name",
    "reporter.result.topic.name",
    "reporter.error.topic.name",
    "confluent.topic",
    "schema.history.internal.kafka.topic",
    "database.history.kafka.topic",
    "signal.kafka.topic",
    "notification.sink.topic.name",
)


@dataclass(slots=True)
class _Forwards:
    """The outcomes of all records that the configuration determines, indexed for the way back."""

    chain: Chain
    informed: Callable[[Record], Record]
    exact: defaultdict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    by_first_topic: defaultdict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    undecided: list[Record] = field(default_factory=list)
    decided: list[Record] = field(default_factory=list)

    def add(self, record: Record) -> None:
        outcomes = run(self.chain, record)
        settled = len(outcomes) == 1 and isinstance(outcomes[0].record.topic, str) and not outcomes[0].record.doubts
        if settled:
            self.exact[str(outcomes[0].record.topic)].append(outcomes[0].record)
            self.decided.append(record)
        elif outcomes and (record := self.informed(record)) and run(self.chain, record):
            self.by_first_topic[str(record.topic)].append(record)
            self.undecided.append(record)


def source_lineage(family: SourceFamily, config: Config, chain: Chain, evidence: Evidence) -> list[Edge | Unresolved]:
    """Edges from the source's datasets to its topics."""
    found = tuple(family.reads(config, evidence))
    problems: list[Edge | Unresolved] = [item for item in found if isinstance(item, Unresolved)]
    if evidence.never_wrote:
        return [*problems, Unresolved("active topics", "the connector has failed and never wrote a record")]
    forwards = _Forwards(chain, partial(with_columns, family, evidence))
    for record in dict.fromkeys(item for item in found if isinstance(item, Record)):
        forwards.add(record)
    selections = [item for item in found if isinstance(item, Selection)]
    beside = {first(config, key) for key in BESIDE_DATA}
    context = _Context(family, config, chain, forwards, selections, evidence.catalog)
    if not evidence.topics:
        listed = list(_among_listed(context, beside)) if evidence.topics is None else []
        return [*problems, *listed, *_by_configuration(forwards, [] if listed else selections, evidence, listed)]
    explained = [(topic, context.explain(topic)) for topic in sorted(evidence.topics - beside)]
    results = [item for _, items in explained for item in items]
    return [*problems, *results, *_not_seen(forwards, results, evidence)]


def _among_listed(context: _Context, beside: Collection[str | None]) -> Iterator[Edge]:
    """Without active topics: the topics that Kafka lists and that only one table can have made. That one exists does
    not show who wrote it, so its name must begin as the connector's own topics do.
    """
    topics = context.catalog.topics()
    for topic in listed_topics(topics, context.beginnings()) if topics else ():
        if topic not in context.forwards.exact and topic not in beside:
            found = context.explain(topic)
            if len(found) == 1 and isinstance(found[0], Edge):
                evidence = found[0].evidence.replace(ACTIVE_TOPICS, "topics that Kafka lists")
                yield replace(found[0], evidence=evidence)


def _by_configuration(
    forwards: _Forwards, selections: list[Selection], evidence: Evidence, listed: Iterable[Edge]
) -> Iterable[Edge | Unresolved]:
    """Without active topics the configuration alone gives what it determines."""
    why = "active topics are not known" if evidence.topics is None else "no topic was written yet"
    for topic, records in forwards.exact.items():
        for record in records:
            yield _edge(record, topic, record.evidence)
    told = {edge.upstream for edge in listed}
    for record in forwards.undecided:
        for outcome in run(forwards.chain, record) if record.origin not in told else ():
            doubts = "; ".join(outcome.record.doubts)
            yield Unresolved(
                f"{record.origin or record.topic} to {outcome.record.topic}",
                f"depends on the content of each record{': ' + doubts if doubts else ''}, and {why}",
            )
    if not forwards.exact and not forwards.undecided:
        for selection in selections:
            yield Unresolved(selection.what, f"tables are chosen by a pattern, and {why}")


def _not_seen(forwards: _Forwards, results: list[Edge | Unresolved], evidence: Evidence) -> Iterable[Unresolved]:
    origins = {item.upstream for item in results if isinstance(item, Edge)}
    unseen = [
        (topic, record)
        for topic, records in forwards.exact.items()
        if not evidence.saw(topic)  # of a pattern that the catalogue expanded nobody said that it writes
        for record in records
        if record.origin not in origins and CATALOGUE not in record.evidence
    ]
    seen_names = {str(origin).lower() for origin in origins}
    for topic, record in unseen:
        if str(record.origin).lower() not in seen_names:
            yield Unresolved(
                f"{record.origin or topic} to {topic}", "configured, but nothing was written to the topic yet"
            )


@dataclass(frozen=True, slots=True)
class _Context:
    family: SourceFamily
    config: Config
    chain: Chain
    forwards: _Forwards
    selections: list[Selection]
    catalog: Catalog

    def beginnings(self) -> frozenset[str]:
        """What topics of the connector begin with after its transforms, where that is text that is known."""
        keeps = all(transform.undo is keeps_topic for transform in self.chain)
        heads = {head for selection in self.selections for head in selection.heads} if keeps else set()
        ends = (outcome.record.topic for record in self.forwards.undecided for outcome in run(self.chain, record))
        parts = (topic.parts[0] for topic in ends if isinstance(topic, TopicPattern) and len(topic.parts) > 1)
        return frozenset((*heads, *(part for part in parts if isinstance(part, str))))

    def explain(self, topic: str) -> list[Edge | Unresolved]:
        """The edges into one active topic, or why there are none; [] for the connector's own book-keeping."""
        certain = self.forwards.exact.get(topic)
        if certain:
            return [_edge(record, topic, _with_topics(record)) for record in certain]
        places = backwards(self.chain, topic)
        if self._is_internal(topic, places):
            return []
        arriving, problems = self._arriving(topic, places)
        origins = dict.fromkeys(record.origin for record in arriving)
        if len(origins) == 1:
            return [_edge(arriving[0], topic, _with_topics(arriving[0]))]
        registered = self._registered(topic, places)
        if registered is not None:
            return [_edge(registered, topic, f"{registered.evidence}, schema registry")]
        if len(origins) > 1:
            names = ", ".join(str(origin) for origin in list(origins)[:5])
            return [Unresolved(topic, f"several tables may feed it, and nothing decides: {names}", topic=topic)]
        if problems:
            return [_of_active(topic, problem) for problem in problems]
        return [Unresolved(topic, "no table that the configuration selects explains this topic", topic=topic)]

    def _arriving(self, topic: str, places: tuple[Beforehand, ...]) -> tuple[list[Record], list[Unresolved]]:
        """The records that can arrive at a topic. Those that get there by name win over those that only may, by
        content.
        """
        possible, problems = self._candidates(places[0])
        ends = [end for record in possible if (end := self._reaches(record, topic, places)) is not None]
        by_name = [record for record, by_content in ends if not by_content]
        cut = self._cut(topic, places) if by_name else None
        if cut is not None:
            reason = f"the transforms cut names, so that a table such as {cut.origin} may feed it, and nothing decides"
            return [], [Unresolved(topic, reason, topic=topic)]
        if by_name or places[0].complete:
            return by_name or [record for record, _ in ends], problems
        arriving: dict[Dataset | None, Record] = {record.origin: record for record, _ in ends}
        for record in self.forwards.undecided:
            if len(arriving) > 1:
                break
            end = self._reaches(record, topic, places)
            if end is not None:
                arriving[record.origin] = end[0]
        return list(arriving.values()), problems

    def _registered(self, topic: str, places: tuple[Beforehand, ...]) -> Record | None:
        """The one table after which a schema registry names the topic's records, if they can arrive there."""
        name = self.catalog.value_name(topic) if self.family.columns else None
        if name is None:
            return None
        heads = {head for selection in self.selections for head in selection.heads}
        known = (str(record.topic) for record in (*self.forwards.decided, *self.forwards.undecided))
        topics = (*topics_before(name, heads), *(one for one in known if f"{adjusted(one)}." in name))
        answers = [selection.origin(one) for one in dict.fromkeys(topics) for selection in self.selections]
        found = {
            record.origin: end[0]
            for record in (
                *(answer for answer in answers if isinstance(answer, Record)),
                *(record for one in topics for record in self.forwards.by_first_topic.get(one, ())),
            )
            if (end := self._reaches(record, topic, places)) is not None
        }
        return next(iter(found.values())) if len(found) == 1 else None

    def _candidates(self, start: Beforehand) -> tuple[list[Record], list[Unresolved]]:
        names = list(start.exact)
        for parts in start.preimages:
            for selection in self.selections:
                for head in selection.heads if len(parts) > 1 else ():
                    names.extend(complete(parts, head))
        determined = [record for name in names for record in self.forwards.by_first_topic.get(name, ())]
        answers = [selection.origin(name) for name in dict.fromkeys(names) for selection in self.selections]
        problems = [answer for answer in answers if isinstance(answer, Unresolved)]
        return [*determined, *(answer for answer in answers if isinstance(answer, Record))], problems

    def _cut(self, topic: str, places: tuple[Beforehand, ...]) -> Record | None:
        """A selected table that arrives at the topic under a name of which the way back knows only a part: if there is
        one, there may be any number.
        """
        names = (name for parts in places[0].preimages if len(parts) > 1 for name in examples(parts))
        answers = (selection.origin(name) for name in dict.fromkeys(names) for selection in self.selections)
        records = (answer for answer in answers if isinstance(answer, Record))
        return next((record for record in records if self._reaches(record, topic, places)), None)

    def _reaches(self, record: Record, topic: str, places: tuple[Beforehand, ...]) -> tuple[Record, bool] | None:
        """The record as it arrives at the topic, if the chain can lead it there, and whether record content decides
        that.
        """
        for outcome in run(self.chain, record):
            end = self._ends(outcome, topic, places)
            if end is not None:
                return end, not isinstance(outcome.record.topic, str)
        return None

    def _ends(self, outcome: Outcome, topic: str, places: tuple[Beforehand, ...]) -> Record | None:
        pattern = outcome.record.topic
        if not isinstance(pattern, TopicPattern):
            return outcome.record if pattern == topic else None
        for name in _names_of(places[outcome.at], pattern):
            if not pattern.fits(name):
                continue
            if outcome.at == len(self.chain):
                return outcome.record.to(topic)
            for later in run(self.chain, outcome.record.to(name), outcome.at):
                end = self._ends(later, topic, places) if later.at > outcome.at else None
                if end is not None:
                    return end
        return None

    def _is_internal(self, topic: str, places: tuple[Beforehand, ...]) -> bool:
        return any(
            self.family.internal(self.config, name) and self._reaches(Record(None, name), topic, places) is not None
            for name in places[0].exact
        )


def _of_active(topic: str, problem: Unresolved) -> Unresolved:
    """A problem that speaks of the topic before the transforms, as one of the active topic."""
    what = topic if problem.what == problem.topic else problem.what
    return replace(problem, what=what, topic=topic) if problem.topic else problem


def _names_of(place: Beforehand, pattern: TopicPattern) -> Iterable[str]:
    """The topics of a place, also those whose holes the pattern's own beginning fills."""
    beginning = pattern.parts[0] if isinstance(pattern.parts[0], str) else ""
    filled = (name for parts in place.preimages if len(parts) > 1 and beginning for name in complete(parts, beginning))
    return dict.fromkeys((*place.exact, *filled))


def _with_topics(record: Record) -> str:
    return record.evidence if ACTIVE_TOPICS in record.evidence else f"{record.evidence}, {ACTIVE_TOPICS}"


def _edge(record: Record, topic: str, evidence: str) -> Edge | Unresolved:
    copy = Dataset(KAFKA, topic, record.instance)
    if record.origin == copy:
        return Unresolved(
            topic,
            "the copy has the name of its original: give the cluster it comes from a platform instance of its own in "
            "options.cluster_aliases",
            topic=topic,
        )
    return Arrival(record.origin, copy, field_edges(record.value), evidence, record)
