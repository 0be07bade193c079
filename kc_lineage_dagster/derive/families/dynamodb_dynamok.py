"""The first connectors for DynamoDB, of 2016: each topic is copied into the table of ``table.format``, and tables into
the topics of ``topic.format``. Names are ``<region>.<table>``.

Source: https://github.com/shikhar/kafka-connect-dynamodb
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SinkFamily, SourceFamily, topic_of
from kc_lineage_dagster.derive.readers.aws import regional
from kc_lineage_dagster.derive.readers.topic_sources import named_after
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_TABLE = "${table}"
_LISTED = "tables.whitelist"


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    table = (first(config, "table.format") or "${topic}").replace("${topic}", topic_of(record))
    yield regional("dynamodb", table, first(config, "region"), "table.format")


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    listed, excluded = (items(first(config, key)) for key in (_LISTED, "tables.blacklist"))
    prefix, topics = first(config, "tables.prefix") or "", first(config, "topic.format") or _TABLE

    def table(name: str) -> Dataset | Unresolved | None:
        selected = name.startswith(prefix) and (not listed or name in listed) and name not in excluded
        return regional("dynamodb", name, first(config, "region"), _LISTED) if selected else None

    for name in listed:
        origin = table(name)
        if isinstance(origin, Unresolved):
            yield origin
        if origin is not None:
            yield Record(origin if isinstance(origin, Dataset) else None, topics.replace(_TABLE, name))
    before, found, after = topics.partition(_TABLE)
    if not listed and found and not after:
        yield named_after(f"all tables {prefix}*", before, table)
    elif not listed:
        yield Unresolved("topic.format", "does not end with the table's name, which no list tells")


_RULE = "https://github.com/shikhar/kafka-connect-dynamodb"
_SPELLED = "region.table; the account is the platform instance in DataHub's ingestion"

FAMILIES = (
    SinkFamily(
        name="dynamodb_sink_dynamok",
        classes=("dynamok.sink.DynamoDbSinkConnector",),
        platform="dynamodb",
        writes=_writes,
        rule=_RULE,
        naming=("table.format", "region"),
        spelled=_SPELLED,
    ),
    SourceFamily(
        name="dynamodb_source_dynamok",
        classes=("dynamok.source.DynamoDbSourceConnector",),
        platform="dynamodb",
        reads=_reads,
        rule=_RULE,
        naming=("topic.format", "region"),
        selecting=(_LISTED, "tables.blacklist", "tables.prefix"),
        never_known="all tables, while no active topics are known",
        spelled=_SPELLED,
    ),
)
