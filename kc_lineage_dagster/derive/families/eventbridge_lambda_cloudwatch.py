"""Amazon's functions, event buses, logs and metrics.

A bus or a log group has a name that others use; a function or a metric is no dataset.
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.aws import regional
from kc_lineage_dagster.derive.readers.places import no_dataset
from kc_lineage_dagster.derive.readers.topic_sources import wherever
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_GROUP = "aws.cloudwatch.log.group"


def _writes_bus(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    bus = first(config, "aws.eventbridge.eventbus.arn")
    yield regional("eventbridge", bus, first(config, "aws.eventbridge.region"), "aws.eventbridge.eventbus.arn")


def _reads_logs(config: Config, evidence: Evidence) -> Iterator[Found]:
    """One log group; how topics are made of its streams is a format this project does not read, the topics tell."""
    group = first(config, _GROUP)
    if group is None:
        yield Unresolved(_GROUP, "is not set")
        return
    region = first(config, "aws.cloudwatch.region", "aws.region", "aws.cloudwatch.logs.url")
    origin = regional("cloudwatch", group, region, _GROUP)
    if isinstance(origin, Unresolved):
        yield origin
    if evidence.topics:
        yield wherever(origin if isinstance(origin, Dataset) else None, "kafka.topic.format")
    else:
        yield Unresolved(
            "kafka.topic.format", "topics are made of log groups and streams, and none is known to be active"
        )


_DOCS = "https://docs.confluent.io/kafka-connectors"

FAMILIES = (
    SinkFamily(
        name="eventbridge_sink",
        classes=("software.amazon.event.kafkaconnector.EventBridgeSinkConnector",),
        platform="eventbridge",
        writes=_writes_bus,
        rule="https://github.com/awslabs/eventbridge-kafka-connector",
        naming=("aws.eventbridge.eventbus.arn",),
        spelled="region.bus (DataHub has no platform and no ingestion of it)",
    ),
    SinkFamily(
        name="lambda_sink",
        classes=(
            "io.confluent.connect.aws.lambda.AwsLambdaSinkConnector",
            "com.nordstrom.kafka.connect.lambda.LambdaSinkConnector",
            "LambdaSink",
        ),
        platform="(no dataset)",
        writes=no_dataset("is handed to a function, which is no dataset of a catalog"),
        rule=f"{_DOCS}/aws-lambda/current/",
        never_known="what a function does with the records",
    ),
    SinkFamily(
        name="cloudwatch_metrics_sink",
        classes=(
            "io.confluent.connect.aws.cloudwatch.metrics.AwsCloudWatchMetricsSinkConnector",
            "CloudWatchMetricsSink",
        ),
        platform="(no dataset)",
        writes=no_dataset("becomes metrics of CloudWatch, which are no dataset of a catalog"),
        rule=f"{_DOCS}/aws-cloudwatch-metrics/current/",
        never_known="metrics",
    ),
    SourceFamily(
        name="cloudwatch_logs_source",
        classes=("io.confluent.connect.aws.cloudwatch.AwsCloudWatchSourceConnector", "CloudWatchLogsSource"),
        platform="cloudwatch",
        reads=_reads_logs,
        rule=f"{_DOCS}/aws-cloudwatch-logs/current/",
        naming=(_GROUP,),
        never_known="topics, before any is written",
        spelled="region.log-group (DataHub has no platform and no ingestion of it)",
    ),
)
