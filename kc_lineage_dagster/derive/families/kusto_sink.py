"""Microsoft's sink to Azure Data Explorer (Kusto) copies each topic into a table, named ``<database>.<table>``.

``kusto.tables.topics.mapping`` names database and table of every topic. The value is JSON as ``org.json`` reads it,
usually in single quotes. A topic without an entry fails the task, as does a record that a transform renamed.

Source: ``com.microsoft.azure.kusto.kafka.connect.sink.KustoSinkTask.getTopicsToIngestionProps``
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import yaml

from kc_lineage_dagster.derive.config import Config
from kc_lineage_dagster.derive.family import SinkFamily, topic_of
from kc_lineage_dagster.derive.readers.table_names import qualified, refused_rename, required
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_KEY = "kusto.tables.topics.mapping"


def _writes(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    """Return the table that a topic is written to; of several entries for a topic the last one counts."""
    topic, value, refused = topic_of(record), required(config, _KEY), refused_rename(record)
    if refused:
        return (refused,)
    entries = value if isinstance(value, Unresolved) else _entries(value)
    if isinstance(entries, Unresolved):
        return (entries,)
    entry = entries.get(topic)
    if entry is None:
        return (Unresolved(topic, f"has no entry in {_KEY}, and the connector fails on it"),)
    database, table = entry.get("db"), entry.get("table")
    if not isinstance(database, str) or not isinstance(table, str):
        return (Unresolved(topic, f"its entry in {_KEY} lacks db or table"),)
    return (qualified("kusto", database, table),)


@lru_cache(maxsize=64)
def _entries(value: str) -> Mapping[str, Mapping[str, Any]] | Unresolved:
    try:
        # read as YAML, which accepts single quotes in JSON as org.json does
        entries = yaml.safe_load(value)
    except (yaml.YAMLError, ValueError, RecursionError):  # also a date or a number that Python refuses
        entries = None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return Unresolved(_KEY, "is not a list of objects with topic, db and table")
    return {str(entry.get("topic")): entry for entry in entries}


FAMILY = SinkFamily(
    name="kusto_sink",
    classes=("com.microsoft.azure.kusto.kafka.connect.sink.KustoSinkConnector",),
    platform="kusto",
    writes=_writes,
    naming=(_KEY,),
    spelled="database.table, as DataHub's Redash and Fabric sources spell Kusto",
    rule="com.microsoft.azure.kusto.kafka.connect.sink.KustoSinkTask.getTopicsToIngestionProps",
)
