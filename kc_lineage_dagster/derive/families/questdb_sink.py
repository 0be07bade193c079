"""QuestDB's sink copies topics into the table that ``table`` names, which may hold ``${topic}`` and ``${key}``; without
it the table has the topic's name.

QuestDB has one database and no schemas, so the table's name is the whole name.

Source: ``io.questdb.kafka.Templating``
"""

from __future__ import annotations

from collections.abc import Iterable

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.family import SinkFamily, topic_of
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved


def _writes(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    """Return the table that a topic is written to."""
    table = (first(config, "table") or "${topic}").replace("${topic}", topic_of(record))
    if "${" in table:
        return (Unresolved(f"table = {table}", "depends on the key of each record"),)
    return (Dataset("questdb", table),)


FAMILY = SinkFamily(
    name="questdb_sink",
    classes=("io.questdb.kafka.QuestDBSinkConnector",),
    platform="questdb",
    writes=_writes,
    naming=("table",),
    never_known="tables whose template holds ${key}",
    spelled="table",
    rule="io.questdb.kafka.Templating",
)
