"""Confluent's sinks to Azure Synapse, Vertica, Netezza, Spanner, Bigtable, OmniSci, HBase and Kudu copy each topic into
a table; so does Google's own sink to Bigtable.

``table.name.format`` (``${topic}``) names the table; keys of each connector name what the table is in.

Source: https://docs.confluent.io/kafka-connectors/vertica/current/overview.html, and the pages of the other systems
beside it
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.family import SinkFamily, topic_of, value_fields
from kc_lineage_dagster.derive.readers.jdbc_targets import session_user, target
from kc_lineage_dagster.derive.readers.jdbc_url import JdbcUrl
from kc_lineage_dagster.derive.readers.key_modes import jdbc_row, makes_columns
from kc_lineage_dagster.derive.readers.sql_names import TableName
from kc_lineage_dagster.derive.readers.sql_platforms import PLATFORMS
from kc_lineage_dagster.derive.readers.table_names import qualified, required
from kc_lineage_dagster.derive.records import Node, Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_DOCS = "https://docs.confluent.io/kafka-connectors"


@dataclass(frozen=True, slots=True)
class _Sink:
    """One system and the connectors that write to it.

    Args:
        platform: DataHub's id.
        classes: The connectors' classes.
        inside: The keys whose values stand before the table in a dataset's name, outermost first.
        docs: The connector's part of the documentation's address.
        spelled: How DataHub spells the names.
        never_known: What stays unresolved; "" for nothing.
    """

    platform: str
    classes: tuple[str, ...]
    inside: tuple[str, ...]
    docs: str
    spelled: str
    never_known: str = ""


def _writes(sink: _Sink) -> Callable[[Config, Record], Iterable[Dataset | Unresolved]]:
    def writes(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
        table = (first(config, "table.name.format") or "${topic}").replace("${topic}", topic_of(record))
        if sink.platform not in PLATFORMS:
            return (qualified(sink.platform, *(required(config, key) for key in sink.inside), table),)
        if "." in table:
            return (Unresolved(table, "nothing is known of how this connector reads a table's name with dots"),)
        place = JdbcUrl(sink.platform, database=first(config, *sink.inside))
        return (target(place, TableName(table), session_user(config, "connection.user")),)

    return writes


def _row(config: Config, record: Record, target: Dataset) -> Node:
    return jdbc_row(config, record)


_SINKS = (
    _Sink(
        "mssql",
        ("io.confluent.connect.azuresqldw.AzureSqlDwSinkConnector", "AzureSqlDwSink"),
        ("azure.sql.dw.database.name",),
        "azure-sql-dw",
        "database.schema.table, the schema is dbo",
        "tables whose names hold dots",
    ),
    _Sink(
        "vertica",
        ("io.confluent.vertica.VerticaSinkConnector",),
        ("vertica.database",),
        "vertica",
        "database.schema.table, the schema is public",
        "tables whose names hold dots",
    ),
    _Sink(
        "netezza",
        ("io.confluent.connect.netezza.NetezzaSinkConnector",),
        ("connection.database",),
        "netezza",
        "database.schema.table",
        "the schema, which is that of the user or of the database",
    ),
    _Sink(
        "spanner",
        ("io.confluent.connect.gcp.spanner.SpannerSinkConnector", "SpannerSink"),
        ("gcp.spanner.project.id", "gcp.spanner.instance.id", "gcp.spanner.database.id"),
        "gcp-spanner",
        "project.instance.database.table",
        "the project, where only the credentials name it",
    ),
    _Sink(
        "bigtable",
        (
            "io.confluent.connect.gcp.bigtable.BigtableSinkConnector",
            "BigTableSink",
            "com.google.cloud.kafka.connect.bigtable.BigtableSinkConnector",
        ),
        ("gcp.bigtable.project.id", "gcp.bigtable.instance.id"),
        "gcp-bigtable",
        "project.instance.table",
    ),
    _Sink(
        "omnisci",
        ("io.confluent.connect.omnisci.OmnisciSinkConnector",),
        ("connection.database",),
        "omnisci",
        "database.table",
    ),
    _Sink("hbase", ("io.confluent.connect.hbase.HBaseSinkConnector",), (), "hbase", "table"),
    _Sink("kudu", ("io.confluent.connect.kudu.KuduSinkConnector",), ("kudu.database",), "kudu", "database.table"),
)

FAMILIES = tuple(
    SinkFamily(
        name=f"{sink.docs.replace('-', '_')}_sink",
        classes=sink.classes,
        platform=sink.platform,
        writes=_writes(sink),
        columns=_row if sink.platform in PLATFORMS else value_fields,
        makes_columns=makes_columns,
        naming=("table.name.format", *sink.inside),
        never_known=sink.never_known,
        spelled=sink.spelled,
        rule=f"{_DOCS}/{sink.docs}/current/overview.html",
    )
    for sink in _SINKS
)
