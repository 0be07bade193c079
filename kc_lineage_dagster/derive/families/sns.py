"""Flaconi's sinks copy topics into one topic of Amazon SNS (``sns.topic.arn``), or into one queue of SQS
(``sqs.queue.url``).

Both are named ``<region>.<name>``, like a Kinesis stream.

Source: https://github.com/Flaconi/kafka-connect-sns
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.family import SinkFamily
from kc_lineage_dagster.derive.readers.aws import regional
from kc_lineage_dagster.derive.readers.places import always
from kc_lineage_dagster.lineage import Dataset, Unresolved

_TOPIC, _QUEUE = "sns.topic.arn", "sqs.queue.url"


def _topic(config: Config) -> Iterator[Dataset | Unresolved]:
    yield regional("sns", first(config, _TOPIC), None, _TOPIC)


def _queue(config: Config) -> Iterator[Dataset | Unresolved]:
    yield regional("sqs", first(config, _QUEUE), None, _QUEUE)


_RULE = "https://github.com/Flaconi/kafka-connect-sns"

FAMILIES = (
    SinkFamily(
        name="sns_sink",
        classes=("de.flaconi.kafka.connect.sns.SnsSinkConnector",),
        platform="sns",
        writes=always(_topic),
        rule=_RULE,
        naming=(_TOPIC,),
        spelled="region.topic (DataHub has no platform and no ingestion of it)",
    ),
    SinkFamily(
        name="sqs_sink_flaconi",
        classes=("de.flaconi.kafka.connect.sns.SqsSinkConnector",),
        platform="sqs",
        writes=always(_queue),
        rule=_RULE,
        naming=(_QUEUE,),
        spelled="region.queue (DataHub has no platform and no ingestion of it)",
    ),
)
