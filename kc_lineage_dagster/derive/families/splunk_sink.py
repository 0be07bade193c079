"""Splunk's own sink copies each topic into an index: that at the topic's place in ``splunk.indexes``, or the only one.

``topics`` and ``splunk.indexes`` are lists of one length. Without the latter the token decides, which only Splunk
knows.

Source: https://github.com/splunk/kafka-connect-splunk#configuration-schema-structure
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first, flag, items
from kc_lineage_dagster.derive.family import SinkFamily, topic_of
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_BY_TOKEN = (
    "splunk.indexes is not set, so the token decides the index: name it there, or in generic_connectors of the recipe"
)


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    """Yield the index of a topic: one for all topics, or several in the order of the topics."""
    topic, indexes = topic_of(record), items(config.get("splunk.indexes"))
    topics = items(config.get("topics"))
    if flag(config, "splunk.header.support") and first(config, "splunk.header.index"):
        yield Unresolved(topic, "a header of each record may name its index")
    elif not indexes:
        yield Unresolved(topic, _BY_TOKEN)
    elif len(indexes) == 1:
        yield Dataset("splunk", indexes[0])
    elif topic in topics and len(topics) == len(indexes):
        yield Dataset("splunk", indexes[topics.index(topic)])
    else:
        yield Unresolved(topic, "splunk.indexes has no index at the place of this topic")


FAMILY = SinkFamily(
    name="splunk_sink",
    classes=("com.splunk.kafka.connect.SplunkSinkConnector", "SplunkSink"),
    platform="splunk",
    writes=_writes,
    rule="https://github.com/splunk/kafka-connect-splunk#configuration-schema-structure",
    naming=("splunk.indexes",),
    never_known="the default index of a token; indexes that headers name",
    spelled="the index (DataHub has no platform and no ingestion of it)",
)
