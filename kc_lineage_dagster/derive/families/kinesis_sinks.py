"""Amazon's own sinks to Kinesis copy all topics into one data stream (``streamName``), or into one delivery stream of
Firehose (``deliveryStream``).

Names are ``<region>.<stream>``; where a delivery stream ends is not known.

Source: https://github.com/awslabs/kinesis-kafka-connector
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.family import SinkFamily
from kc_lineage_dagster.derive.readers.aws import regional
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_STREAM, _DELIVERY, _REGION = "streamName", "deliveryStream", "region"


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    yield regional("kinesis", first(config, _STREAM), first(config, _REGION), _STREAM)


def _writes_firehose(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    yield regional("firehose", first(config, _DELIVERY), first(config, _REGION), _DELIVERY)


_RULE = "https://github.com/awslabs/kinesis-kafka-connector"

FAMILIES = (
    SinkFamily(
        name="kinesis_sink",
        classes=("com.amazon.kinesis.kafka.AmazonKinesisSinkConnector",),
        platform="kinesis",
        writes=_writes,
        rule=_RULE,
        naming=(_STREAM, _REGION),
        spelled="region.stream",
    ),
    SinkFamily(
        name="firehose_sink",
        classes=("com.amazon.kinesis.kafka.FirehoseSinkConnector",),
        platform="firehose",
        writes=_writes_firehose,
        rule=_RULE,
        naming=(_DELIVERY, _REGION),
        never_known="where a delivery stream ends",
        spelled="region.delivery-stream (DataHub has no platform and no ingestion of it)",
    ),
)
