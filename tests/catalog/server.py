"""A server on loopback that answers paths with JSON, and can fail in every way."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

# From a path, or the body of a POST, to status and body, None to break the connection; what is no text is sent as JSON.
Answers = Callable[[str], "tuple[int, Any] | None"]


@dataclass
class Server:
    """``asked``: the paths of all requests, decoded. ``headers``: of each. ``delay``: seconds before an answer."""

    answers: Answers
    delay: float = 0.0
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def __enter__(self) -> Server:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"served": self}))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    served: Server
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def do_GET(self) -> None:
        self._serve(self.path)

    def _serve(self, question: str) -> None:
        self.served.asked.append(unquote(self.path))
        self.served.headers.append(dict(self.headers.items()))
        time.sleep(self.served.delay)
        found = self.served.answers(question)
        if found is None:
            self.close_connection = True
            return
        status, body = found
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        if status in (301, 302, 307):
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        try:
            self.end_headers()
            self.wfile.write(data)
        except OSError:
            self.close_connection = True
