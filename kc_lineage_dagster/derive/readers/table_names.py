"""Small parts that sink families share: keys that must be set, qualified names, and connectors that refuse renamed
topics.
"""

from __future__ import annotations

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.family import consumed, topic_of
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved


def required(config: Config, *keys: str) -> str | Unresolved:
    """Return the value of the first key that is set; the first key is named where none is.

    >>> required({"project": "shop"}, "project")
    'shop'
    >>> str(required({}, "project"))
    'project: is not set, so the full name of the target is not known'
    """
    return first(config, *keys) or Unresolved(keys[0], "is not set, so the full name of the target is not known")


def qualified(platform: str, *parts: str | Unresolved) -> Dataset | Unresolved:
    """Return the dataset whose name is these parts joined with dots; or the first part that is not known.

    >>> str(qualified("bigquery", "shop", "raw", "orders"))
    'bigquery:shop.raw.orders'
    >>> str(qualified("bigquery", required({}, "project"), "raw", "orders"))
    'project: is not set, so the full name of the target is not known'
    """
    known: list[str] = []
    for part in parts:
        if isinstance(part, Unresolved):
            return part
        known.append(part)
    return Dataset(platform, ".".join(known))


def refused_rename(record: Record) -> Unresolved | None:
    """Return what a transform that renames topics means to a sink whose writers belong to the partitions it consumes.

    Such a sink looks up its writer by the record's topic and fails where there is none.

    >>> refused_rename(Record(Dataset("kafka", "orders"), "orders")) is None
    True
    >>> str(refused_rename(Record(Dataset("kafka", "orders"), "raw_orders")))
    'orders: a transform renames it to raw_orders, and this connector fails on renamed topics'
    """
    if topic_of(record) == consumed(record):
        return None
    return Unresolved(
        consumed(record), f"a transform renames it to {topic_of(record)}, and this connector fails on renamed topics"
    )
