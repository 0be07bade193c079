"""Confluent Cloud's sink to Google Firestore (with MongoDB compatibility) copies topics into collections, named
``<database>.<collection>``.

``collection`` is one collection for all topics; without it each topic has the collection of its name.
``topic.override.map`` says otherwise for single topics.

Source: https://docs.confluent.io/cloud/current/connectors/cc-gcp-firestore-sink.html
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.family import SinkFamily, topic_of
from kc_lineage_dagster.derive.readers.json_maps import text_map
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_MAPPER, _OVERRIDES = "namespace.mapper.class", "topic.override.map"


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    topic, overrides = topic_of(record), text_map(config, _OVERRIDES)
    if isinstance(overrides, Unresolved):
        yield overrides
        return

    def value(key: str) -> str | None:
        return overrides.get(f"{topic}.{key}") or first(config, key)

    mapper = value(_MAPPER) or "DefaultNamespaceMapper"
    database = value("database")
    if mapper.rpartition(".")[2] != "DefaultNamespaceMapper":
        yield Unresolved(topic, f"{_MAPPER} = {mapper}: the content of each record names its collection")
    elif database is None:
        yield Unresolved("database", "is not set")
    else:
        yield Dataset("firestore", f"{database}.{value('collection') or topic}")


FAMILY = SinkFamily(
    name="firestore_sink",
    classes=("FirestoreSink",),
    platform="firestore",
    writes=_writes,
    rule="https://docs.confluent.io/cloud/current/connectors/cc-gcp-firestore-sink.html",
    naming=("database", "collection", _MAPPER, _OVERRIDES),
    never_known="collections that FieldPathNamespaceMapper reads from records",
    spelled="database.collection (DataHub has no platform and no ingestion of it)",
)
