"""Apache Doris' sink copies each topic into a table, named ``<doris.database>.<table>``.

The table comes from ``doris.topic2table.map``, else it has the topic's name; of a topic with dots that is the part
after the last one (newer versions ask Doris for the whole topic, which Doris refuses). ``record.tablename.field`` lets
each record name its table. Records that a transform renamed fail the task.

Source: ``org.apache.doris.kafka.connector.utils.ConfigCheckUtils``,
``service.DorisDefaultSinkService.checkTopicMutating``
"""

from __future__ import annotations

from collections.abc import Iterable

from kc_lineage_dagster.derive.config import Config, first, flag
from kc_lineage_dagster.derive.family import SinkFamily, topic_of
from kc_lineage_dagster.derive.readers.table_names import qualified, refused_rename, required
from kc_lineage_dagster.derive.readers.topic_maps import topic_map
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.derive.transforms.fields import constant_at
from kc_lineage_dagster.lineage import Dataset, Unresolved


def _writes(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    """Return the table that a topic is written to."""
    topic, refused = topic_of(record), refused_rename(record)
    if refused:
        return (refused,)
    tables = topic_map(config, "doris.topic2table.map")
    if isinstance(tables, Unresolved):
        return (tables,)
    table: str | Unresolved = tables.exact.get(topic) or topic.rpartition(".")[2] or topic
    field = first(config, "record.tablename.field")
    if field:
        table = _by_field(config, record, field, str(table))
    return (qualified("doris", required(config, "doris.database"), table),)


def _by_field(config: Config, record: Record, field: str, default: str) -> str | Unresolved:
    """Return the table that a field of the record names. Only maps (JSON without a schema) are read; structs go to the
    default table
    (``DorisDefaultSinkService.parseRecordTableName``).
    """
    converter = (first(config, "value.converter") or "").rpartition(".")[2]
    is_map = converter == "JsonConverter" and not flag(config, "value.converter.schemas.enable", default=True)
    if converter and not is_map and converter != "StringConverter":
        return default
    text = constant_at(record.value, (field,))
    if text is None:
        return Unresolved(topic_of(record), f"field {field} of each record names its table")
    if text != default and not is_map:
        reason = f"its table is {text}, or {default} if value.converter, which is not set, makes structs"
        return Unresolved(topic_of(record), reason)
    return text


FAMILY = SinkFamily(
    name="doris_sink",
    classes=("org.apache.doris.kafka.connector.DorisSinkConnector",),
    platform="doris",
    writes=_writes,
    by_content=True,
    naming=("doris.database", "doris.topic2table.map", "record.tablename.field"),
    never_known="tables named by record.tablename.field",
    spelled="database.table",
    rule="org.apache.doris.kafka.connector.utils.ConfigCheckUtils, service.DorisDefaultSinkService",
)
