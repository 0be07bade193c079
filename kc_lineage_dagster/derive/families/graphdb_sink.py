"""Ontotext's sink to GraphDB copies all topics into one repository (``graphdb.server.repository``).

Source: https://github.com/Ontotext-AD/kafka-sink-graphdb
"""

from __future__ import annotations

from kc_lineage_dagster.derive.family import SinkFamily
from kc_lineage_dagster.derive.readers.places import always, place

FAMILY = SinkFamily(
    name="graphdb_sink",
    classes=("com.ontotext.kafka.GraphDBSinkConnector",),
    platform="graphdb",
    writes=always(place("graphdb", "graphdb.server.repository")),
    rule="https://github.com/Ontotext-AD/kafka-sink-graphdb",
    naming=("graphdb.server.repository",),
    spelled="the repository (DataHub has no platform and no ingestion of it)",
)
