"""Qdrant's sink copies all topics into one collection (``qdrant.collection.name``); without that key each record names
its collection.

Source: https://github.com/qdrant/qdrant-kafka
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.family import SinkFamily, consumed
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_COLLECTION = "qdrant.collection.name"


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    collection = first(config, _COLLECTION)
    if collection:
        yield Dataset("qdrant", collection)
    else:
        yield Unresolved(consumed(record), f"field collection_name of each record names its target ({_COLLECTION})")


FAMILY = SinkFamily(
    name="qdrant_sink",
    classes=("io.qdrant.kafka.QdrantSinkConnector",),
    platform="qdrant",
    writes=_writes,
    rule="https://github.com/qdrant/qdrant-kafka",
    naming=(_COLLECTION,),
    never_known="collections that the records name",
    spelled="the collection (DataHub has no platform and no ingestion of it)",
)
