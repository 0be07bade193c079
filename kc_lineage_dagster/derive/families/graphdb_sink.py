"""Ontotext GraphDB: all topics into one repository."""

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
