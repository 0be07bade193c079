"""Recognise a DataHub that was recreated, emptied or restored: receipts of the one before it must not be relied on.

A run looks before it sends anything. A question that gets no answer stays open and is no error: a DataHub that is down
shows when the run writes to it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    import requests

_PROBE_SECONDS = 10.0  # for one question to a GMS
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at a sink showed.

    Args:
        incarnation: The id of the installation, which a recreated one does not share; None when it is not known.
        empty: Whether it is known to hold no entity at all.
        missing: Those of the URNs in question that it does not hold.
    """

    incarnation: str | None = None
    empty: bool = False
    missing: frozenset[str] = frozenset()


def look_at_gms(session: requests.Session, server: str, urns: Collection[str]) -> Seen:
    """Ask a GMS for its id (``telemetryClientId``, which GMS makes with its database) and for three of the entities.

    Args:
        session: With the GMS's credentials, guarded by ``gms_session.guard``.
        server: The GMS's address without a trailing slash.
        urns: Entities that the receipts say it holds. Three of them are enough to recognise a GMS that was emptied, for
            runs that do not verify (``options.verify: false``); a run that verifies reads all entities and gives none.
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
    """Return the ``clientId`` of the aspect ``telemetryClientId``; None when the GMS does not tell it."""
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
    """Return the answer whatever its status is; None when there is none."""
    import requests  # takes a while to load

    try:
        return session.get(url, timeout=_PROBE_SECONDS)
    except requests.RequestException:
        return None


def _sample(urns: Collection[str]) -> tuple[str, ...]:
    """Return the first, the middle and the last of the URNs, sorted."""
    ordered = sorted(urns)
    return tuple(dict.fromkeys(ordered[at] for at in (0, len(ordered) // 2, -1))) if ordered else ()


def look_at_lite(file: Path, urns: Collection[str]) -> Seen:
    """Compare a DataHub Lite file (SQLite) with all the entities that the receipts say it holds."""
    try:
        if not file.exists() or file.stat().st_size == 0:
            return Seen(empty=True)
    except OSError:  # of a folder that this user may not enter; to write to the file will say so
        return Seen()
    query = "SELECT urn FROM metadata_aspect_v2 WHERE version = 0 AND aspect_name = 'status'"
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as lite:
            tables = lite.execute("SELECT 1 FROM sqlite_master WHERE name = 'metadata_aspect_v2'").fetchall()
            held = {row[0] for row in lite.execute(query)} if tables else set()
    except sqlite3.OperationalError:  # another program has locked it
        return Seen()
    except sqlite3.DatabaseError:  # it is damaged: nothing of what was acknowledged can be read any more
        return Seen(empty=True)
    return Seen(empty=not held, missing=frozenset(urns) - held)
