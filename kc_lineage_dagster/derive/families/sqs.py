"""Confluent's source for SQS copies one queue (``sqs.url``) into one topic (``kafka.topic``).

The queue is named ``<region>.<queue>``, like a Kinesis stream.

Source: https://docs.confluent.io/kafka-connectors/sqs/current/
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.family import SourceFamily
from kc_lineage_dagster.derive.readers.aws import regional
from kc_lineage_dagster.derive.readers.topic_sources import into_topic
from kc_lineage_dagster.lineage import Dataset, Unresolved


def _queue(config: Config) -> Iterator[Dataset | Unresolved]:
    yield regional("sqs", first(config, "sqs.url"), first(config, "sqs.region"), "sqs.url")


FAMILY = SourceFamily(
    name="sqs",
    classes=("io.confluent.connect.sqs.source.SqsSourceConnector", "SqsSource"),
    platform="sqs",
    reads=into_topic(_queue),
    rule="https://docs.confluent.io/kafka-connectors/sqs/current/",
    naming=("kafka.topic", "sqs.url", "sqs.region"),
    spelled="region.queue (DataHub has no platform and no ingestion of it)",
)
