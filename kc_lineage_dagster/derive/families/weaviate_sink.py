"""Weaviate's sink copies each topic into a collection, named by ``collection.mapping``, whose ``${topic}`` is the
topic.

Weaviate begins the name of a collection with a capital letter, whatever it is given, and takes letters, digits and
underscores only.

Source: ``io.weaviate.connector.WeaviateSinkTask``, ``UppercaseClassName`` and ``ClassNameRegexCore`` in entities/schema
of https://github.com/weaviate/weaviate
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.family import SinkFamily, consumed, topic_of
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_MAPPING = "collection.mapping"
_NAME = re.compile(r"[A-Z][A-Za-z0-9_]{0,254}")


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    given = (first(config, _MAPPING) or "${topic}").replace("${topic}", topic_of(record))
    name = given[:1].upper() + given[1:]
    if _NAME.fullmatch(name):
        yield Dataset("weaviate", name)
    else:
        yield Unresolved(consumed(record), f"{name} is no name of a collection, and Weaviate refuses it")


FAMILY = SinkFamily(
    name="weaviate_sink",
    classes=("io.weaviate.connector.WeaviateSinkConnector",),
    platform="weaviate",
    writes=_writes,
    rule="https://github.com/weaviate/kafka-connect-weaviate, io.weaviate.connector.WeaviateSinkTask",
    naming=(_MAPPING,),
    spelled="the collection, its first letter a capital (DataHub has no platform and no ingestion of it)",
)
