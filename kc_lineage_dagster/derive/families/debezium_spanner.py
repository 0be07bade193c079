"""Debezium for Google Cloud Spanner: ``<prefix>.<table>``; the tables are those of a change stream.

Source: https://debezium.io/documentation/reference/stable/connectors/spanner.html#spanner-topic-names and
``io.debezium.connector.spanner.config.BaseSpannerConnectorConfig`` (sync and rebalancing topics)
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
