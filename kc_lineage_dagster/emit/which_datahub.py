"""Which DataHub is it? Receipts are worth nothing when a GMS or a Lite file is new, emptied or recreated.

Asked before anything is sent. Tolerant: what cannot be answered is left open, and whoever is down says so
when written to.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import requests

_PROBE_SECONDS = 10.0  # per question to a GMS
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Seen:
    """What a sink says of itself: its id if it has one, whether it is empty, and which of the asked URNs it lacks."""

    incarnation: str | None = None
    empty: bool = False
    missing: frozenset[str] = frozenset()


def look_at_gms(session: requests.Session, server: str, urns: Collection[str]) -> Seen:
    """Ask a GMS for its id (``telemetryClientId``, made with its database) and for three of the entities.

    Three show a GMS that was emptied where nothing else is read back (``options.verify: false``); otherwise no URNs are
    given, because ``verify`` reads all of them.
    """
    found = _client_id(session, server)
    missing = []
    for urn in _sample(urns):
        status = _get(session, f"{server}/aspects/{quote(urn, safe='')}?aspect=status&version=0")
        if status is None:
            break
        if status.status_code == _NOT_FOUND:
            missing.append(urn)
    return Seen(found, missing=frozenset(missing))


def _client_id(session: requests.Session, server: str) -> str | None:
    urn = quote("urn:li:telemetry:clientId", safe="")
    answer = _get(session, f"{server}/aspects/{urn}?aspect=telemetryClientId&version=0")
    if answer is None or not answer.ok:
        return None
    try:
        (aspect,) = answer.json()["aspect"].values()
        return str(aspect["clientId"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _get(session: requests.Session, url: str) -> requests.Response | None:
    try:
        return session.get(url, timeout=_PROBE_SECONDS)
    except requests.RequestException:
        return None


def _sample(urns: Collection[str]) -> tuple[str, ...]:
    ordered = sorted(urns)
    return tuple(dict.fromkeys(ordered[at] for at in (0, len(ordered) // 2, -1))) if ordered else ()


def look_at_lite(file: Path, urns: Collection[str]) -> Seen:
    """Compare a DataHub Lite file (SQLite) with all the entities it is said to hold."""
    if not file.exists() or file.stat().st_size == 0:
        return Seen(empty=True)
    query = "SELECT urn FROM metadata_aspect_v2 WHERE version = 0 AND aspect_name = 'status'"
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as lite:
            tables = lite.execute("SELECT 1 FROM sqlite_master WHERE name = 'metadata_aspect_v2'").fetchall()
            held = {row[0] for row in lite.execute(query)} if tables else set()
    except sqlite3.Error:
        return Seen()
    return Seen(empty=not held, missing=frozenset(urns) - held)
