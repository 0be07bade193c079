"""Flaconi's sink copies topics into one topic of Amazon SNS (``sns.topic.arn``).

The topic is named ``<region>.<topic>``, like a Kinesis stream.

Source: https://github.com/Flaconi/kafka-connect-sns
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.family import SinkFamily
from kc_lineage_dagster.derive.readers.aws import regional
from kc_lineage_dagster.derive.readers.places import always
from kc_lineage_dagster.lineage import Dataset, Unresolved


def _topic(config: Config) -> Iterator[Dataset | Unresolved]:
    yield regional("sns", first(config, "sns.topic.arn"), None, "sns.topic.arn")


FAMILY = SinkFamily(
    name="sns_sink",
    classes=("de.flaconi.kafka.connect.sns.SnsSinkConnector",),
    platform="sns",
    writes=always(_topic),
    rule="https://github.com/Flaconi/kafka-connect-sns",
    naming=("sns.topic.arn",),
    spelled="region.topic (DataHub has no platform and no ingestion of it)",
)
