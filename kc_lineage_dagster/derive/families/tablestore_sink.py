"""Alibaba Cloud's sink to Tablestore copies each topic into the table that ``topics.assign.tables`` (``topic:table``)
names for it, else into ``table.name.format`` with the topic for ``<topic>``; by default the table has the topic's name.

The map is that of the topics as the task gets them, after the transforms.

Source: ``com.aliyun.tablestore.kafka.connect.TableStoreSinkConfig.createTableNameByTopic``
"""

from __future__ import annotations

from collections.abc import Iterable

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.family import SinkFamily, topic_of
from kc_lineage_dagster.derive.readers.table_names import qualified, required
from kc_lineage_dagster.derive.readers.topic_maps import topic_map
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_TOPIC = "<topic>"


def _writes(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    topic, tables = topic_of(record), topic_map(config, "topics.assign.tables")
    if isinstance(tables, Unresolved):
        return (tables,)
    table = tables.exact.get(topic) or (first(config, "table.name.format") or _TOPIC).replace(_TOPIC, topic)
    return (qualified("tablestore", required(config, "tablestore.instance.name"), table),)


FAMILY = SinkFamily(
    name="tablestore_sink",
    classes=("com.aliyun.tablestore.kafka.connect.TableStoreSinkConnector",),
    platform="tablestore",
    writes=_writes,
    naming=("tablestore.instance.name", "topics.assign.tables"),
    spelled="instance.table (DataHub has no ingestion of it)",
    rule="https://github.com/aliyun/kafka-connect-tablestore",
)
