"""One HTTP exchange with a worker: read a body within bounds, judge a redirect, say in plain words what went wrong."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any
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
    texts = [
        getattr(link, "verify_message", "") or (link.strerror if isinstance(link, OSError) else "")
        for link in _chain(error)
    ]
    return next((str(text) for text in reversed(texts) if text), "the connection broke")


def advice_on(error: BaseException) -> str:
    """Return what to look at when nobody answers, beginning with ``; ``; empty where nothing is to be said.

    What decides is the kind of the exception and its number, because texts differ between systems and languages.
    """
    if isinstance(error, requests.exceptions.ProxyError):
        return ""
    advice = (_MISSING.get(kind) for link in _chain(error) for kind in _kinds(link))
    return next((f"; {one}" for one in advice if one), "")


def _kinds(error: BaseException) -> tuple[Any, ...]:
    """Return the keys of ``_MISSING`` that an exception may stand under."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return (error.verify_code,)
    if isinstance(error, ssl.SSLError):
        return (error.reason,)
    return (type(error), errno.errorcode.get(error.errno or 0)) if isinstance(error, OSError) else ()


_AUTHORITY = "name the authority's certificate in options.connect.ca_bundle"
_OTHER_HOST = "is the host of connect_uri one that the certificate names?"
_NO_WAY = "is the host of connect_uri right, and is there a way to it from here?"
# What is missing, by OpenSSL's number of a refused certificate (X509_V_ERR_...), its reason for other failures, and the
# class or the name of the number of an error of the operating system.
_MISSING: dict[Any, str] = {
    2: _AUTHORITY,  # unable to get issuer certificate
    18: _AUTHORITY,  # self-signed certificate
    19: _AUTHORITY,  # self-signed certificate in certificate chain
    20: _AUTHORITY,  # unable to get local issuer certificate
    21: _AUTHORITY,  # unable to verify the first certificate
    62: _OTHER_HOST,  # hostname mismatch
    64: _OTHER_HOST,  # IP address mismatch
    "WRONG_VERSION_NUMBER": "does the worker speak http rather than https?",
    socket.gaierror: "is the host of connect_uri right, and is there a name server?",
    "ECONNREFUSED": "is the worker running, and are host and port of connect_uri right?",
    "EHOSTUNREACH": _NO_WAY,
    "ENETUNREACH": _NO_WAY,
}


def _chain(error: BaseException) -> list[BaseException]:
    """Return an exception and those that it came from, the first cause last."""
    chain = [error]
    while len(chain) < 12:
        inner = chain[-1].__cause__ or chain[-1].__context__ or next(_inner(chain[-1]), None)
        if inner is None or inner in chain:
            break
        chain.append(inner)
    return chain


def _inner(error: BaseException) -> Iterator[BaseException]:
    return (arg for arg in (getattr(error, "reason", None), *error.args) if isinstance(arg, BaseException))
