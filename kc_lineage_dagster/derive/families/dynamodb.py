"""Confluent's connectors for DynamoDB copy each topic into a table, and tables into topics; names are
``<region>.<table>``.

A sink's table is ``table.name.format`` (``${topic}``). A source captures the tables of ``dynamodb.table.includelist``
into topics named after them, behind a prefix where one is set.

Source: https://docs.confluent.io/kafka-connectors/aws-dynamodb/current/configuration_options.html,
https://docs.confluent.io/cloud/current/connectors/cc-amazon-dynamodb-cdc-source.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, Selection, SinkFamily, SourceFamily, topic_of
from kc_lineage_dagster.derive.readers.aws import regional
from kc_lineage_dagster.derive.records import Record
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
    return origin if isinstance(origin, Unresolved) else Record(origin, topic, evidence="active topics")


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
)
