"""Confluent's sink to MapR DB copies each topic into the table whose path ``mapr.table.map.<topic>`` gives.

Source: https://docs.confluent.io/kafka-connectors/maprdb/current/overview.html
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import REFERENCE, Config, first, is_reference
from kc_lineage_dagster.derive.family import SinkFamily, topic_of
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    key = f"mapr.table.map.{topic_of(record)}"
    path = first(config, key)
    if path is None:
        yield Unresolved(key, "is not set")
    elif is_reference(path):
        yield Unresolved(key, REFERENCE)
    else:
        yield Dataset("mapr", path)


FAMILY = SinkFamily(
    name="mapr_db_sink",
    classes=("io.confluent.connect.mapr.db.MapRDbSinkConnector",),
    platform="mapr",
    writes=_writes,
    rule="https://docs.confluent.io/kafka-connectors/maprdb/current/overview.html",
    spelled="the path of the table (DataHub has no platform and no ingestion of it)",
)
