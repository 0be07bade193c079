"""The rules for every HTTP exchange with a GMS: no redirect, a time limit, JSON, and to a write a GMS's own answer.

DataHub's own session follows redirects: a ``POST`` becomes a ``GET`` (301, 302), or goes to another host with all extra
headers (307, 308). It also takes any 200 for an acknowledgement, a login page included.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from kc_lineage_dagster.errors import SinkError
from kc_lineage_dagster.http_deadline import DeadlineAdapter

if TYPE_CHECKING:
    from datahub.emitter.rest_emitter import DataHubRestEmitter
    from datahub.ingestion.graph.client import DataHubGraph

# Of one answer, decompressed: checkpoints take up to 16 MB, aspects that are read back 8 MB, a page of wide schemas 20.
MOST_BYTES = 64 * 2**20
_NOT_IN_A_HEADER = re.compile(r"[^\x20-\x7e]")
# The paths of writes: Rest.li's and OpenAPI v3's, and not OpenAPI's .../batchGet, which is a POST too.
_WRITES = re.compile(r"/aspects\?(?:.*&)?action=ingestProposal|/openapi/v3/entity/\w+(?:\?|$)")


class NotAGmsError(requests.RequestException):
    """An answer that no GMS gives. The message tells people what it looks like, without credentials and its text."""


class RedirectedError(NotAGmsError):
    """A redirect, which is never followed."""


def guard(session: requests.Session, *, keep_alive: bool = False, retries: Retry | int = 0) -> None:
    """Make a session of DataHub's client obey the rules of this module; its TLS settings stay as they are.

    Args:
        session: Changed in place.
        keep_alive: Whether the system probes idle connections (DataHub's ``tcp_keepalive``).
        retries: The retries that the session makes by itself, within the time of one exchange.
    """
    session.max_redirects = 0
    session.hooks["response"].append(_judge)
    verify = None if session.verify is True else session.verify
    for scheme in ("http://", "https://"):
        pool = {"pool_maxsize": 10, "max_retries": retries}
        session.mount(scheme, DeadlineAdapter(verify=verify, keep_alive=keep_alive, most_bytes=MOST_BYTES, **pool))
    # A logger keeps one copy of a filter, however often the filter is added.
    logging.getLogger("datahub.emitter.rest_emitter").addFilter(_without_curl)


def _without_curl(record: logging.LogRecord) -> bool:
    """Drop the log lines in which DataHub's emitter shows a request as a command for curl.

    Such a line holds the extra headers, and the user and password of the address, unredacted. ``rest_sink`` logs the
    outcome of each request itself.
    """
    return "curl" not in str(record.msg)


def graph_of(emitter: DataHubRestEmitter) -> DataHubGraph:
    """Return DataHub's client for reading, with the settings of ``emitter`` and the rules of this module."""
    graph = emitter.to_graph()
    guard(graph._session)
    return graph


def graph_at(config: Mapping[str, Any]) -> DataHubGraph:
    """Return DataHub's client for reading, with the settings of a recipe and the rules of this module.

    ``config``: the recipe's ``datahub_api``.

    Raises:
        pydantic.ValidationError: For wrong settings.
    """
    from datahub.ingestion.graph.client import DataHubGraph
    from datahub.ingestion.graph.config import DatahubClientConfig

    graph = DataHubGraph(DatahubClientConfig.model_validate(dict(config)))
    own = graph._session.get_adapter(graph.config.server)
    guard(graph._session, retries=own.max_retries.new(raise_on_status=False) if isinstance(own, HTTPAdapter) else 0)
    return graph


def header_value(value: str, field: str) -> str:
    """Return a token or header without the white space around it, which secrets read from files often have.

    ``field``: where the recipe has the value.

    Raises:
        SinkError: For characters that HTTP forbids in a header (RFC 9110, 5.5; this project allows ASCII only); the
            message names the field and not the value.

    >>> header_value("abc\\n", "sink.config.token")
    'abc'
    """
    stripped = value.strip()
    if _NOT_IN_A_HEADER.search(stripped):
        raise SinkError(f"{field} holds a line break or another character that HTTP forbids in a header")
    return stripped


def refuse_redirect(response: requests.Response, **_: Any) -> None:
    """Let no request go elsewhere: the hook for requests whose sender looks at the answer's JSON itself.

    ``response``: the answer. requests hands further parameters over.

    Raises:
        RedirectedError: For a redirect.
    """
    if 300 <= response.status_code < 400:
        raise RedirectedError(f"redirects to {_server_of(response)}; make that the server if it is the GMS")


def _judge(response: requests.Response, *_: Any, **__: Any) -> None:
    """Raise for an answer that no GMS gives; errors with a status of their own are left to the caller.

    requests calls this hook with every answer before the caller sees it.
    """
    refuse_redirect(response)
    if not response.ok:
        return
    write = response.request.method == "POST" and _WRITES.search(response.request.path_url)
    if not response.content.strip():
        if write:
            raise NotAGmsError("answers 200 with nothing, which is no acknowledgement of a GMS")
        return
    try:
        answer = response.json()
    except ValueError:
        raise NotAGmsError(
            "answers 200 with a page instead of JSON (a login page, a proxy or the frontend, not the GMS?)"
        ) from None
    if write and not _acknowledges(answer):
        raise NotAGmsError("answers 200 with JSON that is no acknowledgement of a GMS (a proxy or another service?)")


def _acknowledges(answer: Any) -> bool:
    """Tell whether a GMS answers a write like this: Rest.li with ``{"value": "success"}``, OpenAPI with the entities.

    Source: RESTLI_SUCCESS in DataHub's AspectResource.java (older releases answer a URN in its place), and
    GenericEntitiesController.java.
    """
    if isinstance(answer, list):
        return bool(answer) and all(isinstance(one, dict) and "urn" in one for one in answer)
    return isinstance(answer, dict) and answer.keys() <= {"value"}


def named_in(response: requests.Response) -> set[str] | None:
    """Return the URNs of the entities that the answer to a write names, None where an answer names none by its kind.

    OpenAPI's answer to a write has each entity of which the GMS has taken an aspect; Rest.li's has none
    (``EntityController.buildEntityList`` of DataHub's openapi-servlet).

    ``response``: an answer that ``guard`` has let pass.
    """
    if not response.ok or response.request.method != "POST" or not _WRITES.search(response.request.path_url):
        return None
    answer = response.json()
    return {one["urn"] for one in answer} if isinstance(answer, list) else None


def _server_of(response: requests.Response) -> str:
    """Name the server that a redirect leads to, without path, query and credentials."""
    try:
        parts = urlsplit(response.headers.get("Location", ""))
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "a malformed address"
    return f"{parts.scheme}://{host}{port}" if host and parts.scheme in ("http", "https") else "another address"
