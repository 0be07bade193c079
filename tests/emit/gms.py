"""A loopback stand-in for DataHub's GMS: a real HTTP server that believes nothing it is told.

It validates every proposal against acryl-datahub's schemas and URN rules, rejects a batch whole when one
proposal of it is wrong (as GMS does), keeps what it acknowledged, and counts requests. Faults are
functions: see ``Fault``.

    with Gms() as gms:
        ... DatahubRestSink with server=gms.url ...
        gms.aspects[(urn, "status")]

``python -m tests.emit.gms`` runs one and prints its address, for benchmarks in another process.
"""

from __future__ import annotations

import json
import os
import re
import socket
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.emit.gms_rules import problem_of
from tests.loopback import Handler, HeldPort, Loopback, cut
from tests.waiting import wait

os.environ.setdefault("DATAHUB_TELEMETRY_ENABLED", "false")

HTML = "<!doctype html><html><body>Sign in</body></html>"


# For ``Answer.drip``: a body without end, a megabyte at a time.
FLOOD = (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n[", b" " * 2**20)


@dataclass(frozen=True)
class Request:
    """One request: ``number`` counts writes from 1 (0 for other requests)."""

    number: int
    method: str
    path: str
    proposals: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Answer:
    """What to answer instead: ``reset`` breaks the connection, ``stored`` works first, ``die`` stops serving;
    ``drip``: send the first part at once, the second again and again without end, and end there when it is empty.
    """

    status: int = 200
    body: str = "{}"
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0
    reset: bool = False
    stored: bool = False
    die: bool = False
    drip: tuple[bytes, bytes] | None = None


# None: answer as a healthy GMS does.
Fault = Callable[[Request], "Answer | None"]


def healthy(_: Request) -> None:
    """No fault."""


def answers(status: int, *, times: int = sys.maxsize, retry_after: int | str | None = None) -> Fault:
    """The first ``times`` writes are answered with ``status``."""
    headers = (("Retry-After", str(retry_after)),) if retry_after is not None else ()
    body = json.dumps({"status": status, "message": "not now"})
    return lambda request: Answer(status, body, headers=headers) if 0 < request.number <= times else None


def everything(status: int) -> Fault:
    """Every request, reads included, is answered with ``status``."""
    return lambda request: Answer(status, json.dumps({"status": status, "message": "no"}))


def resets(times: int, *, stored: bool = False) -> Fault:
    """The first ``times`` writes end in a connection reset; with ``stored`` after they took effect."""
    return lambda request: Answer(reset=True, stored=stored) if 0 < request.number <= times else None


def dies_after(writes: int) -> Fault:
    """The process is gone after so many writes: the next one and all others are refused."""
    return lambda request: Answer(die=True, reset=True) if request.number > writes else None


def rejects(part: str, status: int = 422) -> Fault:
    """A batch that holds a proposal for a URN containing ``part`` is rejected."""

    def fault(request: Request) -> Answer | None:
        for proposal in request.proposals:
            if part in proposal["entityUrn"]:
                message = f"Failed to validate {proposal['entityUrn']}"
                return Answer(status, json.dumps({"status": status, "message": message}))
        return None

    return fault


def html(times: int = sys.maxsize) -> Fault:
    """Writes are answered with 200 and a login page."""
    page = Answer(200, HTML, "text/html")
    return lambda request: page if 0 < request.number <= times else None


def slow(seconds: float) -> Fault:
    """Every write takes so long."""
    return lambda request: Answer(delay=seconds, stored=True) if request.number else None


@dataclass
class Gms:
    """The server. ``fault`` may be changed at any time; ``stop`` and ``start`` keep address and contents."""

    fault: Fault = healthy
    port: int = 0
    queued: bool = False  # also take asynchronous writes, which other clients than ours make
    unindexed: set[str] = field(default_factory=set)  # entities that its search does not find yet
    aspects: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    system: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    timeseries: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    writes: Counter[tuple[str, str]] = field(default_factory=Counter)
    requests: Counter[str] = field(default_factory=Counter)
    headers: list[dict[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    client_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    config: dict[str, Any] = field(
        default_factory=lambda: {
            "noCode": "true",
            "statefulIngestionCapable": True,
            "versions": {"acryldata/datahub": {"version": "v1.3.0", "commit": "0"}},
            "datahub": {"serverType": "quickstart"},
        }
    )

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._ending = threading.Lock()
        self._held: HeldPort | None = None
        self._server: Loopback | None = None
        self._open: set[socket.socket] = set()
        self._serving = 0

    def __enter__(self) -> Gms:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        if self._held is not None:
            self._held.close()

    @property
    def url(self) -> str:
        """The address to put into ``server``."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Serve, at the same port as before."""
        if not self.port:
            self._held = HeldPort()
            self.port = self._held.number
        self._server = Loopback(_Handler, self, self.port).begin()

    def stop(self) -> None:
        """Refuse connections from now on, and break those that are open; wait for another thread that does the same."""
        with self._ending:
            server, self._server = self._server, None
            if server is not None:
                server.end()
            with self._lock:
                for connection in self._open:
                    cut(connection)
                self._open.clear()

    def settle(self) -> None:
        """Wait until all clients are gone: a request of one that was killed may still be stored."""
        wait(lambda: not self._open, "all connections are closed", every=0.01)

    def settle_among_others(self) -> None:
        """Wait for a moment without a request, where clients that nobody kills keep their connections."""
        quiet = 0

        def is_quiet() -> bool:
            nonlocal quiet
            quiet = 0 if self._serving else quiet + 1
            return quiet == 10  # a request that has been read, and is not yet served, had the time to begin

        wait(is_quiet, "a moment without a request", every=0.01)

    def wipe(self) -> None:
        """Lose everything, as a new installation has nothing."""
        with self._lock:
            self.aspects.clear()
            self.timeseries.clear()
        self.client_id = str(uuid.uuid4())

    def entities(self, *, removed: bool | None = None) -> set[str]:
        """URNs of what it holds; ``removed`` picks by status."""
        urns = self.urns()
        if removed is None:
            return urns
        return {urn for urn in urns if self.aspects.get((urn, "status"), {}).get("removed") == removed}

    def urns(self) -> set[str]:
        """URNs of what it holds at this moment, whoever writes meanwhile."""
        with self._lock:
            return {urn for urn, _ in self.aspects}

    def store(self, proposals: Iterable[dict[str, Any]]) -> None:
        """Keep the proposals of one acknowledged request."""
        from datahub.emitter.aspect import TIMESERIES_ASPECT_MAP

        with self._lock:
            for proposal in proposals:
                key = (proposal["entityUrn"], proposal["aspectName"])
                self.writes[key] += 1
                self.system[key] = proposal.get("systemMetadata") or {}
                if proposal["aspectName"] in TIMESERIES_ASPECT_MAP:
                    self.timeseries.append((*key, proposal["json"]))
                else:
                    self.aspects[key] = proposal["json"]


class _Handler(Handler):
    @property
    def gms(self) -> Gms:
        found: Gms = self.server.owner
        return found

    def setup(self) -> None:
        super().setup()
        with self.gms._lock:
            self.gms._open.add(self.connection)

    def finish(self) -> None:
        with self.gms._lock:
            self.gms._open.discard(self.connection)
        super().finish()

    def serve(self, method: str, body: bytes) -> None:
        with self.gms._lock:
            self.gms._serving += 1
        try:
            self._serve(method, body)
        finally:
            with self.gms._lock:
                self.gms._serving -= 1

    def _serve(self, method: str, body: bytes) -> None:
        gms = self.gms
        path = self.path
        proposals = _proposals(path, body) if method == "POST" else ()
        with gms._lock:
            gms.requests[f"{method} {urlsplit(path).path}"] += 1
            gms.headers.append(dict(self.headers.items()))
            gms.requests["writes"] += bool(proposals)
            number = gms.requests["writes"] if proposals else 0
        fault = gms.fault(Request(number, method, path, proposals))
        if fault is not None:
            self._fail(fault, proposals)
        elif proposals:
            self._take(proposals)
        else:
            self._answer(*_read(gms, method, path, body))

    def _fail(self, fault: Answer, proposals: tuple[dict[str, Any], ...]) -> None:
        time.sleep(fault.delay)
        if fault.stored:
            self.gms.store(proposals)
        if fault.die:
            threading.Thread(target=self.gms.stop, daemon=True).start()
        if fault.drip:
            self.drip(*fault.drip)
            return
        if fault.reset:
            self.reset()
            return
        self._answer(fault.status, fault.body, fault.content_type, fault.headers)

    def _take(self, proposals: tuple[dict[str, Any], ...]) -> None:
        if self.gms.queued:
            proposals = tuple({**proposal, "async": "false"} for proposal in proposals)
        problem = next(filter(None, map(problem_of, proposals)), None)
        if problem:
            self.gms.problems.append(problem)
            self._answer(422, json.dumps({"status": 422, "message": problem}))
            return
        self.gms.store(proposals)
        openapi = self.path.startswith("/openapi/")
        entities = [{"urn": proposal["entityUrn"]} for proposal in proposals]
        self._answer(200, json.dumps(entities if openapi else {"value": "success"}))

    def _answer(
        self,
        status: int,
        body: str,
        content_type: str = "application/json",
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.reply(status, body.encode(), {"Content-Type": content_type, **dict(headers)})


def _proposals(path: str, body: bytes) -> tuple[dict[str, Any], ...]:
    """The proposals of a write, each with its aspect as ``json``; none for other requests."""
    parts = urlsplit(path)
    action = parse_qs(parts.query).get("action", [""])[0]
    if parts.path == "/aspects" and action in ("ingestProposalBatch", "ingestProposal"):
        document = json.loads(body)
        found = document.get("proposals") or [document["proposal"]]
        return tuple({**one, "json": json.loads(one["aspect"]["value"]), "async": document["async"]} for one in found)
    if parts.path.startswith("/openapi/v3/entity/") and not parts.path.endswith("/batchGet"):
        kind = parts.path.rpartition("/")[2]
        return tuple(_from_openapi(kind, one) for one in json.loads(body))
    return ()


def _from_openapi(kind: str, one: dict[str, Any]) -> dict[str, Any]:
    name = next(key for key in one if key != "urn")
    return {
        "entityUrn": one["urn"],
        "entityType": kind,
        "aspectName": name,
        "changeType": "UPSERT",
        "json": one[name]["value"],
        "systemMetadata": one[name]["systemMetadata"],
        "async": "false",
    }


def _read(gms: Gms, method: str, path: str, body: bytes) -> tuple[int, str]:
    parts = urlsplit(path)
    query = parse_qs(parts.query)
    if parts.path == "/config":
        return 200, json.dumps(gms.config)
    if method == "POST" and query.get("action") == ["getTimeseriesAspectValues"]:
        return 200, json.dumps({"value": {"values": _timeseries(gms, json.loads(body))}})
    if method == "POST" and parts.path == "/api/graphql":
        return 200, json.dumps(_scroll(gms, json.loads(body)))
    if method == "POST" and parts.path.endswith("/batchGet"):
        return 200, json.dumps([one for one in map(partial(_entity, gms), json.loads(body)) if one.keys() > {"urn"}])
    found = re.fullmatch(r"/aspects/(.+)", parts.path)
    if found:
        return _aspect(gms, unquote(found[1]), query["aspect"][0])
    return 404, json.dumps({"status": 404, "message": f"no {path}"})


def _entity(gms: Gms, asked: dict[str, Any]) -> dict[str, Any]:
    """The stored ones of the aspects that are asked for; a dataset's key is stored with any aspect."""
    urn = asked["urn"]
    held = {name: gms.aspects[urn, name] for name in asked if (urn, name) in gms.aspects}
    if "datasetKey" in asked and urn in gms.urns():
        platform, name, env = urn[len("urn:li:dataset:(") : -1].split(",")
        held["datasetKey"] = {"platform": platform, "name": name, "origin": env}
    return {"urn": urn, **{name: {"value": value} for name, value in held.items()}}


_KINDS = {"DATASET": "dataset", "DATA_FLOW": "dataFlow", "DATA_JOB": "dataJob"}


def _scroll(gms: Gms, asked: dict[str, Any]) -> dict[str, Any]:
    """A page of ``scrollAcrossEntities``: what the search index holds, without ``unindexed``."""
    variables = asked["variables"]
    assert "scrollAcrossEntities" in asked["query"]
    kinds = tuple(f"urn:li:{_KINDS[kind]}:" for kind in variables["types"])
    urns = sorted({urn for urn in gms.urns() if urn.startswith(kinds)} - gms.unindexed)
    found = [urn for urn in urns if any(_matches(gms, urn, rules["and"]) for rules in variables["orFilters"])]
    start, count = int(variables.get("scrollId") or 0), variables.get("count") or variables["batchSize"]
    page = [{"entity": _dataset(gms, urn)} for urn in found[start : start + count]]
    following = str(start + count) if start + count < len(found) else None
    return {"data": {"scrollAcrossEntities": {"nextScrollId": following, "searchResults": page}}}


def _matches(gms: Gms, urn: str, rules: list[dict[str, Any]]) -> bool:
    removed = str(gms.aspects.get((urn, "status"), {}).get("removed", "")).lower()
    fields = {"removed": {removed}, "customProperties": set(_properties(gms, urn))}
    if urn.startswith("urn:li:dataset:"):
        platform, _, env = urn[len("urn:li:dataset:(") : -1].split(",")
        fields |= {"platform.keyword": {platform}, "origin": {env}}
    return all(
        bool(fields.get(rule["field"], set()) & set(rule["values"])) is not rule.get("negated", False) for rule in rules
    )


def _properties(gms: Gms, urn: str) -> Iterable[str]:
    """The custom properties as DataHub indexes them."""
    for name in ("dataFlowInfo", "dataJobInfo"):
        for key, value in gms.aspects.get((urn, name), {}).get("customProperties", {}).items():
            yield f"{key}={value}"


def _dataset(gms: Gms, urn: str) -> dict[str, Any]:
    schema, kinds = gms.aspects.get((urn, "schemaMetadata")), gms.aspects.get((urn, "subTypes"))
    asked = ("fieldPath", "nativeDataType")
    fields = [{name: one.get(name) for name in asked} for one in schema["fields"]] if schema else []
    return {
        "urn": urn,
        "schemaMetadata": {"fields": fields} if schema else None,
        "subTypes": {"typeNames": kinds["typeNames"]} if kinds else None,
        "viewProperties": None,
    }


def _aspect(gms: Gms, urn: str, name: str) -> tuple[int, str]:
    from datahub.emitter.aspect import ASPECT_MAP

    held = gms.aspects.get((urn, name))
    if name == "telemetryClientId":
        held = {"clientId": gms.client_id}
    if held is None:
        return 404, json.dumps({"status": 404, "message": "not found"})
    full = ASPECT_MAP[name].RECORD_SCHEMA.fullname.replace(".pegasus2avro", "")
    return 200, json.dumps({"version": 0, "aspect": {full: held}})


def _timeseries(gms: Gms, asked: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [
        json_
        for urn, name, json_ in gms.timeseries
        if urn == asked["urn"]
        and name == asked["aspect"]
        and all(json_.get(rule["field"]) in rule["values"] for group in asked["filter"]["or"] for rule in group["and"])
    ]
    rows.sort(key=lambda row: -row["timestampMillis"])
    return [{"aspect": {"value": json.dumps(row)}} for row in rows[: asked["limit"]]]


if __name__ == "__main__":
    with Gms() as served:
        print(served.url, flush=True)
        sys.stdin.read()
