"""Iceberg sinks: every table of ``iceberg.tables`` gets the records of every topic, unless a route field decides.

Topics and tables are not matched by position. With ``iceberg.tables.route-field`` the value of that field decides: in
each table's ``route-regex``, or as the table's own name (``iceberg.tables.dynamic-enabled``); neither is known without
the records. ``org.apache.iceberg.connect.data.SinkWriter`` and ``io.tabular.iceberg.connect.channel.Worker``.
The control topic (``iceberg.control.topic``) is not lineage.
"""

from __future__ import annotations

from collections.abc import Iterable

from kc_lineage_dagster.derive.config import Config, first, flag, items
from kc_lineage_dagster.derive.family import SinkFamily, consumed
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved


def writes(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    """All tables, or per table why it is not known whether this topic arrives there."""
    topic, field = consumed(record), first(config, "iceberg.tables.route-field")
    if flag(config, "iceberg.tables.dynamic-enabled"):
        return (Unresolved(topic, f"field {field or '(not set)'} of each record names its table"),)
    tables = items(first(config, "iceberg.tables"))
    if not tables:
        return (Unresolved("iceberg.tables", "is not set, so the connector writes no table"),)
    if field is None:
        return tuple(Dataset("iceberg", table) for table in tables)
    return tuple(_routed(config, topic, field, table) for table in tables)


def _routed(config: Config, topic: str, field: str, table: str) -> Unresolved:
    regex = first(config, f"iceberg.table.{table}.route-regex")
    if regex is None:
        return Unresolved(f"iceberg.table.{table}.route-regex", "is not set, so the table gets no records")
    return Unresolved(f"{topic} to {table}", f"only records whose field {field} matches {regex} arrive")


FAMILY = SinkFamily(
    name="iceberg_sink",
    classes=("org.apache.iceberg.connect.IcebergSinkConnector", "io.tabular.iceberg.connect.IcebergSinkConnector"),
    platform="iceberg",
    writes=writes,
    naming=("iceberg.tables", "iceberg.tables.dynamic-enabled", "iceberg.tables.route-field"),
    never_known="tables chosen by iceberg.tables.route-field",
    spelled="namespace.table as configured; iceberg.catalog is not part of the name",
    rule="org.apache.iceberg.connect.data.SinkWriter, io.tabular.iceberg.connect.channel.Worker",
)
