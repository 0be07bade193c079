"""Dario Balinzo's source for Elasticsearch copies each index into the topic ``<topic.prefix><index>``.

``index.names`` lists the indices; without it the connector reads those that begin with ``index.prefix``, which active
topics tell.

Source: https://github.com/DarioBalinzo/kafka-connect-elasticsearch-source
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, Selection, SourceFamily
from kc_lineage_dagster.derive.records import ACTIVE_TOPICS, Record
from kc_lineage_dagster.lineage import Dataset

_PLATFORM = "elasticsearch"


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    """Yield the listed indices, or those that begin with ``index.prefix``, which the connector finds while it runs."""
    prefix, start = first(config, "topic.prefix") or "", first(config, "index.prefix") or ""
    names = items(config.get("index.names"))
    yield from (Record(Dataset(_PLATFORM, name), prefix + name) for name in names)
    if names:
        return

    def origin(topic: str) -> Record | None:
        index = topic.removeprefix(prefix)
        fits = topic.startswith(prefix) and index.startswith(start) and index
        return Record(Dataset(_PLATFORM, index), topic, evidence=(ACTIVE_TOPICS,)) if fits else None

    yield Selection(f"index.prefix = {start}", origin, frozenset({prefix + start}))


FAMILY = SourceFamily(
    name="elasticsearch_source",
    classes=("com.github.dariobalinzo.ElasticSourceConnector",),
    platform=_PLATFORM,
    reads=_reads,
    rule="https://github.com/DarioBalinzo/kafka-connect-elasticsearch-source",
    naming=("topic.prefix",),
    selecting=("index.names", "index.prefix"),
    spelled="the index",
)
