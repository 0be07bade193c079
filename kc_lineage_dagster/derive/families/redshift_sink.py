"""Confluent's sink to Redshift copies each topic into a table of ``aws.redshift.database``.

``table.name.format`` (``${topic}``) names the table, read as the JDBC sink reads it; Redshift folds all names to lower
case.

Source: https://docs.confluent.io/kafka-connectors/aws-redshift/current/sink_config_options.html
"""

from __future__ import annotations

from collections.abc import Iterable

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.family import SinkFamily, topic_of
from kc_lineage_dagster.derive.readers.jdbc_targets import target, unreadable
from kc_lineage_dagster.derive.readers.jdbc_url import JdbcUrl
from kc_lineage_dagster.derive.readers.key_modes import folded_columns, jdbc_row, makes_columns
from kc_lineage_dagster.derive.readers.sql_names import TableName, table_name
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved


def _writes(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    text = (first(config, "table.name.format") or "${topic}").replace("${topic}", topic_of(record))
    name = table_name(text, '"')
    if name is None:
        return (unreadable(text),)
    if len(name.qualifiers) > 2:
        # of four or more parts GenericDatabaseDialect.parseTableIdentifier uses the first two
        name = TableName(name.qualifiers[1], name.qualifiers[:1])
    place = JdbcUrl("redshift", first(config, "aws.redshift.domain"), database=first(config, "aws.redshift.database"))
    # Redshift folds names with and without quotes
    return (target(place, name, None, quoted=False),)


FAMILY = SinkFamily(
    name="redshift_sink",
    classes=("io.confluent.connect.aws.redshift.RedshiftSinkConnector", "RedshiftSink"),
    platform="redshift",
    writes=_writes,
    columns=lambda config, record, target: folded_columns(jdbc_row(config, record), str.lower),
    makes_columns=makes_columns,
    naming=("aws.redshift.database", "table.name.format"),
    spelled="database.schema.table in lower case",
    rule="https://docs.confluent.io/kafka-connectors/aws-redshift/current/sink_config_options.html",
)
