"""KCQL, the mapping language of Lenses' Stream Reactor: ``INSERT INTO target SELECT fields FROM origin ...``.

Only what names places is read; fields and most clauses name none.

Source: ``ConnectorParser.g4`` and ``ConnectorLexer.g4`` of https://github.com/lensesio/stream-reactor
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kc_lineage_dagster.lineage import Unresolved

# a name: bare, `quoted`, 'quoted', or pieces of these without blanks between them
_NAME = r"(?:`[^`]+`|'[^']*'|[^\s`';]+)+"
_STATEMENT = re.compile(
    rf"\s*(?:(?:insert|update|upsert(?:\s+pk\s+\w+)?)\s+into\s+(?P<target>{_NAME})\s+)?"
    rf"select\s+.+?\s+from\s+(?P<origin>{_NAME})(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
# statements end with ; or, in older versions, |
_PIECE = re.compile(r"(?:`[^`]*`|'[^']*'|[^;|`'])+")
_QUOTED = re.compile(r"`[^`]*`|'[^']*'")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of KCQL, as far as it names places.

    Args:
        target: The name behind INTO; None where the statement has no INTO.
        origin: The name behind FROM.
        clauses: The words behind that name, in upper case.
    """

    target: str | None
    origin: str
    clauses: frozenset[str]


def parse_kcql(text: str) -> tuple[Statement | Unresolved, ...]:
    """Return the statements of a setting; one that cannot be read is Unresolved.

    >>> [statement] = parse_kcql("INSERT INTO shop.orders SELECT id, total FROM orders PK id")
    >>> statement.origin, statement.target
    ('orders', 'shop.orders')
    """
    return tuple(_statement(piece) for piece in _PIECE.findall(text) if piece.strip())


def _statement(text: str) -> Statement | Unresolved:
    found = _STATEMENT.fullmatch(text)
    if found is None:
        return Unresolved(text.strip()[:80], "not a KCQL statement that can be read")
    target = found["target"]
    words = re.findall(r"[A-Za-z_]+", _QUOTED.sub(" ", found["rest"]))
    return Statement(
        _unquoted(target) if target else None, _unquoted(found["origin"]), frozenset(w.upper() for w in words)
    )


def _unquoted(name: str) -> str:
    return name.replace("`", "").replace("'", "")
