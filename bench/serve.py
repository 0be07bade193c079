"""The two servers of the benchmark: Connect and a GMS, on asyncio streams so that neither is the bottleneck.

    python -m bench.serve connect FILE LATENCY     serves the answers in FILE (JSON), LATENCY seconds each
    python -m bench.serve gms                      holds proposals and counts them

Each prints its port. ``GET /_count`` answers {"requests": n, "proposals": n} and starts again from 0; ``PUT
/connectors/{name}/config`` changes a connector. Neither is counted.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from bench.generate import EXPANDED

# (method, path, body) -> (status, body)
Answer = Callable[[str, str, bytes], tuple[int, bytes]]
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_PROPOSAL = re.compile(rb'"entityUrn" *:|"urn" *: *"urn:li:data(?:Flow|Job)')  # rest.li batches; OpenAPI
_UNCOUNTED = {"/_count"}


class Counts:
    """Numbers of requests and proposals since ``take`` was last called."""

    def __init__(self) -> None:
        self.requests = self.proposals = 0

    def take(self) -> bytes:
        """Return the counts as JSON and set them to 0."""
        answer = json.dumps({"requests": self.requests, "proposals": self.proposals}).encode()
        self.requests = self.proposals = 0
        return answer


def connect(document: dict[str, Any]) -> Answer:
    """Return the answers of Connect's REST API. Bodies are made beforehand, so that no request waits for that.

    ``document``: request path -> JSON.
    """
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


def gms() -> Answer:
    """Return the answers of DataHub's GMS, as far as a client needs them that writes and reads back what it wrote.

    Each aspect is kept as the JSON text that was sent.
    """
    held: dict[str, dict[str, str]] = {}
    versions = {"acryldata/datahub": {"version": "v1.3.0", "commit": "0"}}
    config = {"noCode": "true", "statefulIngestionCapable": True, "versions": versions}
    configured = json.dumps({**config, "datahub": {"serverType": "quickstart"}}).encode()

    def answer(method: str, path: str, body: bytes) -> tuple[int, bytes]:
        parts = urlsplit(path)
        if parts.path == "/config":
            return 200, configured
        if method == "POST" and parts.path.endswith("/batchGet"):
            return 200, _entities(held, json.loads(body)).encode()
        if parts.path == "/api/graphql" and b"customProperties" in body:
            return 200, _found(held, json.loads(body)["variables"]).encode()
        if method == "POST":
            for urn, name, value in _written(parts.path, body):
                held.setdefault(urn, {})[name] = value
            return 200, b'{"value": "success"}'
        if "telemetryClientId" in path:
            return 200, b'{"version": 0, "aspect": {"com.linkedin.telemetry.TelemetryClientId": {"clientId": "bench"}}}'
        urn, aspect = unquote(parts.path.removeprefix("/aspects/")), parse_qs(parts.query).get("aspect", [""])[0]
        value = held.get(urn, {}).get(aspect)
        if value is None:
            return 404, b'{"status": 404, "message": "not found"}'
        return 200, f'{{"version": 0, "aspect": {{"{aspect}": {value}}}}}'.encode()

    return answer


def _written(path: str, body: bytes) -> Iterator[tuple[str, str, str]]:
    """Yield URN, aspect and JSON of each proposal in a request: Rest.li's ``ingestProposal[Batch]`` or OpenAPI v3."""
    document = json.loads(body)
    if path.startswith("/openapi/"):
        for entity in document:
            urn = entity.pop("urn")
            yield from ((urn, name, json.dumps(aspect["value"])) for name, aspect in entity.items())
    elif path == "/aspects":
        for one in document.get("proposals") or [document["proposal"]]:
            yield one["entityUrn"], one["aspectName"], one["aspect"]["value"]


def _entities(held: Mapping[str, Mapping[str, str]], asked: Iterable[Mapping[str, Any]]) -> str:
    """Return the wanted aspects of each entity that has any, in the form of OpenAPI v3's ``batchGet``."""
    found = []
    for one in asked:
        aspects = held.get(one["urn"], {})
        values = [f'"{name}": {{"value": {aspects[name]}}}' for name in one if name in aspects]
        if values:
            found.append(f'{{"urn": {json.dumps(one["urn"])}, {", ".join(values)}}}')
    return f"[{', '.join(found)}]"


def _found(held: Mapping[str, Mapping[str, str]], variables: Mapping[str, Any]) -> str:
    """Return a page of GraphQL's ``scrollAcrossEntities``: entities with a custom property that the filter names."""
    rules = [rule for one in variables["orFilters"] for rule in one["and"] if rule["field"] == "customProperties"]
    pairs = [value.partition("=") for rule in rules for value in rule["values"]]
    parts = {f"{json.dumps(key)}: {json.dumps(value)}" for key, _, value in pairs}
    urns = [
        urn
        for urn, aspects in list(held.items())  # others may write meanwhile
        if any(part in aspects.get("dataFlowInfo", aspects.get("dataJobInfo", "")) for part in parts)
    ]
    start, count = int(variables.get("scrollId") or 0), variables["batchSize"]
    following = str(start + count) if start + count < len(urns) else None
    page = [{"entity": {"urn": urn}, "extraProperties": []} for urn in urns[start : start + count]]
    return json.dumps({"data": {"scrollAcrossEntities": {"nextScrollId": following, "searchResults": page}}})


async def serve(answer: Answer, latency: float) -> None:
    """Print the port and serve until the process ends. ``latency``: seconds before each answer."""
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
        counts.proposals += 0 if path.endswith("/batchGet") else len(_PROPOSAL.findall(body))
        if latency:
            await asyncio.sleep(latency)
    return answer(method, path, body)


def main(what: str, file: str = "", latency: str = "0") -> None:
    """Run one of the servers; the module's docstring explains the arguments."""
    if what == "connect":
        with open(file, encoding="utf-8") as stream:
            asyncio.run(serve(connect(json.load(stream)), float(latency)))
    else:
        asyncio.run(serve(gms(), 0.0))


if __name__ == "__main__":
    main(*sys.argv[1:])
