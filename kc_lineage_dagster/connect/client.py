"""Ask a live worker by Connect's REST API: ``GET`` requests with retries, time limits and bounds, JSON out."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

import requests
import urllib3

from kc_lineage_dagster.connect.answers import ERRORS, EXPANDED, one_line
from kc_lineage_dagster.connect.large_object import parse_answer
from kc_lineage_dagster.connect.parse import words_of
from kc_lineage_dagster.connect.retry import A_COUPLE, ALWAYS, FailedTry, pause, retries_for
from kc_lineage_dagster.connect.secrets.redact import redact_text
from kc_lineage_dagster.connect.settings import ConnectSettings, cloud_uri
from kc_lineage_dagster.connect.wire import (
    TOO_SLOW,
    BeyondBoundsError,
    advice_on,
    cause_of,
    next_hop,
    not_json,
    read_bounded,
    refused_redirect,
)
from kc_lineage_dagster.errors import ConnectError, ConnectUnavailable
from kc_lineage_dagster.http_deadline import DeadlineAdapter, within
from kc_lineage_dagster.retry_after import retry_after

__all__ = ["ConnectClient", "ConnectSettings", "cloud_uri"]

_log = logging.getLogger("kc_lineage_dagster.connect")

_ERROR_BYTES = 64 * 1024  # of an error's answer
_REDIRECTS = 5
_LONGEST_PATH = 150  # characters of a path in a message
_LONGEST_REASON = 500  # characters of what is said of it
_CONNECT_TIMEOUT = 10.0
# A server that says nothing ends by the time limit of a read, with that cause; one that says too little a moment later.
_GRACE = 0.1  # seconds
_TIMEOUTS = (requests.Timeout, urllib3.exceptions.TimeoutError)
# When so many requests in a row were given up after all their retries, the worker is down: later ones get one try.
_GIVEN_UP = 16

_ADVICE = {
    401: "check username and password, bearer token or headers in the recipe",
    403: "the credentials are known and lack the right to read",
    404: "check the path of connect_uri",
}


class ConnectClient:
    """``GET`` requests to one worker, usable from several threads; a context manager that closes its connections."""

    unread: Mapping[str, str] = {}
    unread_files: Mapping[str, str] = {}
    passed_over: Mapping[str, str] = {}

    def __init__(
        self,
        settings: ConnectSettings,
        *,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare for requests; none is made yet.

        Args:
            settings: How to reach the worker; its ``total_timeout`` runs from the first request.
            sleep: Waits for so many seconds; given by tests only.
            jitter: Gives numbers in [0, 1), by which pauses differ; given by tests only.
            clock: Seconds that never go backwards; given by tests only.
        """
        self.settings = settings
        self._sleep, self._jitter, self._clock = sleep, jitter, clock
        self._deadline: float | None = None
        self._given_up = 0
        self._session = requests.Session()
        self._adapter = DeadlineAdapter(max_retries=0, pool_maxsize=max(1, settings.concurrency), pool_block=True)
        self._template = requests.Request("GET", settings.base + "/", headers=settings.all_headers()).prepare()
        cert: Any = (settings.client_cert, settings.client_key) if settings.client_key else settings.client_cert
        verify: bool | str = settings.ca_bundle or True if settings.verify else False
        # Proxies and CA bundles of the environment count; .netrc does not: it would replace the recipe's credentials.
        self._transport: dict[str, Any] = dict(
            self._session.merge_environment_settings(settings.base + "/", {}, True, verify, cert)
        )
        self._base = (self._template.url or settings.base).rstrip("/")  # the host as IDNA

    def __repr__(self) -> str:
        return f"ConnectClient({self.settings!r})"

    def __enter__(self) -> ConnectClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._adapter.close()
        self._session.close()

    @property
    def source(self) -> str:
        """The worker's address without credentials."""
        return self.settings.base

    @property
    def concurrency(self) -> int:
        """How many requests may be under way at once."""
        return self.settings.concurrency

    def get(self, path: str) -> Any:
        """Return the JSON answer to a path below the worker's address.

        Raises:
            ConnectRefused, ConnectNotFound, ConnectUnaddressable: For the status that ``answers.ERRORS`` gives them.
            ConnectUnavailable: When there is no usable answer within the retries and time limits.
            ConnectError: When the request itself is at fault.
        """
        attempt = 0
        while True:
            outcome = self._try(path)
            if not isinstance(outcome, FailedTry):
                self._given_up = 0
                return outcome[0]
            if attempt >= min(outcome.retries, self._retries()) or not self._pause(attempt, outcome):
                raise self._final(outcome, attempt) from None
            attempt += 1

    def _retries(self) -> int:
        return self.settings.retries if self._given_up < _GIVEN_UP else 0

    def _pause(self, attempt: int, failure: FailedTry) -> bool:
        seconds = pause(attempt, failure.wait, self._jitter)
        if seconds > self._left():
            return False
        tries = 1 + min(failure.retries, self._retries())
        _log.warning("%s; try %d of %d follows in %.1f s", failure, attempt + 2, tries, seconds)
        self._sleep(seconds)
        return True

    def _final(self, failure: FailedTry, attempt: int) -> ConnectError:
        if isinstance(failure.error, ConnectUnavailable):
            self._given_up += 1
        else:
            self._given_up = 0
        error = failure.error
        if not attempt:
            return error
        return type(error)(f"{error.reason} (tried {attempt + 1} times)", error.where, error.status, error.said)

    def _left(self) -> float:
        """Return the seconds left of the total timeout, which begins with the first call."""
        if self._deadline is None:
            self._deadline = self._clock() + self.settings.total_timeout
        return self._deadline - self._clock()

    def _try(self, path: str) -> tuple[Any] | FailedTry:
        left = self._left()
        if left <= 0:
            return self._failure(path, f"the total time limit of {self.settings.total_timeout:g} s has passed", 0)
        seconds = min(self.settings.request_timeout, left)
        return self._timed(path, seconds) if _log.isEnabledFor(logging.DEBUG) else self._bounded(path, seconds)

    def _timed(self, path: str, seconds: float) -> tuple[Any] | FailedTry:
        started = self._clock()
        outcome = self._bounded(path, seconds)
        became = str(outcome) if isinstance(outcome, FailedTry) else f"{self._where(path)}: answered"
        _log.debug("%s, after %.3f s", became, self._clock() - started)
        return outcome

    def _bounded(self, path: str, seconds: float) -> tuple[Any] | FailedTry:
        with within(seconds + _GRACE) as exchange:
            try:
                outcome = self._exchange(path, seconds)
            except BeyondBoundsError as error:
                return self._failure(path, str(error), error.retries)
            except _TIMEOUTS as error:
                return self._failure(path, cause_of(error, seconds), ALWAYS)
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                outcome = self._broken(path, error, seconds)
        return self._failure(path, TOO_SLOW, A_COUPLE) if exchange.expired else outcome

    def _broken(self, path: str, error: Exception, seconds: float) -> FailedTry:
        advice = advice_on(error) if path == EXPANDED else ""
        if isinstance(error, requests.exceptions.SSLError):
            return self._failure(path, f"TLS failed: {cause_of(error, seconds)}{advice}", A_COUPLE)
        if isinstance(error, (requests.RequestException, urllib3.exceptions.HTTPError)):
            return self._failure(path, f"{cause_of(error, seconds)}{advice}", ALWAYS)
        # a CA bundle or client certificate that is not there
        return FailedTry(ConnectError(self._clean(f"TLS files cannot be used: {error}"), self._where(path)))

    def _exchange(self, path: str, seconds: float) -> tuple[Any] | FailedTry:
        url, until = self._base + path, self._clock() + seconds
        for _ in range(_REDIRECTS):
            response = self._send(url, seconds)
            try:
                if not response.is_redirect:
                    return self._read(path, response, until)
                location = response.headers["location"]
            finally:
                response.close()
            following = next_hop(url, location)
            if following is None:
                return self._failure(path, refused_redirect(location), 0)
            url = following
        return self._failure(path, f"more than {_REDIRECTS} redirects in a row", 0)

    def _send(self, url: str, seconds: float) -> requests.Response:
        request = self._template.copy()
        request.url = url  # as it is: requests would decode %2E%2E, and resolve it
        timeout = (min(seconds, _CONNECT_TIMEOUT), seconds)
        return self._adapter.send(request, timeout=timeout, **self._transport)

    def _read(self, path: str, response: requests.Response, until: float) -> tuple[Any] | FailedTry:
        status = response.status_code
        limit = self.settings.max_answer_bytes if status < 300 else _ERROR_BYTES
        try:
            raw = read_bounded(response, limit, until, self._clock)
        except BeyondBoundsError:
            if status < 300:
                raise
            raw = b""
        try:
            answer = parse_answer(raw)
        except ValueError:
            answer = None
            if status < 300:
                return self._failure(path, not_json(raw), A_COUPLE)
        code = _error_code(answer)
        if status < 300 and code is None:
            return (answer,)
        return self._status(path, code if status < 300 and code else status, answer, response)

    def _status(self, path: str, status: int, answer: Any, response: requests.Response) -> FailedTry:
        message = words_of(answer)
        said = one_line(redact_text(message, self.settings.secrets))
        advice = f"; {_ADVICE[status]}" if status in _ADVICE and path == EXPANDED else ""
        reason, where = f"answered {status}{f' ({said})' if said else ''}{advice}", self._where(path)
        error = ERRORS.get(status, ConnectUnavailable)(reason, where, status, said)
        wait = retry_after(response.headers.get("retry-after"))
        return FailedTry(error, retries_for(status, message), wait, f"{where}: answered {status}")

    def _failure(self, path: str, reason: str, retries: int) -> FailedTry:
        return FailedTry(ConnectUnavailable(self._clean(reason), self._where(path)), retries)

    def _where(self, path: str) -> str:
        shown = path if len(path) <= _LONGEST_PATH else f"{path[:_LONGEST_PATH]}..."
        return self._clean(f"GET {self.settings.base}{shown}")

    def _clean(self, text: str) -> str:
        return one_line(redact_text(text, self.settings.secrets), _LONGEST_REASON)


def _error_code(answer: Any) -> int | None:
    """Return the status inside an error's body, ``{"error_code": 409, "message": ...}``."""
    if isinstance(answer, Mapping) and answer.keys() <= {"error_code", "message"}:
        code = answer.get("error_code")
        return code if isinstance(code, int) else None
    return None
