"""``generic_connectors`` of the recipe: the user's word for one connector, which wins over everything derived."""

from __future__ import annotations

from dataclasses import dataclass

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.sink import input_topics
from kc_lineage_dagster.derive.source import BESIDE_DATA
from kc_lineage_dagster.lineage import KAFKA, Dataset, Edge, Unresolved


@dataclass(frozen=True, slots=True)
class GenericConnector:
    """One entry: the dataset at the far side. ``direction``: ``source`` (dataset -> topics) or ``sink`` (topics ->
    dataset).
    """

    connector_name: str
    dataset: Dataset
    direction: str


def lineage(entry: GenericConnector, config: Config, evidence: Evidence) -> list[Edge | Unresolved]:
    """Source: the dataset to every topic it writes; sink: every topic it consumes to the dataset."""
    how = "generic_connectors of the recipe"
    if entry.direction == "sink":
        topics, problems = input_topics(config, evidence)
        return [*problems, *(Edge(Dataset(KAFKA, topic), entry.dataset, evidence=how) for topic in topics)]
    written = sorted((evidence.topics or frozenset()) - {first(config, key) for key in BESIDE_DATA})
    named = first(config, "kafka.topic", "topic", "topics") if not written else None
    if not written and named is None:
        return [Unresolved(str(entry.dataset), "the recipe names the source, but no topic it writes is known")]
    return [Edge(entry.dataset, Dataset(KAFKA, topic), evidence=how) for topic in written or [str(named)]]
