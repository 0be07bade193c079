"""Lineage of sink connectors: input topics from configuration and evidence, forwards through the chain to datasets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from kc_lineage_dagster.derive.columns import converted
from kc_lineage_dagster.derive.config import Config
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import SinkFamily
from kc_lineage_dagster.derive.records import Record, field_edges
from kc_lineage_dagster.derive.sink_topics import input_topics
from kc_lineage_dagster.derive.transforms.steps import NAMELESS, Chain, Outcome, run
from kc_lineage_dagster.lineage import KAFKA, Dataset, Edge, Unresolved

Writes = Callable[[Config, Record], Iterable[Dataset | Unresolved]]


def sink_lineage(family: SinkFamily, config: Config, chain: Chain, evidence: Evidence) -> list[Edge | Unresolved]:
    """Edges from every topic the sink consumes to every dataset it writes."""
    topics, problems = input_topics(config, evidence)
    found: list[Edge | Unresolved] = list(problems)
    for topic, how in topics.items():
        record = Record(Dataset(KAFKA, topic), topic, evidence=how)
        edges = _edges(record, config, chain, family.writes)
        if any(isinstance(item, Unresolved) for item in edges):
            edges = _with_contents(record, config, chain, family.writes, evidence) or edges
        found.extend(replace(item, topic=topic) if isinstance(item, Unresolved) else item for item in edges)
    return found


def _with_contents(
    record: Record, config: Config, chain: Chain, writes: Writes, evidence: Evidence
) -> list[Edge | Unresolved]:
    """The edges as they follow from what the cluster's connectors are known to write to the topic; [] where that does
    not decide either.
    """
    written = evidence.written(str(record.topic))
    if written is None:
        return []
    key, value = converted(written.key, "key", config), converted(written.value, "value", config)
    how = f"{record.evidence}, the connector that writes the topic"
    edges = _edges(replace(record, key=key, value=value, evidence=how), config, chain, writes)
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
            edges.append(Edge(record.origin, target, fields, record.evidence))
    return edges


def _written(outcome: Outcome, config: Config, chain: Chain, writes: Writes) -> tuple[Dataset | Unresolved, ...]:
    record = outcome.record
    if not record.topic:
        return (Unresolved(record.origin.name if record.origin else "", NAMELESS),)
    if isinstance(record.topic, str):
        return tuple(writes(config, record)) if outcome.at == len(chain) else ()
    # the name depends on content; where it makes no difference to the target, that is known all the same
    samples = {tuple(writes(config, record.to(name))) for name in ("kc_sample_a", "kc_sample_b.c")}
    targets = next(iter(samples)) if len(samples) == 1 else ()
    if targets and all(isinstance(target, Dataset) for target in targets):
        return targets
    consumed = record.origin.name if record.origin else ""
    return (Unresolved(consumed, f"its target depends on the content of each record: {record.topic}"),)
