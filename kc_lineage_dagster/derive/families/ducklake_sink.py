"""The sink to DuckLake copies each topic into the table that ``topic2table.map`` names, else into one of its own name.

Source: ``com.inyo.ducklake.connect.DucklakeWriterFactory``, https://github.com/inyo-global/ducklake-kafka-connect
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config
from kc_lineage_dagster.derive.family import SinkFamily, topic_of
from kc_lineage_dagster.derive.readers.topic_maps import topic_map
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    tables = topic_map(config, "topic2table.map")
    if isinstance(tables, Unresolved):
        yield tables
    else:
        yield Dataset("ducklake", tables.exact.get(topic_of(record), topic_of(record)))


FAMILY = SinkFamily(
    name="ducklake_sink",
    classes=("com.inyo.ducklake.connect.DucklakeSinkConnector",),
    platform="ducklake",
    writes=_writes,
    rule="com.inyo.ducklake.connect.DucklakeWriterFactory",
    naming=("topic2table.map",),
    spelled="the table (DataHub has no platform and no ingestion of it)",
)
