"""Confluent's connectors for DynamoDB copy each topic into a table, and tables into topics, like Trustpilot's source.
Names are ``<region>.<table>``.

A sink's table is ``table.name.format`` (``${topic}``). A source captures the tables of ``dynamodb.table.includelist``
into topics named after them, behind a prefix where one is set. Trustpilot's source finds tables by their tags or by
``dynamodb.table.whitelist``; its topics are ``kafka.topic.prefix`` (``dynamodb-``) and the table.

Source: https://docs.confluent.io/kafka-connectors/aws-dynamodb/current/configuration_options.html,
https://docs.confluent.io/cloud/current/connectors/cc-amazon-dynamodb-cdc-source.html,
``com.trustpilot.connector.dynamodb.DynamoDBSourceConnectorConfig``
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, Selection, SinkFamily, SourceFamily, topic_of
from kc_lineage_dagster.derive.readers.aws import regional
from kc_lineage_dagster.derive.readers.topic_sources import named_after
from kc_lineage_dagster.derive.records import ACTIVE_TOPICS, Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PLATFORM = "dynamodb"
_PREFIX_KEYS = ("prefix.topic", "aws.dynamodb.prefix", "topic.prefix")


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    table = (first(config, "table.name.format") or "${topic}").replace("${topic}", topic_of(record))
    region = first(config, "aws.dynamodb.region", "aws.dynamodb.endpoint")
    yield regional(_PLATFORM, table, region, "table.name.format")


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    """Yield the tables and the topics named after them. Only active topics tell how a prefix is joined to the name."""
    region = first(config, "dynamodb.service.endpoint", "aws.region")
    tables = items(first(config, "dynamodb.table.includelist"))
    if not tables:
        yield Unresolved("dynamodb.table.includelist", "is not set, so tables are found by their tags")
    origins = {table: regional(_PLATFORM, table, region, "dynamodb.table.includelist") for table in tables}
    if first(config, *_PREFIX_KEYS):
        yield Selection("dynamodb.table.includelist", lambda topic: _by_end(origins, topic))
        return
    for table, origin in origins.items():
        if isinstance(origin, Unresolved):
            yield origin
        yield Record(origin if isinstance(origin, Dataset) else None, table)


def _by_end(origins: Mapping[str, Dataset | Unresolved], topic: str) -> Record | Unresolved | None:
    """Return the table whose name ends the topic; the longest one where several do."""
    table = max((table for table in origins if topic.endswith(table)), key=len, default=None)
    if table is None:
        return None
    origin = origins[table]
    return origin if isinstance(origin, Unresolved) else Record(origin, topic, evidence=(ACTIVE_TOPICS,))


def _reads_trustpilot(config: Config, evidence: Evidence) -> Iterator[Found]:
    region = first(config, "aws.region") or "eu-west-1"  # DynamoDBSourceConnectorConfig.AWS_REGION_DEFAULT
    prefix = config.get("kafka.topic.prefix", "dynamodb-")
    listed = items(first(config, "dynamodb.table.whitelist"))

    def table(name: str) -> Dataset | Unresolved | None:
        return regional(_PLATFORM, name, region, "aws.region") if name in listed or not listed else None

    for name in listed:
        origin = table(name)
        yield origin if isinstance(origin, Unresolved) else Record(origin, f"{prefix}{name}")
    if not listed:
        what = first(config, "dynamodb.table.ingestion.tag.key") or "datalake-ingest"
        yield replace(named_after(f"all tables with the tag {what}", prefix, table), why="tags choose the tables")


_SPELLED = "region.table; the account is the platform instance in DataHub's ingestion"

FAMILIES = (
    SinkFamily(
        name="dynamodb_sink",
        classes=("io.confluent.connect.aws.dynamodb.DynamoDbSinkConnector", "DynamoDbSink"),
        platform=_PLATFORM,
        writes=_writes,
        rule="https://docs.confluent.io/kafka-connectors/aws-dynamodb/current/configuration_options.html",
        naming=("table.name.format", "aws.dynamodb.region"),
        spelled=_SPELLED,
    ),
    SourceFamily(
        name="dynamodb_cdc_source",
        classes=("io.confluent.connect.dynamodb.DynamoDBSourceConnector", "DynamoDbCdcSource"),
        platform=_PLATFORM,
        reads=_reads,
        rule="https://docs.confluent.io/cloud/current/connectors/cc-amazon-dynamodb-cdc-source.html",
        naming=("dynamodb.service.endpoint",),
        selecting=("dynamodb.table.includelist",),
        never_known="tables found by their tags",
        spelled=_SPELLED,
    ),
    SourceFamily(
        name="dynamodb_trustpilot_source",
        classes=("com.trustpilot.connector.dynamodb.DynamoDBSourceConnector",),
        platform=_PLATFORM,
        reads=_reads_trustpilot,
        rule="com.trustpilot.connector.dynamodb.DynamoDBSourceConnectorConfig",
        naming=("kafka.topic.prefix", "aws.region"),
        selecting=("dynamodb.table.whitelist",),
        never_known="tables found by their tags, while no active topics are known",
        spelled=_SPELLED,
    ),
)
