"""Sinks to Apache Iceberg copy every topic into every table of ``iceberg.tables``, unless a route field decides.

Topics and tables are not matched by position. With ``iceberg.tables.route-field`` the value of that field decides: in
each table's ``route-regex``, or, in lower case, as the table's own name (``iceberg.tables.dynamic-enabled``). Neither
is known without the records, unless a transform of the same chain fills the field with the topic or a fixed text. The
control topic (``iceberg.control.topic``) is not lineage.

GetInData's sink, another one, copies each topic into a table of its own: dots and dashes become underscores,
``table.prefix`` stands before it, ``table.namespace`` (``default``) is where it is.

Source: ``org.apache.iceberg.connect.data.SinkWriter``, ``io.tabular.iceberg.connect.channel.Worker``,
``com.getindata.kafka.connect.iceberg.sink.IcebergChangeConsumer``
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from kc_lineage_dagster.derive.config import Config, first, flag, items
from kc_lineage_dagster.derive.family import SinkFamily, consumed, topic_of
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.derive.transforms.fields import constant_at, state
from kc_lineage_dagster.java_regex import Refused, compile_java
from kc_lineage_dagster.lineage import Dataset, Unresolved


def _writes(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    """Return all tables, or those that the text of the route field selects, or why it is not known which."""
    topic, field = consumed(record), first(config, "iceberg.tables.route-field")
    text = constant_at(record.value, tuple(field.split("."))) if field else None
    if flag(config, "iceberg.tables.dynamic-enabled"):
        if text is None:
            return (Unresolved(topic, f"field {field or '(not set)'} of each record names its table"),)
        return (Dataset("iceberg", text.lower()),)
    tables = items(first(config, "iceberg.tables"))
    if not tables:
        return (Unresolved("iceberg.tables", "is not set, so the connector writes no table"),)
    if field is None:
        return tuple(Dataset("iceberg", table) for table in tables)
    return tuple(found for table in tables if (found := _routed(config, topic, field, text, table)))


def _makes_columns(config: Config) -> bool:
    return flag(config, "iceberg.tables.evolve-schema-enabled") or flag(config, "iceberg.tables.auto-create-enabled")


def _routed(config: Config, topic: str, field: str, text: str | None, table: str) -> Dataset | Unresolved | None:
    """Return the table if its pattern matches the text of the route field, None if not, or why that is not known."""
    key = f"iceberg.table.{table}.route-regex"
    pattern = first(config, key)
    if pattern is None:
        return Unresolved(key, "is not set, so the table gets no records")
    if text is None:
        return Unresolved(f"{topic} to {table}", f"only records whose field {field} matches {pattern} arrive")
    regex = compile_java(pattern)
    matched = regex if isinstance(regex, Refused) else regex.matches(text)
    if isinstance(matched, Refused):
        return Unresolved(key, matched.reason)
    return Dataset("iceberg", table) if matched else None


_WORD_BEGINS = re.compile(r"(?<=[^A-Z_])(?=[A-Z])")


def _writes_own_table(config: Config, record: Record) -> Iterable[Dataset]:
    """Return the topic's table; ``table.snake-case`` parts the words of its name, but not of the prefix
    (``IcebergUtil.toSnakeCase``).
    """
    name = topic_of(record).replace(".", "_").replace("-", "_")
    if flag(config, "table.snake-case"):
        name = _WORD_BEGINS.sub("_", name).lower()
    namespace = config.get("table.namespace", "default")
    return (Dataset("iceberg", f"{namespace}.{config.get('table.prefix', '')}{name}"),)


FAMILIES = (
    SinkFamily(
        name="iceberg_sink",
        classes=("org.apache.iceberg.connect.IcebergSinkConnector", "io.tabular.iceberg.connect.IcebergSinkConnector"),
        platform="iceberg",
        writes=_writes,
        by_content=True,
        makes_columns=_makes_columns,
        naming=("iceberg.tables", "iceberg.tables.dynamic-enabled", "iceberg.tables.route-field"),
        never_known="tables chosen by the content of iceberg.tables.route-field",
        spelled="namespace.table as configured; iceberg.catalog is not part of the name",
        rule="org.apache.iceberg.connect.data.SinkWriter, io.tabular.iceberg.connect.channel.Worker",
    ),
    SinkFamily(
        name="iceberg_sink_getindata",
        classes=("com.getindata.kafka.connect.iceberg.sink.IcebergSink",),
        platform="iceberg",
        writes=_writes_own_table,
        columns=lambda config, record, target: state(record.value),
        makes_columns=lambda config: flag(config, "table.auto-create"),
        naming=("table.namespace", "table.prefix", "table.snake-case"),
        spelled="namespace.table",
        rule="https://github.com/getindata/kafka-connect-iceberg-sink",
    ),
)
