"""Decide which properties may be shown when a plugin's definitions, which mark secrets as PASSWORD, are missing.

``GET /connector-plugins/{class}/config`` does not exist on workers before Kafka 3.2, in saved clusters and behind some
proxies, and fails now and then. Any key may then hold a secret, so a property is shown only in two cases: its key is
known to be harmless (derivation reads it, Kafka documents it, or its last word says so), or its value plainly is (a
number, a switch, a class, an address without credentials, a common setting).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from pathlib import Path

from kc_lineage_dagster.connect.secrets.keys import (
    NAME_PREFIXES,
    NAME_TAILS,
    NOT_THE_SECRET,
    PLUGIN_ALIAS,
    SQL_TAILS,
    Role,
    role_of,
    word_set,
)
from kc_lineage_dagster.key_words import is_user_key, words_of
from kc_lineage_dagster.lineage import REDACTED, WITHHELD

__all__ = ["is_shown", "lineage_keys", "withheld_keys"]

# Last words of keys, in addition to those of keys.py, whose values describe something and are no credentials.
_TAILS = word_set(
    "name names mode modes servers brokers hosts hostname hostnames transforms predicates converter converters handler "
    "handling strategy level levels records record batch batches threads partitions partition factor compression codec "
    "protocol mechanism timezone locale charset behavior behaviour dialect evolve case acks region zone plugin "
    "publication slot snapshot null nulls delimiter separator tolerance enable style isolation columns keys schemas "
    "operations events objects resources channel channels queue queues exchange subject subjects stream streams "
    "subscription project workspace account repository repositories branch organization site label labels tag tags "
    "description comment group groups predicate pointer keyname nodes quorum listener endpoints urls command method "
    "server since regions warehouse from to operation placement pipeline"
)
# Kafka Connect's own keys (kafka.apache.org/documentation/#connectconfigs). Keys below them, such as transforms.a.type,
# are judged by their last word.
_KAFKAS = frozenset(
    ("name", "connector.class", "tasks.max", "file", "transforms", "predicates", "config.action.reload")
)

_NUMBER = re.compile(r"[+\-]?\d+(?:\.\d+)?(?:[eE][+\-]?\d+)?")
_CLASS = re.compile(r"(?:[a-z_]\w*\.){2,}[A-Z]\w*(?:\$\w+)?(?:,(?:[a-z_]\w*\.){2,}[A-Z]\w*(?:\$\w+)?)*")
_HOST = r"(?:\[[0-9A-Fa-f:]+\]|localhost|[a-z][a-z0-9\-]*(?:\.[a-z0-9\-]+)*\.[a-z]{2,}|\d{1,3}(?:\.\d{1,3}){3})"
_HOST_AND_PORT = rf"(?:{_HOST}(?::\d{{1,5}})?|[a-z][a-z0-9_\-]*:\d{{4,5}})"
_ADDRESSES = re.compile(rf"{_HOST_AND_PORT}(?:[,;] ?{_HOST_AND_PORT})*")
_URL = re.compile(r"[a-z][a-z0-9+.\-]*://(?:[\w.\-]|\[[0-9A-Fa-f:]+\])+(?::\d{1,5})?((?:/[\w.\-~]*)*)", re.ASCII)
_PATH = re.compile(r"((?:/[\w.\-~]+)+)/?", re.ASCII)
_OTHERS = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ][\d:.,]+(?:Z|[+\-]\d\d:?\d\d)?)?"  # a time
    r"|\d+ ?(?:[kKmMgGtT]i?[bB]?|ms|s|min|h|d)"  # a size, a duration
    r"|(?:Content-Type|Accept) ?: ?[\w/+.\-]+"
)
_SECRET_LIKE = re.compile(r"(?=\S*\d)(?=\S*[A-Za-z])\S{12,}")
_REFERENCES = re.compile(r"(?:\$\{[^{}]*\}|[ :/,;|=&.\-])+")

# Values that many connectors share as settings. They may be shown: a password that is one of them protects nothing.
_SETTINGS = word_set(
    "none null nil any all default auto ignore skip warn warning fail error log drop keep throw continue stop insert "
    "upsert update delete append overwrite replace merge create initial initial_only never always when_needed "
    "schema_only schema_only_recovery no_data recovery configuration_based custom json jsonb avro protobuf parquet orc "
    "csv tsv xml text string bytes binary base64 base64-url-safe hex utf-8 utf8 us-ascii iso-8859-1 gzip snappy zstd "
    "lz4 bzip2 deflate uncompressed plain sasl_ssl sasl_plaintext ssl plaintext scram-sha-256 scram-sha-512 gssapi "
    "oauthbearer http https tls tlsv1.2 tlsv1.3 earliest latest timestamp incrementing timestamp+incrementing bulk "
    "query long double int integer decimal precise connect adaptive adaptive_time_microseconds isostring microseconds "
    "nanoseconds required requested disabled enabled disable prefer require verify-ca verify-full preferred utc gmt "
    "at_least_once exactly_once at_most_once record_key record_value kafka connector basic intermediate advanced "
    "backward forward full forward_transitive backward_transitive full_transitive topicnamestrategy recordnamestrategy "
    "daily hourly monthly yearly read_committed read_uncommitted repeatable_read serializable pgoutput decoderbufs "
    "wal2json logminer xstream olr online_catalog redo_log_catalog rewrite filtered minimal extended low medium high "
    "lower upper lowercase uppercase camel snake first last asc desc standard batch stream streaming sync async row "
    "table get post put patch udp tcp database schema public topic value key header internal external us eu"
)


@lru_cache(maxsize=1)
def lineage_keys() -> frozenset[str]:
    """Return the keys that derivation reads, as ``tools/lineage_keys.py`` lists them from the source of derive/."""
    text = Path(__file__).with_name("lineage_keys.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


def withheld_keys(config: Mapping[str, str], regions: Collection[str], defined: Collection[str]) -> frozenset[str]:
    """Return the keys of a configuration whose values are not shown.

    Args:
        config: A configuration from which secrets that show by key or shape are already removed.
        regions: Key prefixes of the plugins whose definitions are not known: ``""`` for the connector itself,
            ``transforms.mask.``, ``value.converter.``. Only keys below them are withheld.
        defined: Key prefixes of the plugins whose definitions are known.
    """
    if not regions:
        return frozenset()
    prefixes = sorted((*regions, *defined), key=len, reverse=True)
    return frozenset(
        key
        for key, value in config.items()
        if next((prefix for prefix in prefixes if key.startswith(prefix)), "") in regions and not is_shown(key, value)
    )


def is_shown(key: str, value: str) -> bool:
    """Tell whether a property is harmless by its key or plainly by its value."""
    return value in (REDACTED, WITHHELD) or _is_harmless_key(key) or _is_plain(value)


@lru_cache(maxsize=65536)
def _is_harmless_key(key: str) -> bool:
    role, own = role_of(key), PLUGIN_ALIAS.sub("", key)
    if key in _KAFKAS or {key, own} & lineage_keys() or key.lower().startswith(NAME_PREFIXES) or is_user_key(key):
        return True
    if role in (Role.NAMES, Role.SQL, Role.SECRET):  # the value of a SECRET key is cut by now: a reference or a switch
        return True
    last = words_of(key)[-1:]
    return bool(last) and (last[0] in _TAILS or last[0] in NAME_TAILS | SQL_TAILS | NOT_THE_SECRET)


def _is_plain(value: str) -> bool:
    text = value.strip()
    if not text or text.lower() in _SETTINGS or text.lower() in ("true", "false", "yes", "no", "on", "off"):
        return True
    if len(text) > 1000:
        return False
    if any(pattern.fullmatch(text) for pattern in (_NUMBER, _CLASS, _ADDRESSES, _REFERENCES, _OTHERS)):
        return True
    path = _URL.fullmatch(text) or _PATH.fullmatch(text)
    return path is not None and not any(_SECRET_LIKE.fullmatch(part) for part in path[1].split("/"))
