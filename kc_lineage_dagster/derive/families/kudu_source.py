"""Confluent's source for Kudu copies each table into the topic ``<topic.prefix><table>``, as the JDBC source that it
grew out of.

``table.whitelist`` lists the tables; without it all of ``kudu.database`` are read, and active topics tell them. With
``query`` the prefix is the topic. Names are ``<kudu.database>.<table>``.

Source: https://docs.confluent.io/kafka-connectors/kudu/current/source-connector/overview.html
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SourceFamily
from kc_lineage_dagster.derive.readers.topic_sources import flows, named_after
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    prefix, database = first(config, "topic.prefix"), first(config, "kudu.database") or "default"
    listed, unwanted = items(config.get("table.whitelist")), items(config.get("table.blacklist"))
    if prefix is None:
        yield Unresolved("topic.prefix", "is not set, and no topic can be named without it")
    elif first(config, "query"):
        origins = (Unresolved("query", "which tables a query of Impala reads is not worked out"),)
        yield from flows(origins, (prefix,), "topic.prefix", evidence)
    elif listed:
        yield from (Record(Dataset("kudu", f"{database}.{table}"), prefix + table) for table in listed)
    else:

        def place(table: str) -> Dataset | None:
            return None if table in unwanted else Dataset("kudu", f"{database}.{table}")

        yield named_after(f"all tables of {database}", prefix, place)


FAMILY = SourceFamily(
    name="kudu_source",
    classes=("io.confluent.connect.kudu.KuduSourceConnector",),
    platform="kudu",
    reads=_reads,
    rule="https://docs.confluent.io/kafka-connectors/kudu/current/source-connector/overview.html",
    naming=("topic.prefix", "kudu.database"),
    selecting=("table.whitelist", "table.blacklist"),
    never_known="the tables behind a query",
    spelled="database.table (DataHub has no platform and no ingestion of it)",
)
