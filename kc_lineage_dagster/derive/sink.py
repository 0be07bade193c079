"""Edges of sink connectors: from the topics consumed, forwards through the chain, to the datasets that the family
names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from kc_lineage_dagster.derive.columns import converted
from kc_lineage_dagster.derive.config import Config
from kc_lineage_dagster.derive.content_targets import fitting_targets
from kc_lineage_dagster.derive.dated_targets import existing_targets
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import SinkFamily, Writes
from kc_lineage_dagster.derive.records import Opaque, Record, Struct, TopicPattern, field_edges
from kc_lineage_dagster.derive.sink_topics import input_topics
from kc_lineage_dagster.derive.transforms.steps import NAMELESS, Chain, Outcome, nothing_passes, run
from kc_lineage_dagster.lineage import KAFKA, Dataset, Edge, Unresolved
from kc_lineage_dagster.wording import first_few

MOST_TARGETS = 1_000  # of one topic in the catalog


@dataclass(frozen=True, slots=True)
class _ToExisting(Edge):
    """An edge whose target is known because it exists: the configuration leaves open which topic is written to it."""


def sink_lineage(family: SinkFamily, config: Config, chain: Chain, evidence: Evidence) -> list[Edge | Unresolved]:
    """Return edges from every topic that the sink consumes to every dataset that it writes.

    Args:
        family: Of the connector.
        config: The connector's configuration.
        chain: The connector's transforms.
        evidence: What the cluster shows about the connector.
    """
    topics, problems = input_topics(config, evidence)
    found: list[Edge | Unresolved] = list(problems)
    by_content = family.by_content or any(transform.by_content for transform in chain)
    for topic, how in topics.items():
        record = Record(Dataset(KAFKA, topic), topic, evidence=how)
        edges = _edges(record, config, chain, family.writes)
        if any(isinstance(item, Unresolved) for item in edges):
            about = record, config, chain, family.writes, evidence
            edges = (by_content and _with_contents(*about)) or _to_existing(*about) or _by_source(*about) or edges
        found.extend(replace(item, topic=topic) if isinstance(item, Unresolved) else item for item in edges)
    consumed = (Record(Dataset(KAFKA, topic), topic) for topic in topics)
    written = any(isinstance(item, Edge) for item in found)
    return [*_of_one_topic(found), *(() if written else nothing_passes(chain, consumed))]


def _with_contents(
    record: Record, config: Config, chain: Chain, writes: Writes, evidence: Evidence
) -> list[Edge | Unresolved]:
    """Return the edges as they follow from what the cluster's connectors are known to write to the topic; [] where that
    does not decide either.
    """
    written = evidence.written(str(record.topic))
    if written is None:
        return []
    key, value = converted(written.key, "key", config), converted(written.value, "value", config)
    informed = replace(record, key=key, value=value).known("the connector that writes the topic")
    edges = _edges(informed, config, chain, writes)
    return [] if any(isinstance(item, Unresolved) for item in edges) else edges


def _edges(record: Record, config: Config, chain: Chain, writes: Writes) -> list[Edge | Unresolved]:
    outcomes = run(chain, record)
    targets = {_written(outcome, config, chain, writes) for outcome in outcomes}
    if len(targets) > 1:
        # undecided: with no evidence behind a sink, only what all outcomes agree on is known
        doubts = sorted({doubt for outcome in outcomes for doubt in outcome.record.doubts})
        return [Unresolved(str(record.topic), f"its target is undecided: {'; '.join(doubts)}")]
    edges: list[Edge | Unresolved] = []
    for target in next(iter(targets), ()):
        if isinstance(target, Unresolved):
            edges.append(target)
        else:
            fields = field_edges(outcomes[0].record.value) if len(outcomes) == 1 else ()
            edges.append(Edge(record.origin, target, fields, record.how))
    return edges


def _to_existing(
    record: Record, config: Config, chain: Chain, writes: Writes, evidence: Evidence
) -> list[Edge | Unresolved]:
    """Return edges to the targets that exist, where a time is all that is not known of their names; [] elsewhere."""
    outcomes = run(chain, record)
    pattern = outcomes[0].record.topic if len(outcomes) == 1 else None
    if not isinstance(pattern, TopicPattern):
        return []

    def target_of(topic: str) -> Dataset | None:
        return _one_target(run(chain, outcomes[0].record.to(topic), outcomes[0].at), config, chain, writes)

    return _edges_to(_few(existing_targets(pattern, target_of, evidence.catalog)), record)


def _by_source(
    record: Record, config: Config, chain: Chain, writes: Writes, evidence: Evidence
) -> list[Edge | Unresolved]:
    """Return the edge to the one target that exists under a name that ``source`` of change events decides; []
    elsewhere.
    """

    def target_of(words: Mapping[str, str]) -> Dataset | None:
        value = Struct((("source", Opaque(constants=tuple(words.items()))),))
        return _one_target(run(chain, replace(record, value=value)), config, chain, writes)

    targets = _few(fitting_targets(config, target_of, evidence.catalog))
    if len(targets) > 1:
        names = first_few(targets)
        reason = f"its target depends on the content of each record, and the catalog holds several that fit: {names}"
        return [Unresolved(str(record.topic), reason)]
    return _edges_to(targets, record)


def _one_target(outcomes: Sequence[Outcome], config: Config, chain: Chain, writes: Writes) -> Dataset | None:
    """Return the dataset that one outcome is written to; None where there are several, or something is not known."""
    written = _written(outcomes[0], config, chain, writes) if len(outcomes) == 1 else ()
    return written[0] if len(written) == 1 and isinstance(written[0], Dataset) else None


def _few(targets: Iterable[Dataset]) -> tuple[Dataset, ...]:
    """Return the targets; () where they are more than ``MOST_TARGETS``."""
    found = tuple(islice(targets, MOST_TARGETS + 1))
    return found if len(found) <= MOST_TARGETS else ()


def _edges_to(targets: Iterable[Dataset], record: Record) -> list[Edge | Unresolved]:
    how = record.known("target in the catalog").how
    return [_ToExisting(record.origin, target, (), how) for target in targets]


def _of_one_topic(found: list[Edge | Unresolved]) -> list[Edge | Unresolved]:
    """Return the edges, without those whose target only the catalog names and several topics may be written to:
    unresolved, for nothing says which topic it is.
    """
    times = Counter(item.downstream for item in found if isinstance(item, _ToExisting))
    reason = "it exists, and several topics of this sink may be written to it"
    return [
        Unresolved(str(item.downstream), reason, topic=item.upstream.name if item.upstream else None)
        if isinstance(item, _ToExisting) and times[item.downstream] > 1
        else item
        for item in found
    ]


def _written(outcome: Outcome, config: Config, chain: Chain, writes: Writes) -> tuple[Dataset | Unresolved, ...]:
    record = outcome.record
    if not record.topic:
        return (Unresolved(record.origin.name if record.origin else "", NAMELESS),)
    if isinstance(record.topic, str):
        return tuple(writes(config, record)) if outcome.at == len(chain) else ()
    # the name depends on content; where it makes no difference to the target, that is known all the same
    samples = {tuple(writes(config, record.to(name))) for name in ("kc_sample_a", "kc_sample_b.c")}
    targets = next(iter(samples)) if len(samples) == 1 else ()
    if targets:
        return targets
    consumed = record.origin.name if record.origin else ""
    return (Unresolved(consumed, f"its target depends on the content of each record: {record.topic}"),)
