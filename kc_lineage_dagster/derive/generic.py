"""Lineage by ``generic_connectors`` of the recipe: the user's word for one connector, which wins over everything
derived.

Source: ``datahub.ingestion.source.kafka_connect.common.GenericConnectorConfig``
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kc_lineage_dagster.derive.config import Config, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.placeholders import left_over
from kc_lineage_dagster.derive.records import ACTIVE_TOPICS, Record
from kc_lineage_dagster.derive.settings import GenericEntry
from kc_lineage_dagster.derive.sink_topics import input_topics
from kc_lineage_dagster.derive.source import data_topics
from kc_lineage_dagster.derive.transforms.steps import Chain, nothing_passes, run
from kc_lineage_dagster.lineage import KAFKA, Dataset, Edge, Unresolved

_HOW = "generic_connectors of the recipe"
# where connectors outside this project most often name the topic that they write
_TOPIC_KEYS = ("kafka.topic", "topic", "topics")


def contradicted(entry: GenericEntry, kind: str) -> Unresolved | None:
    """Return what is wrong with an entry for a connector whose type the worker reports to be the other one."""
    if kind not in ("source", "sink") or kind == entry.direction:
        return None
    given, needed = ("target", "source") if kind == "source" else ("source", "target")
    return Unresolved(
        f"generic_connectors: {entry.connector_name}",
        f"names a {given}, but the connector is a {kind}: give {needed}_dataset and {needed}_platform",
    )


def generic_lineage(
    entry: GenericEntry, config: Config, chain: Chain, problems: Iterable[Unresolved], evidence: Evidence
) -> list[Edge | Unresolved]:
    """Return edges from the dataset to every topic that a source writes, or from every topic that a sink consumes.

    Args:
        entry: The user's word for the connector.
        config: The connector's configuration.
        chain: The connector's transforms.
        problems: What was not understood of the transforms.
        evidence: What the cluster shows about the connector.
    """
    if entry.direction == "sink":
        return _of_sink(entry, config, chain, evidence)
    if evidence.never_wrote:
        return [Unresolved("active topics", "the connector has failed and never wrote a record")]
    written = data_topics(config, evidence)
    if written:
        return [Edge(entry.dataset, Dataset(KAFKA, topic), evidence=f"{_HOW}, {ACTIVE_TOPICS}") for topic in written]
    named = next((found for key in _TOPIC_KEYS if (found := items(config.get(key)))), ())
    if not named:
        return [Unresolved(str(entry.dataset), "the recipe names the source, but no topic it writes is known")]
    return [*problems, *(item for topic in named for item in _written(entry, topic, chain))]


def _of_sink(entry: GenericEntry, config: Config, chain: Chain, evidence: Evidence) -> list[Edge | Unresolved]:
    topics, problems = input_topics(config, evidence)
    known = topics or ({entry.topic: (_HOW,)} if entry.topic else {})
    arriving = [topic for topic in known if run(chain, Record(Dataset(KAFKA, topic), topic))]
    edges = [Edge(Dataset(KAFKA, topic), entry.dataset, evidence=_HOW) for topic in arriving]
    dropped = () if arriving else nothing_passes(chain, (Record(Dataset(KAFKA, topic), topic) for topic in known))
    return [*([] if edges and not topics else problems), *edges, *dropped]


def _written(entry: GenericEntry, topic: str, chain: Chain) -> Iterator[Edge | Unresolved]:
    """Yield what the transforms make of a topic that the configuration names."""
    if left_over(topic) is not None:
        yield Edge(entry.dataset, Dataset(KAFKA, topic), evidence=_HOW)  # such names are refused for all alike
        return
    for outcome in run(chain, Record(entry.dataset, topic)):
        arrived, doubts = outcome.record.topic, outcome.record.doubts
        if isinstance(arrived, str) and not doubts:
            yield Edge(entry.dataset, Dataset(KAFKA, arrived), evidence=_HOW)
        else:
            why = f": {'; '.join(doubts)}" if doubts else ""
            yield Unresolved(f"{entry.dataset} to {arrived}", f"depends on the content of each record{why}")
