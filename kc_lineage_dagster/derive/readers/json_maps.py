"""Maps that a setting holds as JSON: from names of topics, or of their settings, to texts."""

from __future__ import annotations

import json
from collections.abc import Mapping

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.lineage import Unresolved


def text_map(config: Config, key: str) -> Mapping[str, str] | Unresolved:
    """Return the map that a key holds; empty where the key is not set, Unresolved where it holds anything else.

    >>> text_map({"topic.map": '{"orders": "(:Order)"}'}, "topic.map")
    {'orders': '(:Order)'}
    >>> str(text_map({"topic.map": "orders"}, "topic.map"))
    'topic.map: is not a JSON map of texts'
    """
    try:
        found = json.loads(first(config, key) or "{}")
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict) and all(isinstance(value, str) for value in found.values()):
        return found
    return Unresolved(key, "is not a JSON map of texts")
