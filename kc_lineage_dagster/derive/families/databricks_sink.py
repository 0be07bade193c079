"""Confluent's sink to Databricks Delta Lake copies each topic into a table, named ``<catalog>.<database>.<table>``.

The table is the topic's entry in ``delta.lake.topic2table.map``, else ``delta.lake.table.format`` (``${topic}``); the
database is ``delta.lake.database``, ``default`` unless set. Without ``delta.lake.catalog`` the workspace's default
catalog is used, which the configuration does not tell. Unity Catalog keeps names in lower case. Staged S3 objects are
not lineage.

Source:
https://docs.confluent.io/kafka-connectors/databricks-delta-lake-sink/current/databricks-delta-lake-sink-configs.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.family import SinkFamily, topic_of
from kc_lineage_dagster.derive.readers.table_names import qualified
from kc_lineage_dagster.derive.readers.topic_maps import topic_map
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_NAME = re.compile(r"\w+", re.ASCII)


def _writes(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    """Return the table that a topic is written to."""
    topic, tables = topic_of(record), topic_map(config, "delta.lake.topic2table.map")
    catalog = first(config, "delta.lake.catalog")
    if isinstance(tables, Unresolved):
        return (tables,)
    if catalog is None:
        return (Unresolved("delta.lake.catalog", "is not set: tables lie in the workspace's default catalog"),)
    format_ = first(config, "delta.lake.table.format") or "${topic}"
    table = tables.exact.get(topic) or format_.replace("${topic}", topic)
    if not _NAME.fullmatch(table):
        return (Unresolved(topic, f"{table} is no table name; how the connector changes it is not documented"),)
    database = first(config, "delta.lake.database") or "default"
    return (qualified("databricks", catalog.lower(), database.lower(), table.lower()),)


FAMILY = SinkFamily(
    name="databricks_sink",
    classes=("io.confluent.connect.databricks.deltalake.DatabricksDeltaLakeSinkConnector", "DatabricksDeltaLakeSink"),
    platform="databricks",
    writes=_writes,
    naming=("delta.lake.catalog", "delta.lake.database", "delta.lake.table.format", "delta.lake.topic2table.map"),
    never_known="the catalog where delta.lake.catalog is not set; topics that are no table names and are not mapped",
    spelled="catalog.schema.table in lower case, as DataHub's Unity Catalog ingestion",
    rule="docs.confluent.io/kafka-connectors/databricks-delta-lake-sink/current/databricks-delta-lake-sink-configs.html",
)
