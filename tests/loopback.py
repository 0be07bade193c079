"""What the stand-in servers of the tests share: a port of loopback that is theirs, and HTTP on it, in a thread."""

from __future__ import annotations

import socket
import struct
import sys
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_AT_ONCE = struct.pack("ii", 1, 0)  # socket(7): closing sends a reset, whatever was not sent yet


class HeldPort:
    """A port of 127.0.0.1, kept for a server to come, which may start and stop as often as it likes.

    A port that is merely free is another process's a moment later. This one is bound and not listened on: whoever
    connects is refused, the system gives it to nobody who asks for any port, and a server that names it may listen on
    it, because all of them set SO_REUSEADDR (``man 7 socket``).
    """

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", 0))
        self.number: int = self._socket.getsockname()[1]
        if sys.platform != "linux":  # elsewhere a bound port cannot be bound once more
            self.close()

    def close(self) -> None:
        """Leave the port to others."""
        self._socket.close()


class Loopback(ThreadingHTTPServer):
    """A server of ``owner``, the stand-in that handlers ask; ``ended`` is set when it stops."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, handler: type[Handler], owner: Any, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), handler)
        self.owner = owner
        self.ended = threading.Event()

    def begin(self) -> Loopback:
        """Serve in a thread."""
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def end(self) -> None:
        """Refuse connections from now on; requests under way learn it from ``ended``."""
        self.ended.set()
        self.shutdown()
        self.server_close()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are no news."""


class Handler(BaseHTTPRequestHandler):
    """Silent, with answers of a known length, and the ways to treat a client badly that all stand-ins share."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Loopback

    def handle(self) -> None:
        try:
            super().handle()
        except (OSError, ValueError):
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.serve("GET", b"")

    def do_POST(self) -> None:
        self.serve("POST", self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def serve(self, method: str, body: bytes) -> None:
        """Answer one request; each stand-in says how."""
        raise NotImplementedError

    def head(self, status: int, headers: Mapping[str, str]) -> None:
        """Send a status and headers."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def reply(self, status: int, raw: bytes, headers: Mapping[str, str]) -> None:
        """Send a whole answer, to a client that may have gone."""
        try:
            self.head(status, {**headers, "Content-Length": str(len(raw))})
            self.wfile.write(raw)
            self.wfile.flush()
        except OSError:
            self.close_connection = True

    def drip(self, before: bytes, drops: bytes, seconds: float = 0.02) -> None:
        """Send ``before`` at once, then ``drops`` again and again, until the client has had enough; with no drops the
        connection ends there.
        """
        self.close_connection = True
        try:
            self.connection.sendall(before)
            while drops and not self.server.ended.is_set():
                self.connection.sendall(drops)
                time.sleep(seconds)
        except OSError:
            pass

    def reset(self) -> None:
        """Break the connection, so that the client reads of a reset."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self.connection.close()


def cut(connection: socket.socket) -> None:
    """End a connection that a handler in another thread may be reading from."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    connection.close()
