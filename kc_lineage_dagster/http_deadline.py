"""A time limit for a whole HTTP exchange, however slowly a server sends, and a size limit for its answer.

The time limits of requests and urllib3 are limits of one read: a server that drips a header, the length of a chunk or a
body byte by byte, or answers ``100 Continue`` for ever, never exceeds them. Here a thread beside the requests shuts the
socket down when the time of the whole exchange is over, which ends the read or write that is under way.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_IDLE_SECONDS = 5.0  # without an exchange to watch, after which the thread ends


class Exchange:
    """One request with its answer, and the connections that it uses.

    ``expired``: whether the time was over before the answer was complete.
    """

    def __init__(self) -> None:
        self.expired = False
        self._connections: list[Any] = []
        self._sockets: list[Any] = []

    def use(self, connection: Any) -> None:
        """Add a connection to those of this exchange, before it is opened or used again."""
        self._connections.append(connection)
        self.keep(connection)

    def keep(self, connection: Any) -> None:
        """Remember the socket of a connection, which drops it while its last answer is still being read."""
        if connection.sock is not None:
            self._sockets.append(connection.sock)
        if self.expired:
            self.expire()

    def expire(self) -> None:
        """End every read and write of this exchange."""
        self.expired = True
        for one in [*self._sockets, *(connection.sock for connection in self._connections)]:
            _shut(one)


def _shut(one: Any) -> None:
    inner = getattr(one, "socket", one)  # urllib3's SSLTransport (TLS inside TLS) wraps the socket
    if isinstance(inner, socket.socket):
        with suppress(OSError):  # the socket is not connected any more
            # SSLSocket's own shutdown() drops the TLS state first, so that reads would go on in plain text.
            socket.socket.shutdown(inner, socket.SHUT_RDWR)


class Watchdog:
    """A thread that expires exchanges when their time is over; it runs only while there are any."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._ends: dict[Exchange, float] = {}
        self._wakes = 0.0
        self._hurries = False
        self._thread: threading.Thread | None = None

    def watch(self, exchange: Exchange, seconds: float) -> None:
        """Expire ``exchange`` after so many seconds, unless ``forget`` is called before."""
        with self._changed:
            end = time.monotonic() + seconds
            self._ends[exchange] = end
            if self._thread is None or not self._thread.is_alive():  # a forked process inherits an ended thread
                self._thread = threading.Thread(target=self._run, name="http-deadline", daemon=True)
                self._thread.start()
            elif end < self._wakes:
                self._changed.notify()

    def forget(self, exchange: Exchange) -> None:
        """Stop watching ``exchange``, which is over."""
        with self._changed:
            self._ends.pop(exchange, None)

    def rest(self) -> None:
        """End the thread now, instead of in a few seconds, if there is nothing to watch."""
        with self._changed:
            thread = self._thread
            if thread is None or self._ends:
                return
            self._hurries = True
            self._changed.notify()
        thread.join()

    def _run(self) -> None:
        """Expire exchanges until none has been there for a while."""
        with self._changed:
            while True:
                now = time.monotonic()
                for exchange in [one for one, end in self._ends.items() if end <= now]:
                    del self._ends[exchange]
                    exchange.expire()
                idle = not self._ends
                self._wakes = float("inf") if idle else min(self._ends.values())
                self._changed.wait(_IDLE_SECONDS if idle else self._wakes - now)
                if (idle or self._hurries) and not self._ends:
                    self._thread = None
                    self._hurries = False
                    return


_watchdog = Watchdog()
_current: ContextVar[Exchange | None] = ContextVar("http exchange", default=None)


def rest() -> None:
    """End the thread that watches exchanges, unless there are any: a process that forks must have no other thread."""
    _watchdog.rest()


@contextmanager
def within(seconds: float) -> Iterator[Exchange]:
    """Limit all that a ``DeadlineAdapter`` sends and receives in this thread inside ``with`` to so many seconds.

    When they are over, reads end as if the server had closed the connection. Look at ``expired`` of the exchange even
    where an answer seems complete, because a body without a length ends where its connection does.
    """
    exchange = Exchange()
    token = _current.set(exchange)
    _watchdog.watch(exchange, seconds)
    try:
        yield exchange
    finally:
        _watchdog.forget(exchange)
        _current.reset(token)


class _Watched:
    """Base of the connections below: a connection of urllib3's that adds itself to the exchange of its thread."""

    sock: Any

    def connect(self) -> None:
        exchange = _current.get()
        if exchange is not None:
            exchange.use(self)
        super().connect()  # type: ignore[misc]
        if exchange is not None:
            exchange.keep(self)

    def request(self, *args: Any, **kwargs: Any) -> None:
        exchange = _current.get()
        if exchange is not None:
            exchange.use(self)
        super().request(*args, **kwargs)  # type: ignore[misc]


class _PlainConnection(_Watched, HTTPConnection):
    """A watched connection for http://."""


class _TlsConnection(_Watched, HTTPSConnection):
    """A watched connection for https://."""


class _PlainPool(HTTPConnectionPool):
    """A pool of watched connections for http://."""

    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    """A pool of watched connections for https://."""

    ConnectionCls = _TlsConnection


_POOLS = {"http": _PlainPool, "https": _TlsPool}


class TooLargeError(requests.RequestException):
    """The answer of a server is longer than ``DeadlineAdapter``'s ``most_bytes``."""


class _Bounded:
    """The body of an answer (``urllib3.HTTPResponse``) that may have so many bytes, decompressed."""

    def __init__(self, raw: Any, most_bytes: int) -> None:
        self._raw, self._left, self._most = raw, most_bytes, most_bytes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def stream(self, *args: Any, **kwargs: Any) -> Iterator[bytes]:
        """See ``urllib3.HTTPResponse.stream``.

        Raises:
            TooLargeError: When the body is longer than allowed.
        """
        for part in self._raw.stream(*args, **kwargs):
            self._left -= len(part)
            if self._left < 0:
                self._raw.close()
                raise TooLargeError(f"answers more than {self._most // 2**20} MiB")
            yield part


class DeadlineAdapter(HTTPAdapter):
    """An adapter of requests that limits the time of whole exchanges: by ``within``, else by the request's time limits.

    Without ``within`` an exchange may take the sum of the request's time limits for connecting and reading.

    Args:
        verify: What certificates are checked against, whatever the environment (``REQUESTS_CA_BUNDLE``) says; None
            leaves that to requests.
        keep_alive: Ask the system to probe idle connections, which firewalls drop otherwise.
        most_bytes: The bytes that one answer may have, decompressed; None for any number.
        kwargs: See ``HTTPAdapter``.

    Raises:
        TooLargeError: By who reads an answer of more than ``most_bytes``.
    """

    def __init__(
        self,
        *,
        verify: bool | str | None = None,
        keep_alive: bool = False,
        most_bytes: int | None = None,
        **kwargs: Any,
    ) -> None:
        self._verify = verify
        self._most_bytes = most_bytes
        self._socket_options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)] if keep_alive else []
        super().__init__(**kwargs)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """See HTTPAdapter."""
        super().init_poolmanager(*args, **self._options(kwargs))
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
        """See HTTPAdapter."""
        manager = super().proxy_manager_for(proxy, **self._options(kwargs))
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def _options(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        if not self._socket_options:
            return kwargs
        return {**kwargs, "socket_options": [*HTTPConnection.default_socket_options, *self._socket_options]}

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """See HTTPAdapter. Outside of ``within`` the whole body is read here, unless ``stream`` is set."""
        verify = verify if self._verify is None else self._verify
        seconds = _seconds(timeout)
        if _current.get() is not None or seconds is None or stream:
            return self._sent(request, stream, timeout, verify, cert, proxies)
        too_slow = requests.ReadTimeout(f"Read timed out: no complete answer within {seconds:g} s", request=request)
        with within(seconds) as exchange:
            try:
                response = self._sent(request, stream, timeout, verify, cert, proxies)
                _ = response.content  # read the body before the time limit is lifted
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError):
                if exchange.expired:
                    raise too_slow from None
                raise
        if exchange.expired:
            raise too_slow
        return response

    def _sent(self, request: requests.PreparedRequest, *arguments: Any) -> requests.Response:
        try:
            response = super().send(request, *arguments)
        except urllib3.exceptions.LocationParseError:  # requests does not translate this exception of urllib3's
            raise requests.exceptions.InvalidURL("the name of its host cannot be looked up", request=request) from None
        if self._most_bytes is not None:
            response.raw = _Bounded(response.raw, self._most_bytes)
        return response


def _seconds(timeout: Any) -> float | None:
    """Return the seconds that the time limits of one request allow in all; None when one of them is missing."""
    if isinstance(timeout, (int, float)):
        return 2.0 * timeout
    if isinstance(timeout, tuple) and len(timeout) == 2 and None not in timeout:
        return float(timeout[0] + timeout[1])
    return None
