"""The two servers of the benchmark, each in a process of its own, on asyncio streams so that neither is the bottleneck.

    python -m bench.serve connect FILE LATENCY     the answers in FILE (JSON), LATENCY seconds each
    python -m bench.serve gms                      counts proposals and keeps nothing

Both print their port. ``GET /_count`` answers {"requests": n, "proposals": n} and starts again from 0; ``PUT
/connectors/{name}/config`` changes a connector. Neither is counted.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Callable
from typing import Any

from bench.generate import EXPANDED

# (method, path, body) -> (status, body)
Answer = Callable[[str, str, bytes], tuple[int, bytes]]
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_PROPOSAL = re.compile(rb'"entityUrn" *:|"urn" *: *"urn:li:data(?:Flow|Job)')  # rest.li batches; OpenAPI
_UNCOUNTED = {"/_count"}


class Counts:
    """Requests and proposals since they were last asked for."""

    def __init__(self) -> None:
        self.requests = self.proposals = 0

    def take(self) -> bytes:
        """The counts as JSON; they begin again."""
        answer = json.dumps({"requests": self.requests, "proposals": self.proposals}).encode()
        self.requests = self.proposals = 0
        return answer


def connect(document: dict[str, Any]) -> Answer:
    """Connect's REST API: bodies are made once, before anybody asks."""
    bodies = {path: json.dumps(body).encode() for path, body in document.items()}

    def change(path: str, config: dict[str, str]) -> None:
        name = path.removeprefix("/connectors/").removesuffix("/config")
        for info in (document[f"/connectors/{name}"], document[EXPANDED][name]["info"]):
            info["config"] = config
        for changed in (f"/connectors/{name}", EXPANDED):
            bodies[changed] = json.dumps(document[changed]).encode()

    def answer(method: str, path: str, body: bytes) -> tuple[int, bytes]:
        if method == "PUT":
            change(path, json.loads(body))
            return 200, body
        found = bodies.get(path)
        return (200, found) if found is not None else (404, b'{"error_code": 404, "message": "HTTP 404 Not Found"}')

    return answer


def gms(method: str, path: str, body: bytes) -> tuple[int, bytes]:
    """DataHub's GMS, as far as two clients that write need it."""
    if path.startswith("/config"):
        versions = {"acryldata/datahub": {"version": "v1.3.0", "commit": "0"}}
        config = {"noCode": "true", "statefulIngestionCapable": True, "versions": versions}
        return 200, json.dumps({**config, "datahub": {"serverType": "quickstart"}}).encode()
    if method == "POST":
        return 200, b'{"value": "urn:li:dataFlow:(kafka-connect,bench,PROD)"}'
    if "telemetryClientId" in path:
        return 200, b'{"version": 0, "aspect": {"com.linkedin.telemetry.TelemetryClientId": {"clientId": "bench"}}}'
    if "aspect=status" in path:
        return 200, b'{"version": 0, "aspect": {"com.linkedin.common.Status": {"removed": false}}}'
    return 404, b"{}"


async def serve(answer: Answer, latency: float) -> None:
    """Serve for ever; prints the port first."""
    counts = Counts()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
                length = _LENGTH.search(head)
                body = await reader.readexactly(int(length[1])) if length else b""
                status, found = await _answered(answer, counts, latency, method, path, body)
                start = f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {len(found)}\r\n\r\n"
                writer.write(start.encode() + found)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=1 << 20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def _answered(
    answer: Answer, counts: Counts, latency: float, method: str, path: str, body: bytes
) -> tuple[int, bytes]:
    if path in _UNCOUNTED:
        return 200, counts.take()
    if method != "PUT":
        counts.requests += 1
        counts.proposals += len(_PROPOSAL.findall(body))
        if latency:
            await asyncio.sleep(latency)
    return answer(method, path, body)


def main(what: str, file: str = "", latency: str = "0") -> None:
    """See the module's docstring."""
    if what == "connect":
        with open(file, encoding="utf-8") as stream:
            asyncio.run(serve(connect(json.load(stream)), float(latency)))
    else:
        asyncio.run(serve(gms, 0.0))


if __name__ == "__main__":
    main(*sys.argv[1:])
