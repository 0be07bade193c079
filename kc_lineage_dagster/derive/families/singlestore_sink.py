"""SingleStore's sink copies each topic into a table, named ``<connection.database>.<table>``.

The table has the topic's name, unless ``singlestore.tableName.<topic>`` gives it another.

Source: https://docs.singlestore.com/db/v7.5/load-data/integrate-with-singlestore/singlestore-kafka-sink-connector/
"""

from __future__ import annotations

from collections.abc import Iterable

from kc_lineage_dagster.derive.config import REFERENCE, Config, first, is_reference
from kc_lineage_dagster.derive.family import SinkFamily, topic_of
from kc_lineage_dagster.derive.readers.table_names import qualified, required
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_BY_CONTENT = "singlestore.recordToTable.mappingField"


def _writes(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    topic = topic_of(record)
    if first(config, _BY_CONTENT):
        return (Unresolved(topic, f"its table depends on the content of each record: {_BY_CONTENT}"),)
    keys = (f"singlestore.tableName.{topic}", f"memsql.tableName.{topic}")
    table = first(config, *keys) or topic
    if is_reference(table):
        return (Unresolved(keys[0], REFERENCE),)
    return (qualified("singlestore", required(config, "connection.database"), table),)


FAMILY = SinkFamily(
    name="singlestore_sink",
    classes=("com.singlestore.kafka.SingleStoreSinkConnector", "com.memsql.kafka.MemSQLSinkConnector"),
    platform="singlestore",
    writes=_writes,
    naming=("connection.database",),
    never_known=f"tables chosen by a field of the record ({_BY_CONTENT})",
    spelled="database.table",
    rule="https://docs.singlestore.com/db/v7.5/load-data/integrate-with-singlestore/"
    "singlestore-kafka-sink-connector/data-mapping",
)
