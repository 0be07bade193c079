"""Confluent's source for Kinesis copies one stream (``kinesis.stream``) into one topic (``kafka.topic``).

The stream is named ``<region>.<stream>``, as in DataHub's own ingestion.

Source: https://docs.confluent.io/kafka-connectors/kinesis/current/
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.family import SourceFamily
from kc_lineage_dagster.derive.readers.aws import regional
from kc_lineage_dagster.derive.readers.topic_sources import into_topic
from kc_lineage_dagster.lineage import Dataset, Unresolved


def _stream(config: Config) -> Iterator[Dataset | Unresolved]:
    region = first(config, "kinesis.region", "kinesis.base.url")
    yield regional("kinesis", first(config, "kinesis.stream"), region, "kinesis.stream")


FAMILY = SourceFamily(
    name="kinesis",
    classes=("io.confluent.connect.kinesis.KinesisSourceConnector", "KinesisSource"),
    platform="kinesis",
    reads=into_topic(_stream),
    rule="https://docs.confluent.io/kafka-connectors/kinesis/current/",
    naming=("kafka.topic", "kinesis.stream", "kinesis.region"),
    spelled="region.stream",
)
