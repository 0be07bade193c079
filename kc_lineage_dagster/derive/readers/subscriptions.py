"""What a subscription to a message broker reads: one topic, or those that match a pattern, which nothing lists.

Source: https://docs.oasis-open.org/mqtt/mqtt/v5.0/mqtt-v5.0.html (4.7 Topic Names and Topic Filters, 4.8.2 Shared
Subscriptions), https://docs.nats.io/nats-concepts/subjects#wildcards
"""

from __future__ import annotations

import re

from kc_lineage_dagster.lineage import Dataset, Unresolved

_PATTERN = {"mqtt": re.compile("[+#]"), "nats": re.compile(r"(?:^|\.)(?:\*(?:\.|$)|>$)")}
_SHARED = re.compile(r"\$share/[^/]+/")
_CALLED = {"mqtt": "MQTT topics", "nats": "NATS subjects"}


def subscribed(platform: str, name: str) -> Dataset | Unresolved:
    """Return the topic that a subscription reads; Unresolved for a pattern. Other brokers' names are no patterns.

    Args:
        platform: DataHub's id.
        name: What is subscribed to; the group of a shared subscription is no part of the topic's name.

    >>> str(subscribed("mqtt", "$share/workers/plant/a"))
    'mqtt:plant/a'
    >>> str(subscribed("nats", "orders.*"))
    'orders.*: is a pattern of NATS subjects, and nothing lists those it matches'
    """
    pattern = _PATTERN.get(platform)
    if pattern and pattern.search(name):
        return pattern_of(platform, name)
    return Dataset(platform, _SHARED.sub("", name, count=1) if platform == "mqtt" else name)


def pattern_of(platform: str, name: str) -> Unresolved:
    """Return the answer for a pattern.

    >>> str(pattern_of("mqtt", "plant/#"))
    'plant/#: is a pattern of MQTT topics, and nothing lists those it matches'
    """
    return Unresolved(name, f"is a pattern of {_CALLED[platform]}, and nothing lists those it matches")
