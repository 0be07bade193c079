"""Apache Doris sink: ``doris.database`` and the table from ``doris.topic2table.map``, else the topic.

A topic with dots means the part after the last one (``org.apache.doris.kafka.connector.utils.ConfigCheckUtils``;
newer versions ask Doris for the whole topic, which Doris refuses). ``record.tablename.field`` lets each record name its
table. Records that a transform renamed fail the task (``DorisDefaultSinkService.checkTopicMutating``).
"""

from __future__ import annotations

from collections.abc import Iterable

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.family import SinkFamily, topic_of
from kc_lineage_dagster.derive.readers.table_names import qualified, refused_rename, required
from kc_lineage_dagster.derive.readers.topic_maps import topic_map
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved


def writes(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    """The table of a topic."""
    topic, refused = topic_of(record), refused_rename(record)
    if refused:
        return (refused,)
    field = first(config, "record.tablename.field")
    if field:
        return (Unresolved(topic, f"field {field} of each record names its table"),)
    tables = topic_map(config, "doris.topic2table.map")
    if isinstance(tables, Unresolved):
        return (tables,)
    table = tables.exact.get(topic) or topic.rpartition(".")[2] or topic
    return (qualified("doris", required(config, "doris.database"), table),)


FAMILY = SinkFamily(
    name="doris_sink",
    classes=("org.apache.doris.kafka.connector.DorisSinkConnector",),
    platform="doris",
    writes=writes,
    naming=("doris.database", "doris.topic2table.map", "record.tablename.field"),
    never_known="tables named by record.tablename.field",
    spelled="database.table",
    rule="org.apache.doris.kafka.connector.utils.ConfigCheckUtils, service.DorisDefaultSinkService",
)
