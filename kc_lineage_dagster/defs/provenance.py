"""Tags that tell Dagster what a materialization was made from, so that Dagster can say what is out of date.

Dagster adds these tags to what a step returns, not to an ``AssetMaterialization`` that a step yields, and only the
latter can name a partition in a run without a partition key. Without the tags Dagster compares times, and calls every
partition that a sync left alone, because nothing had changed, out of date. Source:
``dagster._core.definitions.data_version.DataProvenance``.
"""

from __future__ import annotations

from collections.abc import Mapping

from dagster import AssetKey

from kc_lineage_dagster.version import code_version

# The data version of every snapshot and of every emission. A constant on purpose: a new snapshot must not mark every
# partition as out of date, and a new emission not the removal after it; each sync decides connector by connector.
SNAPSHOT, EMISSION = "snapshot", "emission"


def provenance(data: str, made_from: Mapping[AssetKey, str]) -> Mapping[str, str]:
    """Return the tags of a materialization.

    ``data``: its data version. ``made_from``: the assets that it was made from -> the data version that each had.
    """
    tags = {"dagster/data_version": data, "dagster/code_version": code_version()}
    for upstream, version in made_from.items():
        tags[f"dagster/input_data_version/{upstream.to_user_string()}"] = version
        tags[f"dagster/input_event_pointer/{upstream.to_user_string()}"] = "NULL"
    return tags
