"""Confluent Cloud's Stream Catalog: ask it for the topics, tags and business metadata of each connector.

Source: https://docs.confluent.io/cloud/current/stream-governance/graphql.html. The query is that of DataHub's own
source; the catalog refuses variables, so limit and offset stand in its text.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kc_lineage_dagster.catalog.json_api import Access, Away, JsonApi

_MOST_PAGES = 1_000
_QUERY = """{{
  cn_connector(limit: {limit}, offset: {offset}) {{
    name
    qualifiedName
    tags
    business_metadata {{ name value }}
    topics {{ name }}
  }}
}}"""


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """What the catalog says of one connector.

    Args:
        topics: The topics that the connector writes or reads, as Kafka has them: after transforms.
        tags: Names of tags.
        properties: Business metadata by name.
    """

    topics: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)


def described_connectors(
    access: Access,
    page: int = 100,
    seconds: float = 60.0,
    timeout: float = 30.0,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[dict[str, CatalogEntry], tuple[str, ...]]:
    """Return what the catalog says of connectors by name, and a line that says why some are missing.

    A name that several connectors of the environment have says nothing of any of them.

    Args:
        access: The catalog's address and credentials.
        page: Connectors a request.
        seconds: How long all requests together may take.
        timeout: How long one request may take, in seconds.
        clock: Seconds that never go backwards; given by tests only.
    """
    found: list[tuple[str, CatalogEntry]] = []
    notes: list[str] = []
    api = JsonApi(access, seconds, timeout, clock)
    try:
        for number in range(_MOST_PAGES):
            rows = _rows(api.post("/catalog/graphql", {"query": _QUERY.format(limit=page, offset=number * page)}))
            found += [one for row in rows if (one := _described(row)) is not None]
            if len(rows) < page:
                break
    except (Away, KeyError, TypeError) as error:
        reason = str(error) if isinstance(error, Away) else "its answer makes no sense"
        notes.append(f"Stream Catalog ({access.shown}): {reason}; what only it knows stays open")
    times = Counter(name for name, _ in found)
    return {name: one for name, one in found if times[name] == 1}, tuple(notes)


def _rows(answer: Any) -> list[Any]:
    if answer is None:
        raise Away("it does not show its connectors (403 or 404): an API key of the Schema Registry is needed")
    if not isinstance(answer, Mapping):
        raise TypeError
    if answer.get("errors"):
        raise Away("it refuses the question (Stream Governance Advanced is needed)")
    rows = answer["data"]["cn_connector"]
    if not isinstance(rows, list):
        raise TypeError
    return rows


def _described(row: Any) -> tuple[str, CatalogEntry] | None:
    name = row.get("name") if isinstance(row, Mapping) else None
    if not isinstance(name, str) or not name:
        return None
    properties = {
        one["name"]: str(one["value"])
        for one in _objects(row.get("business_metadata"))
        if isinstance(one.get("name"), str) and one.get("value") is not None
    }
    topics = (one.get("name") for one in _objects(row.get("topics")))
    tags = row.get("tags")
    return name, CatalogEntry(
        tuple(dict.fromkeys(topic for topic in topics if isinstance(topic, str) and topic)),
        tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        properties,
    )


def _objects(rows: Any) -> list[Mapping[str, Any]]:
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
