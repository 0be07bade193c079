"""One HTTP exchange with a worker: read a body within bounds, judge a redirect, say in plain words what went wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

import requests

from kc_lineage_dagster.connect.retry import A_COUPLE
from kc_lineage_dagster.no_answer import Cause, no_answer

TOO_SLOW = "the answer came too slowly (request_timeout)"
_CHUNK = 64 * 1024


class BeyondBoundsError(Exception):
    """An answer beyond the bound in bytes or in seconds; the message says which."""

    def __init__(self, message: str, retries: int) -> None:
        super().__init__(message)
        self.retries = retries


def read_bounded(response: requests.Response, limit: int, until: float, clock: Callable[[], float]) -> bytes:
    """Return a body, decompressed, read bit by bit.

    Args:
        response: The answer, whose body was not read yet.
        limit: The bytes that the body may have.
        until: When the time is over, on the clock.
        clock: Tells the time in seconds.

    Raises:
        BeyondBoundsError: For a body that is too long or comes too slowly.
    """
    # An old urllib3 has no read1: there a trickle ends only when the socket falls silent
    read: Callable[..., bytes] = getattr(response.raw, "read1", response.raw.read)
    parts, size = [], 0
    while part := read(_CHUNK, decode_content=True):
        parts.append(part)
        size += len(part)
        if size > limit:
            raise BeyondBoundsError(f"the answer is longer than {limit} bytes (max_answer_bytes)", 0)
        if clock() > until:
            raise BeyondBoundsError(TOO_SLOW, A_COUPLE)
    return b"".join(parts)


def not_json(raw: bytes) -> str:
    """Say what a body that is no JSON looks like."""
    start = raw[:200].lstrip()
    if not start:
        return "answered nothing"
    if start.startswith(b"<"):
        return "answered HTML instead of JSON; is a login page or another service at this address?"
    return "answered no complete JSON"


def next_hop(url: str, location: str) -> str | None:
    """Return where a redirect leads if the credentials may follow it: same host and port, or the same host's https."""
    try:
        following = urljoin(url, location)
        old, new = urlsplit(url), urlsplit(following)
        upgraded = (old.scheme, new.scheme) == ("http", "https") and new.port in (None, 443)
    except ValueError:
        return None
    same = (old.scheme, old.netloc) == (new.scheme, new.netloc)
    return following if same or (upgraded and old.hostname == new.hostname) else None


def refused_redirect(location: str) -> str:
    """Say where a redirect leads that is not followed, without its path and credentials."""
    host = re.sub(r"^(?:\w+:)?//(?:[^/?#]*@)?", "", location[:500])
    where = re.split(r"[/?#]", host, maxsplit=1)[0] or "a malformed address"
    return f"redirects to {where}, where the credentials may not go; if that is the worker, make it connect_uri"


# What to look at, by the cause of no answer.
_ADVICE = {
    Cause.UNKNOWN_AUTHORITY: "name the authority's certificate in options.connect.ca_bundle",
    Cause.OTHER_HOST: "is the host of connect_uri one that the certificate names?",
    Cause.NO_TLS: "does the worker speak http rather than https?",
    Cause.UNKNOWN_HOST: "is the host of connect_uri right, and is there a name server?",
    Cause.NOT_LISTENING: "is the worker running, and are host and port of connect_uri right?",
    Cause.NO_ROUTE: "is the host of connect_uri right, and is there a way to it from here?",
}


def cause_of(error: BaseException, seconds: float) -> str:
    """Say in a few words why there was no answer; requests' own texts hold addresses and memory locations."""
    found = no_answer(error)
    if found.cause in (Cause.SLOW, Cause.NOT_REACHED_IN_TIME):
        return f"no answer within {seconds:g} s"
    if found.cause is Cause.PROXY:
        return "the proxy cannot be reached or refuses (HTTP_PROXY, HTTPS_PROXY)"
    return found.said or "the connection broke"


def advice_on(error: BaseException) -> str:
    """Return what to look at when nobody answers, beginning with ``; ``; empty where nothing is to be said."""
    advice = _ADVICE.get(no_answer(error).cause)
    return f"; {advice}" if advice else ""
