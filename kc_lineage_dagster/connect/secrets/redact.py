"""Secrets leave here, once, before anything is stored, logged or emitted.

Three things decide, any of them suffices: the plugin's own definitions (``/connector-plugins/{class}/config``, type
PASSWORD), the name of the key (``secret_keys``), the shape of the value (``secret_shapes``). Table lists, topic names,
prefixes, regular expressions and database names are never touched: lineage is the same before and after.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from kc_lineage_dagster.connect.secrets.cut import CUT_MARK, REDACTED, Found, cut, is_harmless
from kc_lineage_dagster.connect.secrets.keys import Role, is_user_key, role_of
from kc_lineage_dagster.connect.secrets.shapes import scrub, scrub_text

__all__ = ["REDACTED", "is_user_key", "redact", "redact_json", "redact_text", "split_secrets"]

# A definition of type PASSWORD may be a whole URL (MongoDB's connection.uri): the place it names is no secret.
_DATABASE_URL = re.compile(
    r"(?i)jdbc:|(?:mongodb|postgres|postgresql|mysql|mariadb|couchbases?|neo4j|bolt|clickhouse|rediss?|cassandra)"
    r"(?:\+\w+)?://"
)
# Debezium, column.mask.hash: the salt stands in the key, the value names columns.
_SALTED_KEY = re.compile(r"^(column\.mask\.hash\..+?\.with\.salt\.)(.+)$", re.DOTALL)
_LONGEST_TORN = 1000  # characters; messages are cut long before
_SHORTEST = 4  # characters; shorter secrets are everywhere in a text
_SWITCH = frozenset(("true", "false"))


def redact(config: Mapping[str, str], secret_keys: frozenset[str] = frozenset()) -> dict[str, str]:
    """Return ``config`` with every secret replaced by ``<redacted>``; ``${...}`` references stay.

    ``secret_keys``: keys that the plugins' definitions declare as PASSWORD. Idempotent.
    """
    return split_secrets(config, secret_keys)[0]


def split_secrets(
    config: Mapping[str, str], secret_keys: frozenset[str] = frozenset()
) -> tuple[dict[str, str], frozenset[str]]:
    """``redact``, and the secrets that were taken out, for ``redact_text`` on what else speaks of this connector."""
    found: Found = set()
    clean: dict[str, str] = {}
    for key, value in config.items():
        name = _without_salt(key, found)
        cleaned = _value(key, value, secret_keys, found)
        clean[name] = f"{clean[name]},{cleaned}" if name != key and name in clean else cleaned
    return clean, frozenset(found)


def redact_text(text: str, secrets: Collection[str] = ()) -> str:
    """Remove known secrets (of four characters and more) and whatever has the shape of one from a text. Idempotent."""
    known = sorted({form for secret in secrets for form in _forms(secret)}, key=lambda form: (-len(form), form))
    if known:
        anything = re.compile("|".join(re.escape(form) for form in (REDACTED, *known)))
        text = anything.sub(REDACTED, text)
        text = _without_torn(text, known) if CUT_MARK in text else text
    return scrub_text(text, set())


def redact_json(value: Any) -> Any:
    """Remove what has the shape of a secret from every string of a JSON value; keys and numbers stay."""
    if isinstance(value, str):
        return scrub(value, Role.NAMES, set())
    if isinstance(value, Mapping):
        return {str(key): redact_json(item) for key, item in value.items()}
    return [redact_json(item) for item in value] if isinstance(value, list) else value


def _value(key: str, value: str, secret_keys: frozenset[str], found: Found) -> str:
    role = role_of(key)
    if role is not Role.SECRET and key not in secret_keys:
        return scrub(value, role, found)
    if _DATABASE_URL.match(value):
        return scrub_text(value, found)
    if is_harmless(value) or value.lower() in _SWITCH:
        return value
    scrub_text(value, found)  # a JAAS entry or a key file in JSON holds the secrets that traces may show
    if ":" in value:
        cut(value.partition(":")[2], found)
    return cut(value, found)


def _without_salt(key: str, found: Found) -> str:
    salted = _SALTED_KEY.match(key) if key.startswith("column.mask.hash.") else None
    return salted[1] + cut(salted[2], found) if salted else key


def _without_torn(text: str, known: list[str]) -> str:
    """Remove the beginning of a secret from where a message was cut."""
    parts, at = [], 0
    for mark in re.finditer(re.escape(CUT_MARK), text):
        before = text[max(at, mark.start() - _LONGEST_TORN) : mark.start()]
        torn = max((_torn_length(before, form) for form in known), default=0)
        parts += [text[at : mark.start() - torn], REDACTED if torn else "", CUT_MARK]
        at = mark.end()
    return "".join(parts) + text[at:]


def _torn_length(text: str, secret: str) -> int:
    """Return how many characters of ``secret`` the end of ``text`` begins; less than ``_SHORTEST`` count as none."""
    lengths = range(min(len(secret), len(text)), _SHORTEST - 1, -1)
    return next((length for length in lengths if text.endswith(secret[:length])), 0)


def _forms(secret: str) -> tuple[str, ...]:
    """How a secret may stand in a text: as it is, trimmed, on one line, with its line breaks or quotes escaped."""
    escaped = (secret.replace("\n", "\\n"), secret.replace("\\", "\\\\").replace('"', '\\"'))
    forms = {secret, secret.strip(), " ".join(secret.split()), *escaped}
    return tuple(form for form in forms if len(form) >= _SHORTEST and form not in REDACTED)
