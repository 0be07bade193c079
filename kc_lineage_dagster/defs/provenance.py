"""Tags that tell Dagster what a materialization was made from, so that it can say what is out of date.

Dagster adds them to what a step returns, not to the events that it logs. Without them it compares times, and every
partition that a sync left alone, because nothing had changed, would be called out of date. Source:
``dagster._core.definitions.data_version.DataProvenance``.
"""

from __future__ import annotations

from collections.abc import Mapping

from dagster import AssetKey

from kc_lineage_dagster.version import code_version

# The data version of every snapshot: which partitions must follow it, each sync decides connector by connector.
SNAPSHOT = "snapshot"


def provenance(data: str, made_from: AssetKey, its_data: str) -> Mapping[str, str]:
    """Tags of a materialization with data version ``data``, made from data version ``its_data`` of another asset."""
    upstream = made_from.to_user_string()
    return {
        "dagster/data_version": data,
        "dagster/code_version": code_version(),
        f"dagster/input_data_version/{upstream}": its_data,
        f"dagster/input_event_pointer/{upstream}": "NULL",
    }
