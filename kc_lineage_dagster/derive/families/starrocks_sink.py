"""StarRocks' sink copies each topic into a table, named ``default_catalog.<starrocks.database.name>.<table>``.

The table comes from ``starrocks.topic2table.map``, else it has the topic's name. DataHub's StarRocks ingestion puts the
catalog in front; what is loaded lies in the internal one, ``default_catalog``.

Source: ``com.starrocks.connector.kafka.StarRocksSinkTask``, ``Util.parseTopicToTableMap``
"""

from __future__ import annotations

from collections.abc import Iterable

from kc_lineage_dagster.derive.config import Config
from kc_lineage_dagster.derive.family import SinkFamily, topic_of
from kc_lineage_dagster.derive.readers.table_names import qualified, required
from kc_lineage_dagster.derive.readers.topic_maps import topic_map
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved


def _writes(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    """Return the table that a topic is written to; the map has exact names of topics."""
    topic, tables = topic_of(record), topic_map(config, "starrocks.topic2table.map")
    table = tables if isinstance(tables, Unresolved) else tables.exact.get(topic, topic)
    return (qualified("starrocks", "default_catalog", required(config, "starrocks.database.name"), table),)


FAMILY = SinkFamily(
    name="starrocks_sink",
    classes=(
        "com.starrocks.connector.kafka.StarRocksSinkConnector",
        "com.starrocks.connector.kafka.StarRocksSinkConnectorV2",
    ),
    platform="starrocks",
    writes=_writes,
    naming=("starrocks.database.name", "starrocks.topic2table.map"),
    spelled="default_catalog.database.table",
    rule="com.starrocks.connector.kafka.StarRocksSinkTask, Util.parseTopicToTableMap",
)
