"""Partition keys: a connector's name, in which what Dagster cannot hold is percent-encoded; reversible."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import unquote

from dagster import DagsterInstance, DynamicPartitionsDefinition

# The empty name becomes `%00`. The name NUL would be encoded to the same key, so it becomes `%0`.
_SPECIAL = {"": "%00", "\x00": "%0"}
_DECODED = {key: name for name, key in _SPECIAL.items()}
# `...` separates the ends of a partition range; outer spaces and control characters do not survive the web interface.
_ENCODED = re.compile(r"%|[\x00-\x1f\x7f-\x9f\u2028\u2029]|^\s+|\s+$|\.(?=\.\.)")


def partitions_of(slug: str) -> DynamicPartitionsDefinition:
    """Return the partitions of a cluster: a dynamic one for each connector."""
    return DynamicPartitionsDefinition(name=f"{slug}_connectors")


def encode_partition(connector: str) -> str:
    """Return a connector's name as a partition key.

    >>> encode_partition("orders..."), encode_partition("100%"), encode_partition("")
    ('orders%2E..', '100%25', '%00')
    """

    def encoded(match: re.Match[str]) -> str:
        return "".join(f"%{byte:02X}" for byte in match.group().encode("utf-8", "surrogatepass"))

    return _SPECIAL.get(connector) or _ENCODED.sub(encoded, connector)


def decode_partition(key: str) -> str:
    """Return the connector's name behind a partition key.

    >>> decode_partition("orders%2E..")
    'orders...'
    """
    return _DECODED[key] if key in _DECODED else unquote(key, errors="surrogatepass")


def known_connectors(instance: DagsterInstance, slug: str) -> frozenset[str]:
    """Return the connectors of a cluster that have a partition in this Dagster instance."""
    name = partitions_of(slug).name
    assert name is not None
    return frozenset(map(decode_partition, instance.get_dynamic_partitions(name)))


def add_partitions(instance: DagsterInstance, slug: str, connectors: Collection[str]) -> list[str]:
    """Add the partitions of connectors that have none yet; return the names of these new connectors, in their order.

    Args:
        instance: The Dagster instance that holds the partitions.
        slug: The cluster's short name.
        connectors: The connectors that shall have a partition.
    """
    name = partitions_of(slug).name
    assert name is not None
    known = known_connectors(instance, slug)
    new = [connector for connector in connectors if connector not in known]
    if new:
        instance.add_dynamic_partitions(name, [encode_partition(connector) for connector in new])
    return new


def drop_partitions(instance: DagsterInstance, slug: str, connectors: Collection[str]) -> None:
    """Drop the partitions of connectors that are gone; Dagster keeps the history of their events.

    Args:
        instance: The Dagster instance that holds the partitions.
        slug: The cluster's short name.
        connectors: The connectors that are gone; those without a partition are passed over.
    """
    name = partitions_of(slug).name
    assert name is not None
    for connector in known_connectors(instance, slug).intersection(connectors) if connectors else ():
        instance.delete_dynamic_partition(name, encode_partition(connector))
