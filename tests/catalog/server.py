"""A server on loopback that answers paths with JSON, and can fail in every way."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tests.loopback import Handler, Loopback

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
        self._server = Loopback(_Handler, self).begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.end()

    @property
    def url(self) -> str:
        return self._server.url


class _Handler(Handler):
    def serve(self, method: str, body: bytes) -> None:
        served: Server = self.server.owner
        served.asked.append(unquote(self.path))
        served.headers.append(dict(self.headers.items()))
        time.sleep(served.delay)
        found = served.answers(body.decode() if method == "POST" else self.path)
        if found is None:
            self.close_connection = True
            return
        status, body = found
        elsewhere = {"Location": "http://127.0.0.1:1/elsewhere"} if status in (301, 302, 307) else {}
        self.reply(status, (body if isinstance(body, str) else json.dumps(body)).encode(), elsewhere)
