"""Ask the servers that are catalogs for JSON: schema registries, Kafka's REST API, Confluent's Stream Catalog.

Each server is bounded in bytes, seconds and failures, and one that is away is asked no second time in a run: what a
catalog knows is welcome, and no sync waits long for it.
"""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
import urllib3

from kc_lineage_dagster.http_deadline import DeadlineAdapter, within
from kc_lineage_dagster.wording import encodable_json

LARGEST_ANSWER = 20_000_000  # bytes
_FAILURES_IN_A_ROW = 5
_CHUNK = 64 * 1024
# As an escape, or as bytes that Python's decoder of JSON lets through
_MAY_HOLD_SURROGATES = re.compile(rb"\\u[dD]|\xed")
_GRACE = 0.1  # seconds, so that a server that says nothing ends by the time limit of a read


class Away(Exception):  # noqa: N818 - named for what happened
    """The server gives no usable answer; the message says why, without its address and without secrets."""


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach a server.

    Args:
        url: Its base address.
        headers: Sent with every request; secret.
        username: For basic authentication, None without it.
        password: For basic authentication; None for an empty one.
        verify: Whether the server's certificate is checked, or the path of the certificates to check it with.
        client_cert: Path of the certificate that the server asks for, or the paths of certificate and key; None
            without one.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    verify: bool | str = True
    client_cert: tuple[str, str] | str | None = None

    @property
    def shown(self) -> str:
        """The address for people, without credentials."""
        parts = urlsplit(self.url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))


class JsonApi:
    """One server that answers JSON. Safe to use from several threads.

    A request is not even tried when the server was away before, when it failed five times in a row, or when the time of
    the run is over.
    """

    def __init__(
        self, access: Access, seconds: float, timeout: float = 15.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Prepare for requests; none is made yet.

        Args:
            access: How to reach the server.
            seconds: How long the server may take in one run, all requests together.
            timeout: How long one request may take, in seconds.
            clock: Seconds that never go backwards; given by tests only.
        """
        self.access, self.timeout, self.clock = access, timeout, clock
        self._until = clock() + seconds
        self._failures = 0
        self._lock = threading.Lock()
        self._reason: str | None = None
        self.last_failure: str | None = None
        self.answered = self.failed = False
        self._session = requests.Session()
        self._session.headers["Accept"] = "application/json"
        self._session.auth = self._authenticated
        self._session.verify, self._session.cert = access.verify, access.client_cert
        # What the recipe says holds, whatever REQUESTS_CA_BUNDLE says.
        verify = None if access.verify is True else access.verify
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, DeadlineAdapter(verify=verify))

    def _authenticated(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the recipe's credentials; without this hook requests would take others from ``~/.netrc``."""
        if self.access.username is not None:
            pair = f"{self.access.username}:{self.access.password or ''}".encode()
            request.headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        request.headers.update(self.access.headers)
        return request

    @property
    def problem(self) -> str | None:
        """What went wrong, in a few words; None when nothing did."""
        return self._reason or (self.last_failure if self.failed or not self.answered else None)

    def get(self, path: str) -> Any:
        """Return the answer to a ``GET``; None for 404, and for 403, which may concern this one path.

        Raises:
            Away: When there is no answer, or the request is not even tried; the message says why.
        """
        return self._bounded("GET", path, None)

    def post(self, path: str, body: Any) -> Any:
        """Return the answer to a ``POST`` of a JSON body that asks a question; the rest as for ``get``."""
        return self._bounded("POST", path, body)

    def _bounded(self, method: str, path: str, body: Any) -> Any:
        if self._reason is None and self.clock() > self._until:
            self._give_up("it took too long")
        if self._reason is not None:
            raise Away(self._reason)
        try:
            answer = self._ask(method, path, body)
        except Away as error:
            with self._lock:
                self._failures += 1
            self.last_failure, self.failed = str(error), True
            if self._failures >= _FAILURES_IN_A_ROW:
                self._give_up(str(error))
            raise
        if answer is not None:
            self._failures, self.answered = 0, True
        return answer

    def _ask(self, method: str, path: str, body: Any) -> Any:
        url = f"{self.access.url.rstrip('/')}{path}"
        reason = "it answers too slowly"
        with within(self.timeout + _GRACE) as exchange:
            try:
                with self._session.request(
                    method, url, json=body, timeout=self.timeout, stream=True, allow_redirects=False
                ) as response:
                    answer = self._read(response)
                if not exchange.expired:
                    return answer
            except Away:  # not the server's fault where the time limit cut the answer off
                if not exchange.expired:
                    raise
            except requests.Timeout:
                reason = f"no answer within {self.timeout:g} s"
            except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError) as error:
                if not exchange.expired:
                    reason = self._unreachable(error)
        raise Away(reason)

    def _unreachable(self, error: Exception) -> str:
        if isinstance(error, requests.ConnectionError):
            self._give_up("it cannot be reached")
            return "it cannot be reached"
        return f"it cannot be asked ({type(error).__name__})"

    def _read(self, response: requests.Response) -> Any:
        status = response.status_code
        if status in (404, 403):
            if status == 404 and b"error_code" not in response.raw.read(10_000, decode_content=True):
                self.last_failure, self.failed = "it answers 404 as no such API does: is its address complete?", True
            return None
        if status == 401:
            self._give_up("it answers 401: wrong or missing credentials")
        if status != 200:
            raise Away(self._reason or f"it answers {status}")
        parts, size, until = [], 0, self.clock() + self.timeout
        for part in response.iter_content(_CHUNK):
            parts.append(part)
            size += len(part)
            if size > LARGEST_ANSWER or self.clock() > until:
                raise Away("its answer is too long" if size > LARGEST_ANSWER else "it answers too slowly")
        raw = b"".join(parts)
        try:
            answer = json.loads(raw)
            return encodable_json(answer) if _MAY_HOLD_SURROGATES.search(raw) else answer
        except (ValueError, RecursionError):
            raise Away("it does not answer JSON") from None

    def _give_up(self, reason: str) -> None:
        self._reason = self._reason or reason
