"""What a live worker and a saved cluster have in common: each answers request paths with JSON (``Answers``).

So everything behind this reads a folder of files as it reads a worker.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote

from kc_lineage_dagster.connect.secrets.cut import CUT_MARK
from kc_lineage_dagster.errors import ConnectError, ConnectNotFound, ConnectRefused, ConnectUnaddressable

EXPANDED = "/connectors?expand=info&expand=status"
# Confluent Cloud documents one comma-separated parameter; Apache Kafka ignores an expansion it does not know.
EXPANDED_BY_COMMA = "/connectors?expand=info,status"
NAMES = "/connectors"
PLUGINS = "/connector-plugins?connectorsOnly=false"
PLUGINS_BEFORE_3_2 = "/connector-plugins"
# HTTP status -> what it means; any other failure is ConnectUnavailable
ERRORS: Mapping[int, type[ConnectError]] = {
    400: ConnectUnaddressable,
    401: ConnectRefused,
    403: ConnectRefused,
    404: ConnectNotFound,
}
PLAIN_NAME = re.compile(r"[\w.\-]+", re.ASCII)  # a connector's name that every worker and proxy takes in a path
# Kafka 3.9 answers 404 "Connector x not found"; a worker without the path "HTTP 404 Not Found"; a gateway anything.
_GONE = re.compile(r"(?i)\bconnector\b.*not found")
_LONGEST_NUMBER = 1000  # digits


class NotSaved(ConnectNotFound):
    """A saved cluster does not hold this answer: nothing failed, nobody wrote it down."""


def is_gone(error: ConnectError) -> bool:
    """Tell whether the worker itself says that it has no such connector, rather than no such path."""
    return isinstance(error, ConnectNotFound) and bool(_GONE.search(error.said))


class Answers(Protocol):
    """Anything that answers Connect's ``GET`` requests: ``ConnectClient``, ``Saved``."""

    @property
    def source(self) -> str:
        """Where the answers come from, without credentials."""

    @property
    def concurrency(self) -> int:
        """How many requests may be under way at once."""

    @property
    def unread(self) -> Mapping[str, str]:
        """Connectors known to exist that cannot be read at all: name -> reason."""

    @property
    def unread_files(self) -> Mapping[str, str]:
        """Files that may hold connectors and could not be read: file -> reason. A worker has none."""

    @property
    def passed_over(self) -> Mapping[str, str]:
        """Files that hold something else than connectors: file -> what. A worker has none."""

    def get(self, path: str) -> Any:
        """Return the JSON answer to ``path``.

        Raises:
            ConnectError: When there is none.
        """


class RepeatedKeys(dict[str, Any]):
    """A JSON object that named some of its keys more than once (the last value stands)."""

    repeated: frozenset[str] = frozenset()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    kept = RepeatedKeys(found)
    counts = Counter(name for name, _ in pairs)
    kept.repeated = frozenset(name for name, count in counts.items() if count > 1)
    return kept


def whole_number(digits: str) -> int | str:
    """Return a number without fraction; one beyond 1,000 digits, which Python may refuse, as it is written."""
    return int(digits) if len(digits) <= _LONGEST_NUMBER else digits


def _number(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def parse_json(text: bytes | str) -> Any:
    """Return what a JSON document holds, as plain values.

    The keys that an object repeats are remembered (``RepeatedKeys``); NaN and Infinity become None; a number beyond
    1,000 digits, which Python may refuse, stays a string.

    Raises:
        ValueError: For anything that is no JSON document, and for one that is nested too deeply.

    >>> parse_json('{"a": 1, "a": NaN}').repeated
    frozenset({'a'})
    """
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_constant=lambda _: None, parse_int=whole_number, parse_float=_number
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None


def connector_path(name: str, tail: str = "") -> str:
    """Return ``/connectors/{name}{tail}`` with the name as one path segment, whatever the name holds.

    Dots are encoded in the names ``.`` and ``..`` only, which every proxy would otherwise resolve away (RFC 3986,
    5.2.4).

    >>> connector_path("eu/crm", "/topics"), connector_path("..")
    ('/connectors/eu%2Fcrm/topics', '/connectors/%2E%2E')
    """
    return f"/connectors/{segment(name)}{tail}"


def segment(name: str) -> str:
    """Percent-encode ``name`` as one path segment."""
    return name.replace(".", "%2E") if name in {".", ".."} else quote(name, safe="")


def one_line(text: str, limit: int = 300) -> str:
    """Return a text as one line of at most ``limit`` characters, white space collapsed.

    >>> one_line("no answer\\n  within 30 s")
    'no answer within 30 s'
    """
    window = limit * 20
    line = " ".join(text[:window].split())
    whole = len(text) <= window and len(line) <= limit
    return line if whole else line[: limit - len(CUT_MARK)] + CUT_MARK
