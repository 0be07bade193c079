"""The way back of a source: from a topic that it writes, through the chain, to the records that arrive there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from kc_lineage_dagster.derive.catalog import Catalog
from kc_lineage_dagster.derive.config import Config
from kc_lineage_dagster.derive.evidence import EARLIER
from kc_lineage_dagster.derive.family import Selection, SourceFamily
from kc_lineage_dagster.derive.record_names import adjusted, topics_before
from kc_lineage_dagster.derive.records import ACTIVE_TOPICS, Arrival, Record, TopicPattern, field_edges
from kc_lineage_dagster.derive.transforms.steps import (
    PERHAPS_NO_OUTBOX,
    Beforehand,
    Chain,
    Outcome,
    backwards,
    keeps_topic,
    run,
)
from kc_lineage_dagster.java_regex import complete, examples
from kc_lineage_dagster.lineage import KAFKA, Dataset, Edge, Unresolved
from kc_lineage_dagster.wording import first_few


@dataclass(slots=True)
class Forwards:
    """The outcomes of all records that the configuration determines, indexed for the way back.

    Args:
        chain: The connector's transforms.
        informed: From a record to the same with its columns listed by name, where they are known.
        only_one: Whether the connector reads a single table. An outbox router in its chain is there for that table: the
            first row of a table that is no outbox would fail the connector.
        exact: Topic -> the records that certainly arrive there.
        by_first_topic: Topic before the transforms -> the records whose topic after them is not certain.
        undecided: The records of ``by_first_topic``, in the order in which they were added.
        decided: The records of ``exact`` as they were before the transforms.
        nameless: The records whose topic a transform renames to nothing.
    """

    chain: Chain
    informed: Callable[[Record], Record]
    only_one: bool = False
    exact: defaultdict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    by_first_topic: defaultdict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    undecided: list[Record] = field(default_factory=list)
    decided: list[Record] = field(default_factory=list)
    nameless: list[Record] = field(default_factory=list)

    def add(self, record: Record) -> None:
        """Run a record of the configuration through the chain."""
        outcomes = tuple(map(self._known_outbox, run(self.chain, record)))
        settled = len(outcomes) == 1 and isinstance(outcomes[0].record.topic, str) and not outcomes[0].record.doubts
        if settled and outcomes[0].record.topic:
            self.exact[str(outcomes[0].record.topic)].append(outcomes[0].record)
            self.decided.append(record)
        elif settled:
            self.nameless.append(record)
        elif outcomes and (record := self.informed(record)) and run(self.chain, record):
            self.by_first_topic[str(record.topic)].append(record)
            self.undecided.append(record)

    def _known_outbox(self, outcome: Outcome) -> Outcome:
        if not self.only_one or PERHAPS_NO_OUTBOX not in outcome.record.doubts:
            return outcome
        doubts = tuple(doubt for doubt in outcome.record.doubts if doubt != PERHAPS_NO_OUTBOX)
        return replace(outcome, record=replace(outcome.record, doubts=doubts))


@dataclass(frozen=True, slots=True)
class Backwards:
    """Explains the topics that one source writes: from a topic back to the tables behind it.

    Args:
        family: Of the connector.
        config: The connector's configuration.
        chain: The connector's transforms.
        forwards: The records that the configuration determines.
        selections: The tables that patterns choose.
        catalog: What is known beyond Connect.
        seen: Where the topics that are explained come from: how they are known.
    """

    family: SourceFamily
    config: Config
    chain: Chain
    forwards: Forwards
    selections: list[Selection]
    catalog: Catalog
    seen: str = ACTIVE_TOPICS

    def beginnings(self) -> frozenset[str]:
        """Return what topics of the connector begin with after its transforms, where that is text that is known."""
        keeps = all(transform.undo is keeps_topic for transform in self.chain)
        heads = {head for selection in self.selections for head in selection.heads} if keeps else set()
        ends = (outcome.record.topic for record in self.forwards.undecided for outcome in run(self.chain, record))
        parts = (topic.parts[0] for topic in ends if isinstance(topic, TopicPattern) and len(topic.parts) > 1)
        return frozenset((*heads, *(part for part in parts if isinstance(part, str))))

    def explain(self, topic: str) -> list[Edge | Unresolved]:
        """Return the edges into one active topic, or why there are none; [] for the connector's own book-keeping."""
        certain = self.forwards.exact.get(topic)
        if certain:
            return [self._edge(record, topic) for record in certain]
        places = backwards(self.chain, topic)
        if self._is_internal(topic, places):
            return []
        arriving, problems = self._arriving(topic, places)
        origins = dict.fromkeys(record.origin for record in arriving)
        if len(origins) == 1:
            return [self._edge(arriving[0], topic)]
        registered = self._registered(topic, places)
        if registered:
            return [edge_to(record.known("schema registry"), topic) for record in registered]
        if len(origins) > 1:
            names = first_few(origins)
            return [Unresolved(topic, f"several tables may feed it, and nothing decides: {names}", topic=topic)]
        if problems:
            return [_of_active(topic, problem) for problem in problems]
        reason = f"no table that the configuration selects explains this topic; {EARLIER}"
        return [Unresolved(topic, reason, topic=topic)]

    def _arriving(self, topic: str, places: tuple[Beforehand, ...]) -> tuple[list[Record], list[Unresolved]]:
        """Return the records that can arrive at a topic. Those that get there by name win over those that only may, by
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

    def _registered(self, topic: str, places: tuple[Beforehand, ...]) -> list[Record]:
        """Return the records of those tables after which a schema registry names the topic's records, if they can
        arrive there.
        """
        names = self.catalog.value_names(topic) if self.family.columns else ()
        tables = [self._named_after(name, topic, places) for name in names]
        known = {record.origin: record for record in tables if record is not None}
        return list(known.values())

    def _named_after(self, name: str, topic: str, places: tuple[Beforehand, ...]) -> Record | None:
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
                # sorted: reasons name what is found in this order, and must read the same in every process
                for head in sorted(selection.heads) if len(parts) > 1 else ():
                    names.extend(complete(parts, head))
        determined = [record for name in names for record in self.forwards.by_first_topic.get(name, ())]
        answers = [selection.origin(name) for name in dict.fromkeys(names) for selection in self.selections]
        problems = [answer for answer in answers if isinstance(answer, Unresolved)]
        return [*determined, *(answer for answer in answers if isinstance(answer, Record))], problems

    def _cut(self, topic: str, places: tuple[Beforehand, ...]) -> Record | None:
        """Return a selected table that arrives at the topic under a name of which the way back knows only a part; None
        for none.

        Where there is one such table, there may be any number.
        """
        names = (name for parts in places[0].preimages if len(parts) > 1 for name in examples(parts))
        answers = (selection.origin(name) for name in dict.fromkeys(names) for selection in self.selections)
        records = (answer for answer in answers if isinstance(answer, Record))
        return next((record for record in records if self._reaches(record, topic, places)), None)

    def _reaches(self, record: Record, topic: str, places: tuple[Beforehand, ...]) -> tuple[Record, bool] | None:
        """Return the record as it arrives at the topic, if the chain can lead it there, and whether record content
        decides that.
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

    def _edge(self, record: Record, topic: str) -> Edge | Unresolved:
        others = (way for way in record.evidence if way != ACTIVE_TOPICS)
        return edge_to(replace(record, evidence=(*others, self.seen)), topic)

    def _is_internal(self, topic: str, places: tuple[Beforehand, ...]) -> bool:
        return any(
            self.family.internal(self.config, name) and self._reaches(Record(None, name), topic, places) is not None
            for name in places[0].exact
        )


def _of_active(topic: str, problem: Unresolved) -> Unresolved:
    """Return a problem that speaks of the topic before the transforms, as one of the active topic."""
    what = topic if problem.what == problem.topic else problem.what
    return replace(problem, what=what, topic=topic) if problem.topic else problem


def _names_of(place: Beforehand, pattern: TopicPattern) -> Iterable[str]:
    """Return the topics of a place, also those whose holes the pattern's own beginning fills."""
    beginning = pattern.parts[0] if isinstance(pattern.parts[0], str) else ""
    filled = (name for parts in place.preimages if len(parts) > 1 and beginning for name in complete(parts, beginning))
    return dict.fromkeys((*place.exact, *filled))


def edge_to(record: Record, topic: str) -> Edge | Unresolved:
    """Return the edge from a record's dataset to the topic where the record arrives.

    Unresolved where both would be one topic: a copy of a topic under its own name needs a platform instance to tell the
    clusters apart.

    Args:
        record: As it arrives.
        topic: The topic after the transforms.
    """
    copy = Dataset(KAFKA, topic, record.instance)
    if record.origin == copy:
        return Unresolved(
            topic,
            "the copy has the name of its original: give the cluster it comes from a platform instance of its own in "
            "options.cluster_aliases",
            topic=topic,
        )
    return Arrival(record.origin, copy, field_edges(record.value), record.how, record)
