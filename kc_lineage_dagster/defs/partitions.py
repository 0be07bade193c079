"""Partition keys: the connector's name, with what Dagster cannot hold percent-encoded; reversible."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import unquote

from dagster import DagsterInstance, DynamicPartitionsDefinition

# Names whose key is not that of the rule: the second one's would be the first one's.
_SPECIAL = {"": "%00", "\x00": "%0"}
_DECODED = {key: name for name, key in _SPECIAL.items()}
# `...` separates the ends of a partition range; outer spaces and control characters do not survive the web interface.
_ENCODED = re.compile(r"%|[\x00-\x1f\x7f-\x9f\u2028\u2029]|^\s+|\s+$|\.(?=\.\.)")


def partitions_of(slug: str) -> DynamicPartitionsDefinition:
    """One dynamic partition per connector of a cluster."""
    return DynamicPartitionsDefinition(name=f"{slug}_connectors")


def encode_partition(connector: str) -> str:
    """A connector's name as a partition key; the empty name is ``%00``."""

    def encoded(match: re.Match[str]) -> str:
        return "".join(f"%{byte:02X}" for byte in match.group().encode("utf-8", "surrogatepass"))

    return _SPECIAL.get(connector) or _ENCODED.sub(encoded, connector)


def decode_partition(key: str) -> str:
    """The connector's name behind a partition key."""
    return _DECODED[key] if key in _DECODED else unquote(key, errors="surrogatepass")


def add_partitions(instance: DagsterInstance, slug: str, connectors: Collection[str]) -> list[str]:
    """Adds the partitions of connectors that have none yet; the new connectors' names."""
    name = partitions_of(slug).name
    assert name is not None
    known = set(instance.get_dynamic_partitions(name))
    new = [connector for connector in connectors if encode_partition(connector) not in known]
    if new:
        instance.add_dynamic_partitions(name, [encode_partition(connector) for connector in new])
    return new


def drop_partitions(instance: DagsterInstance, slug: str, connectors: Collection[str]) -> None:
    """Drops the partitions of connectors that are gone; Dagster keeps the history of their events."""
    name = partitions_of(slug).name
    assert name is not None
    known = set(instance.get_dynamic_partitions(name))
    for key in {encode_partition(connector) for connector in connectors} & known:
        instance.delete_dynamic_partition(name, key)
