"""Connectors for Amazon's functions, event buses, logs and metrics copy topics into a bus, a function or metrics, and
logs into topics.

A bus (``aws.eventbridge.eventbus.arn``) or a log group (``aws.cloudwatch.log.group``) has a name that others use,
``<region>.<name>``; a function or a metric is no dataset. The topics of a log group are made by ``kafka.topic.format``
of the group and its streams.

Source: https://github.com/awslabs/eventbridge-kafka-connector,
https://docs.confluent.io/kafka-connectors/aws-lambda/current/,
https://docs.confluent.io/kafka-connectors/aws-cloudwatch-logs/current/,
https://docs.confluent.io/kafka-connectors/aws-cloudwatch-metrics/current/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.aws import regional
from kc_lineage_dagster.derive.readers.places import no_dataset
from kc_lineage_dagster.derive.readers.topic_sources import wherever
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_GROUP, _FORMAT, _STREAM = "aws.cloudwatch.log.group", "kafka.topic.format", "${log-stream}"
_LEGAL = re.compile(r"[a-zA-Z0-9._-]+")


def _writes_bus(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    bus = first(config, "aws.eventbridge.eventbus.arn")
    yield regional("eventbridge", bus, first(config, "aws.eventbridge.region"), "aws.eventbridge.eventbus.arn")


def _reads_logs(config: Config, evidence: Evidence) -> Iterator[Found]:
    """Yield one log group, whose streams (listed, or all of them) go to the topics of ``kafka.topic.format``.

    Source: https://docs.confluent.io/kafka-connectors/aws-cloudwatch-logs/current/ (default
    ``${log-group}.${log-stream}``). What becomes of characters that no topic may hold is not said there.
    """
    group = first(config, _GROUP)
    if group is None:
        yield Unresolved(_GROUP, "is not set")
        return
    region = first(config, "aws.cloudwatch.region", "aws.region", "aws.cloudwatch.logs.url")
    origin = regional("cloudwatch", group, region, _GROUP)
    if isinstance(origin, Unresolved):
        yield origin
    named = _named_topics(config, group)
    upstream = origin if isinstance(origin, Dataset) else None
    yield from (Record(upstream, topic) for topic in named)
    if evidence.topics:
        yield wherever(upstream, _FORMAT)
    elif not named:
        yield Unresolved(_FORMAT, "topics are made of log groups and streams, and none is known to be active")


def _named_topics(config: Config, group: str) -> tuple[str, ...]:
    """Return the topics that the configuration names: one for each listed stream, or one for all streams."""
    pattern = (first(config, _FORMAT) or f"${{log-group}}.{_STREAM}").replace("${log-group}", group)
    topics = [pattern.replace(_STREAM, stream) for stream in items(config.get("aws.cloudwatch.log.streams"))]
    found = topics if _STREAM in pattern else [pattern]
    return tuple(found) if all(map(_LEGAL.fullmatch, found)) else ()


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
        naming=(_GROUP, _FORMAT),
        never_known="topics, before any is written",
        spelled="region.log-group (DataHub has no platform and no ingestion of it)",
    ),
)
