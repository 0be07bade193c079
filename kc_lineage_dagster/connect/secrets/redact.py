"""Secrets leave here, once, before anything is stored, logged or emitted.

Three things decide, any of them suffices: the plugin's own definitions (``/connector-plugins/{class}/config``, type
PASSWORD), the name of the key (``secret_keys``), the shape of the value (``secret_shapes``). Table lists, topic names,
prefixes, regular expressions and database names are never touched: lineage is the same before and after.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from kc_lineage_dagster.connect.secrets.cut import Found, cut, is_harmless
from kc_lineage_dagster.connect.secrets.keys import Role, ends_as_a_secret, names_a_secret, role_of
from kc_lineage_dagster.connect.secrets.known import without_known
from kc_lineage_dagster.connect.secrets.shapes import scrub, scrub_text
from kc_lineage_dagster.lineage import REDACTED
from kc_lineage_dagster.wording import encodable

__all__ = ["REDACTED", "redact", "redact_json", "redact_text", "split_secrets"]

# A definition of type PASSWORD may be a whole URL (MongoDB's connection.uri): the place it names is no secret.
_DATABASE_URL = re.compile(
    r"(?i)jdbc:|(?:mongodb|postgres|postgresql|mysql|mariadb|couchbases?|neo4j|bolt|clickhouse|rediss?|cassandra)"
    r"(?:\+\w+)?://"
)
# Debezium, column.mask.hash: the salt stands in the key, the value names columns.
_SALTED_KEY = re.compile(r"^(column\.mask\.hash\..+?\.with\.salt\.)(.+)$", re.DOTALL)
# What stands in offsets is mostly a table, a file or a topic; these are in texts and documents.
_NOT_A_NAME = re.compile(r"[\s'\"<{]")
_LONGEST_JSON = 100_000  # characters of JSON inside a string
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
    """Remove known secrets (of four characters and more), in any spelling, and whatever has the shape of one from a
    text. Idempotent.
    """
    return scrub_text(without_known(text, secrets), set())


def redact_json(value: Any) -> Any:
    """Remove secrets from a JSON value: members whose names say that they hold one, and what has the shape of one, also
    in JSON that stands inside a string. Keys, positions and names stay.
    """
    if isinstance(value, str):
        value = encodable(value)
        return _json_in_text(value) or scrub(value, Role.TEXT if _NOT_A_NAME.search(value) else Role.NAMES, set())
    if isinstance(value, Mapping):
        return {encodable(str(key)): _member(str(key), item) for key, item in value.items()}
    return [redact_json(item) for item in value] if isinstance(value, list) else value


def _member(name: str, value: Any) -> Any:
    if not names_a_secret(name) or isinstance(value, (bool, type(None))):
        return redact_json(value)
    if isinstance(value, str):
        return cut(value, set())
    if isinstance(value, (int, float)):
        # a table called password_resets has a position, a member called password has none
        return value if not ends_as_a_secret(name) else REDACTED
    return redact_json(value)


def _json_in_text(text: str) -> str | None:
    """Return JSON that stands in a string without its secrets; None when the string is no JSON object or list."""
    if not text.startswith(("{", "[")) or len(text) > _LONGEST_JSON:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    clean = redact_json(found)
    return text if clean == found else json.dumps(clean, ensure_ascii=False)


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
