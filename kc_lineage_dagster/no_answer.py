"""Why a server gave no answer: what an exception of an HTTP exchange stands for.

The kind of an exception and its number decide, because texts differ between systems, languages and releases. What to
say of a cause, and what to look at, is up to whoever asked: ``connect.wire`` and ``emit.refusals``.
"""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import requests
import urllib3

_LONGEST_CHAIN = 12  # exceptions that are looked at


class Cause(Enum):
    """Why there was no answer."""

    PROXY = auto()  # the proxy cannot be reached, or refuses
    UNKNOWN_HOST = auto()  # no name server knows the host
    NOT_LISTENING = auto()  # nothing listens on the port
    NO_ROUTE = auto()  # no network leads to the host
    UNKNOWN_AUTHORITY = auto()  # nobody here trusts who signed the certificate
    OTHER_HOST = auto()  # the certificate names another host
    NO_TLS = auto()  # the server speaks plain HTTP
    NOT_REACHED_IN_TIME = auto()  # no connection within the time limit
    SLOW = auto()  # a connection, and no answer within the time limit
    CUT_OFF = auto()  # a part of an answer
    DROPPED = auto()  # a connection, and its end without an answer
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """What an exception stands for.

    Args:
        cause: Why there was no answer.
        said: The words of the operating system or of TLS, in the system's language; empty where there are none.
    """

    cause: Cause
    said: str


def no_answer(error: BaseException) -> NoAnswer:
    """Return what an exception of an HTTP exchange stands for; the exceptions that it came from are looked at too."""
    chain = _chain(error)
    texts = [getattr(one, "verify_message", "") or (one.strerror if isinstance(one, OSError) else "") for one in chain]
    return NoAnswer(_cause(chain), next((str(text) for text in reversed(texts) if text), ""))


# By OpenSSL's number of a refused certificate (X509_V_ERR_...), its reason for other failures, and the name of the
# number of an error of the operating system.
_BY_NUMBER: dict[Any, Cause] = {
    2: Cause.UNKNOWN_AUTHORITY,  # unable to get issuer certificate
    18: Cause.UNKNOWN_AUTHORITY,  # self-signed certificate
    19: Cause.UNKNOWN_AUTHORITY,  # self-signed certificate in certificate chain
    20: Cause.UNKNOWN_AUTHORITY,  # unable to get local issuer certificate
    21: Cause.UNKNOWN_AUTHORITY,  # unable to verify the first certificate
    62: Cause.OTHER_HOST,  # hostname mismatch
    64: Cause.OTHER_HOST,  # IP address mismatch
    "WRONG_VERSION_NUMBER": Cause.NO_TLS,
    "ECONNREFUSED": Cause.NOT_LISTENING,
    "EHOSTUNREACH": Cause.NO_ROUTE,
    "ENETUNREACH": Cause.NO_ROUTE,
}
# By class, where no number decides; the first that any exception of the chain belongs to. An old urllib3 counts what
# could not be connected to among its timeouts, so numbers go first.
_BY_KIND: tuple[tuple[tuple[type[BaseException], ...], Cause], ...] = (
    ((requests.ConnectTimeout, urllib3.exceptions.ConnectTimeoutError), Cause.NOT_REACHED_IN_TIME),
    ((requests.Timeout, urllib3.exceptions.TimeoutError), Cause.SLOW),
    ((requests.exceptions.ChunkedEncodingError, http.client.IncompleteRead), Cause.CUT_OFF),
    ((ConnectionResetError, ConnectionAbortedError, BrokenPipeError), Cause.DROPPED),
)


def _cause(chain: list[BaseException]) -> Cause:
    if any(isinstance(one, requests.exceptions.ProxyError) for one in chain):
        return Cause.PROXY
    if any(isinstance(one, socket.gaierror) for one in chain):
        return Cause.UNKNOWN_HOST
    numbered = next((_BY_NUMBER[number] for number in map(_number, chain) if number in _BY_NUMBER), None)
    if numbered is not None:
        return numbered
    kinds = (cause for kind, cause in _BY_KIND if any(isinstance(one, kind) for one in chain))
    return next(kinds, Cause.OTHER)


def _number(error: BaseException) -> Any:
    """Return the key of ``_BY_NUMBER`` that an exception may stand under."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_code
    if isinstance(error, ssl.SSLError):
        return error.reason
    return errno.errorcode.get(error.errno or 0) if isinstance(error, OSError) else None


def _chain(error: BaseException) -> list[BaseException]:
    """Return an exception and those that it came from, the first cause last."""
    chain = [error]
    while len(chain) < _LONGEST_CHAIN:
        inner = chain[-1].__cause__ or chain[-1].__context__ or next(_inner(chain[-1]), None)
        if inner is None or inner in chain:
            break
        chain.append(inner)
    return chain


def _inner(error: BaseException) -> Iterator[BaseException]:
    return (arg for arg in (getattr(error, "reason", None), *error.args) if isinstance(arg, BaseException))
