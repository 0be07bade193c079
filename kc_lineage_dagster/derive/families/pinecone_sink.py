"""Confluent's sink to Pinecone copies all topics into one index (``pinecone.index``).

Source: https://docs.confluent.io/cloud/current/connectors/cc-pinecone-sink.html
"""

from __future__ import annotations

from kc_lineage_dagster.derive.family import SinkFamily
from kc_lineage_dagster.derive.readers.places import always, place

_INDEX = "pinecone.index"

FAMILY = SinkFamily(
    name="pinecone_sink",
    classes=(
        "io.confluent.connect.pinecone.PineconeSinkConnector",
        "PineconeSink",
    ),
    platform="pinecone",
    writes=always(place("pinecone", _INDEX)),
    rule="https://docs.confluent.io/cloud/current/connectors/cc-pinecone-sink.html",
    naming=(_INDEX,),
    spelled="the index; a namespace within it is none of its own (DataHub has no platform and no ingestion of it)",
)
