"""The sink to Milvus, and to its cloud Zilliz, copies all topics into one collection (``collection.name``).

Source: https://milvus.io/docs/kafka-connect-milvus.md
"""

from __future__ import annotations

from kc_lineage_dagster.derive.family import SinkFamily
from kc_lineage_dagster.derive.readers.places import always, place

FAMILY = SinkFamily(
    name="milvus_sink",
    classes=("com.milvus.io.kafka.MilvusSinkConnector",),
    platform="milvus",
    writes=always(place("milvus", "collection.name")),
    rule="https://milvus.io/docs/kafka-connect-milvus.md",
    naming=("collection.name",),
    spelled="the collection (DataHub has no platform and no ingestion of it)",
)
