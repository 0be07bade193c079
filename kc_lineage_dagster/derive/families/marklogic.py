"""MarkLogic's connectors copy rows of a view into one topic (``ml.source.topic``), and topics into documents of
collections.

A source's view is named by its Optic query (``ml.source.optic.dsl``), ``schema.view``; a sink's collections are those
of ``ml.document.collections`` and, on request, one called like the topic.

Source: https://marklogic.github.io/kafka-marklogic-connector/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first, flag, items
from kc_lineage_dagster.derive.family import SinkFamily, SourceFamily, topic_of
from kc_lineage_dagster.derive.readers.topic_sources import into_topic
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PLATFORM = "marklogic"
_QUERY, _COLLECTIONS, _ADD_TOPIC = "ml.source.optic.dsl", "ml.document.collections", "ml.document.addTopicToCollections"
_VIEW = re.compile(r"op\.fromView\(\s*(['\"])([\w-]+)\1\s*,\s*(['\"])([\w-]+)\3")


def _views(config: Config) -> Iterator[Dataset | Unresolved]:
    """Yield the views of an Optic query: ``op.fromView('schema', 'view')``."""
    found = dict.fromkeys((schema, view) for _, schema, _, view in _VIEW.findall(first(config, _QUERY) or ""))
    yield from (Dataset(_PLATFORM, f"{schema}.{view}") for schema, view in found)
    if not found:
        yield Unresolved(_QUERY, "names no view that can be read")


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    topic = (topic_of(record),) if flag(config, _ADD_TOPIC) else ()
    names = dict.fromkeys((*items(config.get(_COLLECTIONS)), *topic))
    yield from (Dataset(_PLATFORM, name) for name in names)
    if not names:
        yield Unresolved(_COLLECTIONS, "is not set, so its documents belong to no collection")


_RULE = "https://marklogic.github.io/kafka-marklogic-connector/"
_SPELLED = "schema.view, or the collection (DataHub has no platform and no ingestion of it)"

FAMILIES = (
    SourceFamily(
        name="marklogic_source",
        classes=("com.marklogic.kafka.connect.source.MarkLogicSourceConnector",),
        platform=_PLATFORM,
        reads=into_topic(_views, "ml.source.topic"),
        rule=_RULE,
        naming=("ml.source.topic", _QUERY),
        never_known="what a serialized query reads",
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="marklogic_sink",
        classes=("com.marklogic.kafka.connect.sink.MarkLogicSinkConnector",),
        platform=_PLATFORM,
        writes=_writes,
        rule=_RULE,
        naming=(_COLLECTIONS, _ADD_TOPIC),
        never_known="documents in no collection",
        spelled=_SPELLED,
    ),
)
