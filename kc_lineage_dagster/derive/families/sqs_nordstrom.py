"""Nordstrom's connectors for SQS copy one queue (``sqs.queue.url``) into the topics of ``topics``, and topics into one
queue.

The queue is named ``<region>.<queue>``, like a Kinesis stream.

Source: https://github.com/Nordstrom/kafka-connect-sqs
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.family import SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.aws import regional
from kc_lineage_dagster.derive.readers.places import always
from kc_lineage_dagster.derive.readers.topic_sources import into_topics
from kc_lineage_dagster.lineage import Dataset, Unresolved

_QUEUE, _REGION = "sqs.queue.url", "sqs.region"


def _queue(config: Config) -> Iterator[Dataset | Unresolved]:
    yield regional("sqs", first(config, _QUEUE), first(config, _REGION), _QUEUE)


_RULE = "https://github.com/Nordstrom/kafka-connect-sqs"
_SPELLED = "region.queue (DataHub has no platform and no ingestion of it)"

FAMILIES = (
    SourceFamily(
        name="sqs_source_nordstrom",
        classes=("com.nordstrom.kafka.connect.sqs.SqsSourceConnector",),
        platform="sqs",
        reads=into_topics(_queue, "topics"),
        rule=_RULE,
        naming=("topics", _QUEUE, _REGION),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="sqs_sink_nordstrom",
        classes=("com.nordstrom.kafka.connect.sqs.SqsSinkConnector",),
        platform="sqs",
        writes=always(_queue),
        rule=_RULE,
        naming=(_QUEUE, _REGION),
        spelled=_SPELLED,
    ),
)
