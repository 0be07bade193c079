"""One HTTP exchange with a worker: read a body within bounds, judge a redirect, say in plain words what went wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from kc_lineage_dagster.connect.retry import A_COUPLE

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


def cause_of(error: BaseException, seconds: float) -> str:
    """Say in a few words why there was no answer; requests' own texts hold addresses and memory locations."""
    if isinstance(error, (requests.Timeout, urllib3.exceptions.TimeoutError)):
        return f"no answer within {seconds:g} s"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy cannot be reached or refuses (HTTP_PROXY, HTTPS_PROXY)"
    chain: list[BaseException] = [error]
    while len(chain) < 12:
        inner = chain[-1].__cause__ or chain[-1].__context__ or next(_inner(chain[-1]), None)
        if inner is None or inner in chain:
            break
        chain.append(inner)
    texts = [
        getattr(link, "verify_message", "") or (link.strerror if isinstance(link, OSError) else "") for link in chain
    ]
    return next((str(text) for text in reversed(texts) if text), "the connection broke")


def _inner(error: BaseException) -> Iterator[BaseException]:
    return (arg for arg in (getattr(error, "reason", None), *error.args) if isinstance(arg, BaseException))
