"""A Kafka Connect worker for tests: a real HTTP server on a real socket, with faults.

    with ConnectStandIn(worker({"crm": {"connector.class": "..."}}, topics={"crm": ["t"]})) as server:
        server.fault("/connectors/crm/topics", status(503, times=2))
        ConnectClient(ConnectSettings(server.uri)) ...

Answers are a mapping of request path to body, or to ``{"status": 200, "body": ...}``, as in a saved cluster's file,
whose path may be given instead. A path's faults are used up one after the other; then it answers as usual.
"""

from __future__ import annotations

import base64
import gzip
import json
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from tests import loopback

EXPANDED = "/connectors?expand=info&expand=status"
Spot = tuple[str, ...]


@dataclass
class Fault:
    """``act`` answers instead of the worker, or returns True to let the worker answer after all."""

    act: Callable[[Handler], bool | None]
    times: int | None = None


def status(code: int, times: int | None = None, message: str = "", retry_after: str | None = None) -> Fault:
    headers = {"Retry-After": retry_after} if retry_after is not None else {}
    body = json.dumps({"error_code": code, "message": message or f"HTTP {code}"}).encode()
    return Fault(lambda handler: handler.answer(code, body, headers), times)


def body(raw: bytes, times: int | None = None, content_type: str = "application/json", code: int = 200) -> Fault:
    return Fault(lambda handler: handler.answer(code, raw, {"Content-Type": content_type}), times)


def html(times: int | None = None) -> Fault:
    return body(b"<!DOCTYPE html><html><body>Please log in</body></html>", times, "text/html")


def null(times: int | None = None) -> Fault:
    return body(b"null", times)


def delay(seconds: float, times: int | None = None) -> Fault:
    def wait(handler: Handler) -> bool:
        handler.server.ended.wait(seconds)
        return True

    return Fault(wait, times)


def held_until(released: threading.Event) -> Fault:
    """Answer when ``released`` is set."""

    def wait(handler: Handler) -> bool:
        while not released.wait(0.1) and not handler.server.ended.is_set():
            pass
        return True

    return Fault(wait)


def reset(times: int | None = None) -> Fault:
    return Fault(Handler.reset, times)


def truncated(times: int | None = None) -> Fault:
    """The connection ends in the middle of the announced body."""

    def half(handler: Handler) -> None:
        raw = b'{"crm": {"info": {"name": "crm", "conf'
        handler.head(200, {"Content-Length": str(len(raw) * 2)})
        handler.wfile.write(raw)
        handler.close_connection = True

    return Fault(half, times)


def trickle(times: int | None = None) -> Fault:
    """One byte at a time, without end."""

    def drip(handler: Handler) -> None:
        handler.head(200, {"Content-Length": "1000000"})
        handler.close_connection = True
        while not handler.server.ended.is_set():
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.02)

    return Fault(drip, times)


def drip(before: bytes, drops: bytes, seconds: float = 0.02, times: int | None = None) -> Fault:
    """Send ``before`` at once, then ``drops`` again and again, a piece at a time, without end."""
    return Fault(lambda handler: handler.drip(before, drops, seconds), times)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
DRIPS = {
    "the status line": (b"HTTP/1.1 20", b"0"),
    "a header": (HEAD + b"X-Long: ", b"x"),
    "headers": (HEAD, b"X: y\r\n"),
    "100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "the length of a chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n", b"1\r\n \r\n"),
    "the trailer": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", b"X: y\r\n"),
    "a body of known length": (HEAD + b"Content-Length: 1000000\r\n\r\n[", b" "),
    "a body that ends with the connection": (HEAD + b"Connection: close\r\n\r\n{}", b" "),
}


def flood(size: int, compressed: bool = False) -> Fault:
    raw = b"[" + b" " * size + b"]"
    headers = {"Content-Encoding": "gzip"} if compressed else {}
    return Fault(lambda handler: handler.answer(200, gzip.compress(raw) if compressed else raw, headers))


def redirect(location: str, times: int | None = None) -> Fault:
    return Fault(lambda handler: handler.answer(302, b"", {"Location": location}), times)


def self_signed(folder: Path) -> Path:
    """Make ``cert.pem`` and ``key.pem`` for 127.0.0.1, which also serve as their own authority and as the client's."""
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    )
    subprocess.run(
        [*command.split(), "-keyout", "key.pem", "-out", "cert.pem"], cwd=folder, check=True, capture_output=True
    )
    return folder


@dataclass
class Seen:
    target: str
    headers: Mapping[str, str]


class Handler(loopback.Handler):
    wbufsize = -1

    def serve(self, method: str, body: bytes) -> None:
        if method != "GET":  # whoever writes to Connect is wrong here
            self.answer(405, b"", {})
            return
        stand_in: ConnectStandIn = self.server.owner
        spot = spot_of(self.path.removeprefix(stand_in.prefix) if stand_in.prefix else self.path)
        with stand_in.lock:
            stand_in.requests.append(Seen(self.path, dict(self.headers.items())))
            fault = stand_in.next_fault(spot)
        if fault and not fault.act(self):
            return
        if stand_in.refuses(self.headers):
            self.answer(401, b'{"error_code": 401, "message": "Unauthorized"}', {})
            return
        code, found = stand_in.find(spot)
        self.answer(code, json.dumps(found).encode(), {})

    def answer(self, code: int, raw: bytes, headers: Mapping[str, str]) -> None:
        if self.server.owner.compress and "gzip" in self.headers.get("Accept-Encoding", "") and raw:
            raw, headers = gzip.compress(raw), {**headers, "Content-Encoding": "gzip"}
        self.reply(code, raw, {"Content-Type": "application/json", **headers})


class _Server(loopback.Loopback):
    def process_request(self, request: Any, client_address: Any) -> None:
        self.owner.connections += 1
        super().process_request(request, client_address)


@dataclass
class ConnectStandIn:
    """``authorization``: the header a request must carry, if any. ``prefix``: a path that a proxy puts in front."""

    answers: Mapping[str, Any] | Path
    prefix: str = ""
    authorization: str | None = None
    compress: bool = False
    tls: ssl.SSLContext | None = None
    requests: list[Seen] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        given = json.loads(self.answers.read_text()) if isinstance(self.answers, Path) else self.answers
        self.by_spot = {spot_of(path): answer for path, answer in given.items()}
        self.faults: dict[Spot, list[Fault]] = {}
        self.lock = threading.Lock()

    def __enter__(self) -> ConnectStandIn:
        self.server = _Server(Handler, self)
        if self.tls:
            self.server.socket = self.tls.wrap_socket(self.server.socket, server_side=True)
        self.server.begin()
        return self

    def __exit__(self, *_: Any) -> None:
        self.server.end()

    @property
    def uri(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.server.port}{self.prefix}"

    @property
    def targets(self) -> list[str]:
        return [seen.target for seen in self.requests]

    def fault(self, path: str, *faults: Fault) -> None:
        self.faults[spot_of(path)] = list(faults)

    def next_fault(self, spot: Spot) -> Fault | None:
        queue = self.faults.get(spot, [])
        while queue:
            if queue[0].times is None:
                return queue[0]
            if queue[0].times > 0:
                queue[0].times -= 1
                return queue[0]
            queue.pop(0)
        return None

    def refuses(self, headers: Mapping[str, str]) -> bool:
        return self.authorization is not None and headers.get("Authorization") != self.authorization

    def find(self, spot: Spot) -> tuple[int, Any]:
        if spot in self.by_spot:
            found = self.by_spot[spot]
            if isinstance(found, Mapping) and found.keys() == {"status", "body"}:
                return found["status"], found["body"]
            return 200, found
        if len(spot) == 4 and spot[1] == "connectors" and spot[3] == "topics":
            return 200, {spot[2]: {"topics": []}}
        if len(spot) > 2 and spot[1] == "connectors":
            return 404, {"error_code": 404, "message": f"Connector {spot[2]} not found"}
        return 404, {"error_code": 404, "message": "HTTP 404 Not Found"}


def spot_of(target: str) -> Spot:
    """A request's path as a server reads it: dot segments resolved first, then each segment decoded."""
    path, _, query = target.partition("?")
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            segments = segments[:-1] or [""]
        elif segment != ".":
            segments.append(segment)
    while len(segments) > 1 and segments[-1] == "":
        segments.pop()
    return (*(unquote(segment) for segment in segments), *sorted(f"?{key}={value}" for key, value in parse_qsl(query)))


def basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def worker(
    connectors: Mapping[str, Any],
    *,
    topics: Mapping[str, Iterable[str]] | None = None,
    kind: str = "source",
    state: str = "RUNNING",
    trace: str | None = None,
) -> dict[str, Any]:
    """The answers of a worker with these connectors (name -> configuration)."""
    listing: dict[str, Any] = {}
    answers: dict[str, Any] = {
        "/": {"version": "3.9.1", "commit": "f745dfdcee2b9851", "kafka_cluster_id": "StandInStandInStandInA"},
        EXPANDED: listing,
        "/connectors": list(connectors),
        "/connector-plugins": [],
    }
    failed = {"trace": trace} if trace else {}
    for name, config in connectors.items():
        task = {"connector": name, "task": 0}
        info = {"name": name, "config": config, "tasks": [task], "type": kind}
        states = {"state": state, "worker_id": "127.0.0.1:8083", **failed}
        about = {"name": name, "connector": states, "tasks": [{"id": 0, **states}], "type": kind}
        listing[name] = {"info": info, "status": about}
        if not name:
            continue  # no path leads to it
        path = "/connectors/" + quote(name, safe="").replace(".", "%2E")
        answers[path], answers[f"{path}/status"] = info, about
        answers[f"{path}/topics"] = {name: {"topics": list((topics or {}).get(name, [f"topic-of-{name}"]))}}
        answers[f"{path}/offsets"] = {"offsets": []}
        answers[f"{path}/tasks"] = [{"id": task, "config": config}]
    return answers
