"""Debezium for Google Cloud Spanner copies each table of a change stream into the topic ``<prefix>.<table>``.

Keys ``gcp.spanner.*`` name project, instance and database. Only Spanner knows the tables of the change stream;
``table.include.list`` and active topics tell them. Through sync and rebalancing topics the connector's tasks agree on
their work: book-keeping.

Source: https://debezium.io/documentation/reference/stable/connectors/spanner.html#spanner-topic-names,
``io.debezium.connector.spanner.config.BaseSpannerConnectorConfig``
"""

from __future__ import annotations

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.readers.debezium_topics import DebeziumTables, debezium, fixed, lists

_KEYS = {
    "project": ("gcp.spanner.project.id",),
    "instance": ("gcp.spanner.instance.id",),
    "database": ("gcp.spanner.database.id",),
}


def _internal(config: Config) -> tuple[str, ...]:
    """Return the topics through which the connector's tasks agree on their work."""
    return tuple(
        first(config, f"connector.spanner.{kind}.topic") or f"_{kind}_topic_spanner_connector_{config.get('name', '')}"
        for kind in ("sync", "rebalancing")
    )


TABLES = DebeziumTables(
    platform="spanner",
    dataset=("project", "instance", "database", "table"),
    layouts={"schema": (("table",),), "database": (("table",),)},
    lists=(lists("table", ("table",)),),
    fixed=fixed(**_KEYS),
    internal=_internal,
)

FAMILY = debezium(
    "debezium_spanner",
    ("io.debezium.connector.spanner.SpannerConnector", "SpannerCdcSource"),
    TABLES,
    "https://debezium.io/documentation/reference/stable/connectors/spanner.html#spanner-topic-names",
    naming=tuple(key for keys in _KEYS.values() for key in keys),
    never_known="the tables of the change stream, until their topics are active",
    spelled="project.instance.database.table (DataHub has no source for Spanner)",
)
