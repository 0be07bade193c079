"""Hive's source for SQS copies one queue (``source.queue``) into one topic (``destination.topic``).

The queue is named ``<region>.<queue>``, like a Kinesis stream.

Source: https://github.com/ConnectedHomes/sqs-kafka-connect
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.family import SourceFamily
from kc_lineage_dagster.derive.readers.aws import regional
from kc_lineage_dagster.derive.readers.topic_sources import into_topic
from kc_lineage_dagster.lineage import Dataset, Unresolved

_QUEUE, _REGION, _TOPIC = "source.queue", "aws.region", "destination.topic"


def _queue(config: Config) -> Iterator[Dataset | Unresolved]:
    yield regional("sqs", first(config, _QUEUE), first(config, _REGION), _QUEUE)


FAMILY = SourceFamily(
    name="sqs_source_hive",
    classes=(
        "com.hivehome.kafka.connect.sqs.SQSSourceConnector",
        "com.hivehome.kafka.connect.sqs.SQSStreamSourceConnector",
    ),
    platform="sqs",
    reads=into_topic(_queue, _TOPIC),
    rule="https://github.com/ConnectedHomes/sqs-kafka-connect",
    naming=(_TOPIC, _QUEUE, _REGION),
    spelled="region.queue (DataHub has no platform and no ingestion of it)",
)
