"""Kafka's own list of topics, by its REST API v3 or in a file: it tells which topics exist, never who writes them.

Source: https://docs.confluent.io/platform/current/kafka-rest/api.html#listing-topics
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from kc_lineage_dagster.catalog.holdings import Holdings
from kc_lineage_dagster.catalog.json_api import Access, Away, JsonApi
from kc_lineage_dagster.catalog.questions import Questions

MOST_TOPICS = 200_000
_MOST_PAGES = 1_000
_CLOUD = ".confluent.cloud"
_ENDPOINTS = ("kafka.endpoint", "bootstrap.servers", "kafka.bootstrap.servers")


@dataclass(slots=True)
class KafkaRest:
    """Kafka's REST API v3, of a proxy or a broker, as a provider (``questions.Provider``).

    Args:
        access: Address and credentials of the API.
        cluster_id: Id of the Kafka cluster; None: the only cluster that the server serves.
        seconds: How long the server may take in one run, all requests together.
        clock: Seconds that never go backwards; given by tests only.
    """

    access: Access
    cluster_id: str | None = None
    seconds: float = 60.0
    clock: Callable[[], float] = time.monotonic
    _asked: bool = field(default=False, init=False)

    @property
    def scope(self) -> str:
        """See ``Provider``."""
        return f"Kafka {self.access.shown} {self.cluster_id or ''}"

    def answer(self, questions: Questions) -> Holdings:
        """Return the topics that are not internal, when they are asked for the first time in a run."""
        if self._asked or not questions.list_topics:
            return Holdings()
        self._asked = True
        topics: set[str] = set()
        try:
            self._list(JsonApi(self.access, self.seconds, clock=self.clock), topics)
        except (Away, KeyError, TypeError, AttributeError, ValueError) as error:
            reason = str(error) if isinstance(error, Away) else "its answer makes no sense"
            note = f"Kafka's topics ({self.access.shown}): {reason}; topics that only it knows stay unknown"
            return Holdings(topics=frozenset(topics), notes=(note,))
        return Holdings(topics=frozenset(topics))

    def _list(self, api: JsonApi, topics: set[str]) -> None:
        cluster = self.cluster_id or self._only_cluster(api)
        path: str | None = f"/kafka/v3/clusters/{quote(cluster, safe='')}/topics"
        seen: set[str] = set()
        while path is not None and path not in seen and len(topics) < MOST_TOPICS and len(seen) < _MOST_PAGES:
            seen.add(path)
            page = api.get(path)
            if page is None:
                raise Away(f"it does not show the topics of cluster {cluster} (404 or 403)")
            topics.update(_names_on(page))
            following = (page.get("metadata") or {}).get("next")
            path = self._path(following) if isinstance(following, str) and following else None

    def _path(self, url: str) -> str | None:
        """Return the path of the next page below the base address; None where its address leads to another server."""
        base, following = urlsplit(self.access.url), urlsplit(url)
        if following.netloc and following.netloc.rpartition("@")[2] != base.netloc.rpartition("@")[2]:
            return None
        path = following.path.removeprefix(base.path.rstrip("/"))
        return f"{path}?{following.query}" if following.query else path

    @staticmethod
    def _only_cluster(api: JsonApi) -> str:
        found = api.get("/kafka/v3/clusters")
        clusters = [str(one["cluster_id"]) for one in found["data"]]
        if len(clusters) != 1:
            raise Away(f"it serves {len(clusters)} clusters, not one; options.topics may name the topics instead")
        return clusters[0]


def _names_on(page: Mapping[str, Any]) -> list[str]:
    """Return the topics of one page that are not internal.

    Raises:
        TypeError, KeyError, AttributeError: For another shape.
    """
    names = [one["topic_name"] for one in page["data"] if not _is_internal(one)]
    if not all(isinstance(name, str) for name in names):
        raise TypeError
    return names


def _is_internal(topic: Mapping[str, object]) -> bool:
    name = str(topic.get("topic_name"))
    return topic.get("is_internal") is True or name.startswith(("__", "_confluent", "_schemas"))


def cloud_endpoint(configs: Mapping[str, Mapping[str, str]]) -> str | None:
    """Return the REST address of the Confluent Cloud cluster that connectors name; None when they name none or several.

    Credentials go there, so nothing but Confluent Cloud's own hosts counts. ``configs``: connector -> configuration.

    >>> cloud_endpoint({"crm": {"kafka.endpoint": "SASL_SSL://pkc-1.eu.confluent.cloud:9092"}})
    'https://pkc-1.eu.confluent.cloud'
    """
    hosts: set[str] = set()
    for config in configs.values():
        for key in _ENDPOINTS:
            first = (config.get(key) or "").split(",")[0].strip()
            host = urlsplit(f"//{first.rpartition('://')[2]}").hostname or ""
            if host.endswith(_CLOUD):
                hosts.add(host)
                break
    return f"https://{hosts.pop()}" if len(hosts) == 1 else None


def read_topics(path: Path) -> Holdings:
    """Return the topics of a file with one a line, as ``kafka-topics.sh --list`` writes; a note where that fails."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "it is not text"
        return Holdings(notes=(f"options.topics: {path.name}: cannot be read: {reason}",))
    return Holdings(topics=frozenset(text for line in lines if (text := line.strip())))
