"""Remove secrets from configurations, texts and JSON, once, before anything is stored, logged or emitted.

A value is a secret by any one of three signs: the plugin's own definitions declare its key as PASSWORD
(``/connector-plugins/{class}/config``), the key's name says so (``keys``), or the value has the shape of a secret
(``shapes``). Table lists, topic names, prefixes, regular expressions and database names are never changed, so lineage
is the same before and after.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from kc_lineage_dagster.connect.secrets.cut import Secrets, cut, is_harmless
from kc_lineage_dagster.connect.secrets.keys import Role, ends_as_a_secret, names_a_secret, role_of
from kc_lineage_dagster.connect.secrets.known import without_known
from kc_lineage_dagster.connect.secrets.shapes import scrub, scrub_text
from kc_lineage_dagster.lineage import REDACTED
from kc_lineage_dagster.wording import encodable

__all__ = ["REDACTED", "redact", "redact_json", "redact_text", "split_secrets"]

# A property of type PASSWORD may be a whole URL (MongoDB's connection.uri). Lineage needs the host and database in it,
# so only its credentials are cut.
_DATABASE_URL = re.compile(
    r"(?i)jdbc:|(?:mongodb|postgres|postgresql|mysql|mariadb|couchbases?|neo4j|bolt|clickhouse|rediss?|cassandra)"
    r"(?:\+\w+)?://"
)
# Debezium's column.mask.hash (debezium.io/documentation, "column.mask.hash.<algorithm>.with.salt.<salt>"): the salt is
# part of the key, and the value names columns.
_SALTED_KEY = re.compile(r"^(column\.mask\.hash\..+?\.with\.salt\.)(.+)$", re.DOTALL)
# Strings in offsets are mostly the names of tables, files or topics; one with such a character is a text or document.
_NOT_A_NAME = re.compile(r"[\s'\"<{]")
_LONGEST_JSON = 100_000  # characters of a string that is parsed as JSON
_SWITCH = frozenset(("true", "false"))


def redact(config: Mapping[str, str], secret_keys: frozenset[str] = frozenset()) -> dict[str, str]:
    """Return a configuration with every secret replaced by ``<redacted>``; ``${...}`` references stay. Idempotent.

    ``secret_keys``: the keys that the plugins' definitions declare as PASSWORD.
    """
    return split_secrets(config, secret_keys)[0]


def split_secrets(
    config: Mapping[str, str], secret_keys: frozenset[str] = frozenset()
) -> tuple[dict[str, str], frozenset[str]]:
    """Return a configuration as ``redact`` does, and the secrets that were cut from it.

    Pass these secrets to ``redact_text`` for the traces and other texts about the same connector.
    """
    found: Secrets = set()
    clean: dict[str, str] = {}
    for key, value in config.items():
        name = _without_salt(key, found)
        cleaned = _value(key, value, secret_keys, found)
        clean[name] = f"{clean[name]},{cleaned}" if name != key and name in clean else cleaned
    return clean, frozenset(found)


def redact_text(text: str, secrets: Collection[str] = ()) -> str:
    """Return a text without known secrets, in any spelling, and without whatever has the shape of a secret. Idempotent.

    ``secrets``: the known secrets; those shorter than four characters are not searched for.
    """
    return scrub_text(without_known(text, secrets), set())


def redact_json(value: Any) -> Any:
    """Return a JSON value, such as a connector's offsets, without secrets.

    Cut are members whose names say that they hold a secret, and whatever has the shape of a secret, also in JSON inside
    a string. Keys, positions and names of tables stay.
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
        # the number beside a table password_resets is a position; the number under a member password is a secret
        return value if not ends_as_a_secret(name) else REDACTED
    return redact_json(value)


def _json_in_text(text: str) -> str | None:
    """Return the JSON in a string without its secrets; None when the string holds no JSON object or list."""
    if not text.startswith(("{", "[")) or len(text) > _LONGEST_JSON:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    clean = redact_json(found)
    return text if clean == found else json.dumps(clean, ensure_ascii=False)


def _value(key: str, value: str, secret_keys: frozenset[str], found: Secrets) -> str:
    role = role_of(key)
    if role is not Role.SECRET and key not in secret_keys:
        return scrub(value, role, found)
    if _DATABASE_URL.match(value):
        return scrub_text(value, found)
    if is_harmless(value) or value.lower() in _SWITCH:
        return value
    # called only to fill found: traces may show a password inside a JAAS entry or a key file in JSON
    scrub_text(value, found)
    if ":" in value:
        cut(value.partition(":")[2], found)
    return cut(value, found)


def _without_salt(key: str, found: Secrets) -> str:
    salted = _SALTED_KEY.match(key) if key.startswith("column.mask.hash.") else None
    return salted[1] + cut(salted[2], found) if salted else key
