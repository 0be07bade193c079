"""Connectors for Apache Ignite and GridGain copy caches into topics, and topics into caches.

Ignite's own read one cache (``cacheName``) into every topic of ``topicNames``, and write any topic into one cache.
GridGain's name a topic ``<topicPrefix><cache>``, in both directions.

Source: https://ignite.apache.org/docs/latest/extensions-and-integrations/streaming/kafka-streamer,
https://www.gridgain.com/docs/latest/integrations/kafka-connector
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SinkFamily, SourceFamily, consumed, topic_of
from kc_lineage_dagster.derive.readers.places import always, place
from kc_lineage_dagster.derive.readers.topic_sources import into_topics, named_after
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PLATFORM, _CACHE, _PREFIX = "ignite", "cacheName", "topicPrefix"
_IGNITE, _GRIDGAIN = "org.apache.ignite.stream.kafka.connect", "org.gridgain.kafka"


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    yield named_after("caches", first(config, _PREFIX) or "", lambda cache: Dataset(_PLATFORM, cache))


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    prefix, topic = first(config, _PREFIX) or "", topic_of(record)
    if topic.startswith(prefix) and topic != prefix:
        yield Dataset(_PLATFORM, topic.removeprefix(prefix))
    else:
        yield Unresolved(consumed(record), f"does not begin with {_PREFIX} = {prefix}")


_SPELLED = "the cache (DataHub has no platform and no ingestion of it)"
_RULE = "https://ignite.apache.org/docs/latest/extensions-and-integrations/streaming/kafka-streamer"
_GRIDGAIN_RULE = "https://www.gridgain.com/docs/latest/integrations/kafka-connector"

FAMILIES = (
    SourceFamily(
        name="ignite_source",
        classes=(f"{_IGNITE}.IgniteSourceConnector",),
        platform=_PLATFORM,
        reads=into_topics(place(_PLATFORM, _CACHE), "topicNames"),
        rule=_RULE,
        naming=("topicNames", _CACHE),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="ignite_sink",
        classes=(f"{_IGNITE}.IgniteSinkConnector",),
        platform=_PLATFORM,
        writes=always(place(_PLATFORM, _CACHE)),
        rule=_RULE,
        naming=(_CACHE,),
        spelled=_SPELLED,
    ),
    SourceFamily(
        name="gridgain_source",
        classes=(f"{_GRIDGAIN}.source.IgniteSourceConnector",),
        platform=_PLATFORM,
        reads=_reads,
        rule=_GRIDGAIN_RULE,
        naming=(_PREFIX,),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="gridgain_sink",
        classes=(f"{_GRIDGAIN}.sink.IgniteSinkConnector",),
        platform=_PLATFORM,
        writes=_writes,
        rule=_GRIDGAIN_RULE,
        naming=(_PREFIX,),
        spelled=_SPELLED,
    ),
)
