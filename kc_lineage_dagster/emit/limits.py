"""The longest URN that DataHub can hold, 512 bytes URL-encoded, and what becomes of names beyond it.

Source: ``com.linkedin.metadata.utils.UrnValidationUtil`` (``URN_NUM_BYTES_LIMIT``), by which GMS refuses every write to
a longer URN. Encoded, a slash takes 3 bytes, a Cyrillic letter 6, a Chinese one 9. The ids of flows and jobs are
shortened (``fitted``); the name of a dataset is not this project's to change, so its edges become unresolved
(``representable``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace

from kc_lineage_dagster.lineage import KAFKA, ConnectorLineage, Dataset, Unresolved

URN_BYTES = 512
_AS_IT_IS = re.compile(r"[A-Za-z0-9.\-*_ ]+")  # java.net.URLEncoder: these stay one byte, a space becomes +
_DIGEST = 16  # characters that tell shortened names apart
_SURELY_FITS = 25  # characters of a name that fit even if each takes 12 bytes

TOO_LONG = f"its name is longer than DataHub can hold ({URN_BYTES} bytes of URL-encoded URN)"


def encoded_length(text: str) -> int:
    """Return how many bytes the text takes when ``java.net.URLEncoder`` has encoded it.

    >>> encoded_length("a.b"), encoded_length("a/b"), encoded_length("я")
    (3, 5, 6)
    """
    kept = sum(map(len, _AS_IT_IS.findall(text)))
    return kept if kept == len(text) else 3 * len(text.encode("utf-8", "surrogatepass")) - 2 * kept


def fits(urn: str, limit: int = URN_BYTES) -> bool:
    """Tell whether DataHub can hold a URN.

    ``limit``: the bytes that it may have, URL-encoded.

    >>> fits("urn:li:tag:PII"), fits("urn:li:tag:" + "я" * 100)
    (True, False)
    """
    return (len(urn) * 3 <= limit and urn.isascii()) or encoded_length(urn) <= limit


def fitted(name: str, build: Callable[[str], str], limit: int = URN_BYTES) -> str:
    """Return the URN of a name, shortened where DataHub could not hold it.

    A shortened URN has the beginning of the name, ``~`` and a digest of the whole name, so two names do not share one.

    Args:
        name: As it is spelled.
        build: From a name to its URN.
        limit: The bytes that the URN may have, URL-encoded.

    >>> fitted("orders", "urn:{}".format)
    'urn:orders'
    >>> fitted("orders" * 9, "urn:{}".format, limit=32)
    'urn:orderso~ac32862e12257f02'
    """
    urn = build(name)
    if fits(urn, limit):
        return urn
    digest = "~" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
    room, end = limit - encoded_length(build(digest)), 0
    while end < len(name) and (room := room - _cost(name[end], build)) >= 0:
        end += 1
    while end and not fits(build(name[:end] + digest), limit):  # characters that are longer beside one another
        end -= 1
    return build(name[:end] + digest)


def _cost(character: str, build: Callable[[str], str]) -> int:
    """Return how many bytes one character of a name adds to its URN, which may encode the character itself first."""
    return encoded_length(build(character + "x")) - encoded_length(build("x"))


def representable(lineage: ConnectorLineage, urn_of: Callable[[Dataset], str]) -> ConnectorLineage:
    """Return the lineage with an unresolved item in place of the edges of each dataset that DataHub cannot hold.

    ``urn_of``: from a dataset of the lineage to its URN.

    >>> from kc_lineage_dagster.lineage import Edge
    >>> lineage = ConnectorLineage("crm", "source", None, None, (Edge(None, Dataset(KAFKA, "я" * 100)),))
    >>> found = representable(lineage, lambda dataset: f"urn:{dataset.name}")
    >>> found.edges, [item.reason == TOO_LONG for item in found.unresolved]
    ((), [True])
    """
    ends = {end for edge in lineage.edges for end in (edge.upstream, edge.downstream) if end}
    topics = {Dataset(KAFKA, item.topic) for item in lineage.unresolved if item.topic}
    doubtful = (one for one in ends | topics if len(one.name) > _SURELY_FITS)
    beyond = {one for one in doubtful if encoded_length(urn_of(one)) > URN_BYTES}
    if not beyond:
        return lineage
    kept = tuple(edge for edge in lineage.edges if not {edge.upstream, edge.downstream} & beyond)
    items = {Unresolved(_shown(one), TOO_LONG) for one in beyond}
    items |= {replace(one, topic=None) if _topic(one) in beyond else one for one in lineage.unresolved}
    return replace(lineage, edges=kept, unresolved=tuple(sorted(items, key=str)))


def _topic(item: Unresolved) -> Dataset | None:
    return Dataset(KAFKA, item.topic) if item.topic else None


def _shown(dataset: Dataset) -> str:
    text = str(dataset)
    return text if len(text) <= 200 else f"{text[:199]}…"
