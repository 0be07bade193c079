"""Which configuration keys hold secrets, by their names: one table, read word by word.

A key is split into lower-case words at dots, dashes, underscores and capitals: ``connection.ssl.truststorePassword`` is
``connection ssl truststore password``. The names come from Kafka's own client and worker configuration, and from the
connectors' documented keys; ``/connector-plugins/{class}/config`` adds what a plugin itself declares as PASSWORD.
"""

from __future__ import annotations

import itertools
import re
from enum import Enum
from functools import lru_cache


class Role(Enum):
    """What the value under a key is to redaction."""

    SECRET = "secret"  # the whole value goes
    NAMES = "names"  # tables, topics, patterns: lineage needs every letter
    SQL = "sql"  # a statement: only literals compared with a secret column go
    TEXT = "text"  # credentials inside the value go


Terms = frozenset[tuple[str, ...]]


def _terms(text: str) -> Terms:
    return frozenset(tuple(term.split()) for term in text.split(","))


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The last words of a key that make its value a secret, after COSMETIC words are taken off the end.
SECRET_TAILS: Terms = _terms(
    "password,passwd,pwd,passphrase,passcode,pass,secret,secrets,token,credential,credentials,jaas,jwt,"
    "apikey,accesskey,secretkey,privatekey,accountkey,sharedkey,authkey,masterkey,keyfile,signature,sas,sig,"
    "jaas config,user info,userinfo,user pass,auth info,access token,auth header,authorization,cookie,salt,"
    "private key,secret key,access key,access key id,account key,api key,api key id,shared key,secret id,"
    "shared access key,encryption key,encrypt key,master key,sse customer key,signing key,sign key,hmac key,"
    "auth key,storage key,license key,subscription key,integration key,function key,instrumentation key,"
    "keystore key,keystore certificate chain,client key pem,key pem,cipher data keys,cipher key,kek config,"
    "credentials config,credential config,confluent license,keytab content,wallet content,pin code"
)

# Words that say how a secret is written down, not what it is for.
COSMETIC = _set("value text plain raw encrypted base base64 b64 hex json content string bytes old new current previous")

# Words that make a key a secret wherever they stand, unless its last word says that the value is something else.
STRONG = ("password", "passwd", "passphrase", "secret")
STRONG_PAIRS = (("account", "key"), ("private", "key"))
NOT_THE_SECRET = _set(
    "class classes enabled enable disabled provider providers path paths location file files filename dir directory "
    "type mode name names url uri endpoint algorithm length iterations interval ms seconds minutes timeout max min "
    "field fields column columns regex pattern format encoding policy source ttl count size refresh version required "
    "topic topics table tables collection database schema arn region id ids namespace engine mount retries attempts "
    "expiration expiry delay alias owner scope scopes audience issuer host port validate check rotation manager"
)

# The last word of keys that lineage is read from: no pattern for ``name=value`` may touch them.
NAME_TAILS = _set(
    "topics regex list whitelist blacklist whitelists include exclude includes excludes map mapping mappings prefix "
    "suffix replacement pattern patterns field fields column columns table tables collection collections database "
    "databases dbname schema schemas keyspace dataset datasets renames rename topic index indices template transforms "
    "predicates spec bucket container class type format file filename path paths dir directory folder location"
)

# Keys that end in a name of the user's own (a topic, a table), which may be any word.
NAME_PREFIXES = (
    "singlestore.tablename.",
    "iceberg.table.",
    "topic.override.",
    "genv.",
    "neo4j.topic.",
    "neo4j.cypher.",
    "column.truncate.",
    "column.mask.",
    "column.propagate.",
    "snapshot.select.statement.overrides.",
)

SQL_TAILS = _set("query statement sql kcql")
_STATEMENT_PREFIX = "snapshot.select.statement.overrides."

# User names: no secrets, but not for a catalog either; whoever emits properties leaves these out.
USER_TAILS: Terms = _terms("user,username,user name,login,principal,user id")

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
_ALIAS = re.compile(r"^(?:transforms|predicates)\.[^.]+\.")
_SUFFIXES = ("password", "passwd", "passphrase", "pwd", "secret", "token", "apikey", "accesskey", "secretkey")
_LONGEST = 300  # characters of a key that are looked at: its end decides


def words_of(key: str) -> tuple[str, ...]:
    """Split a key into lower-case words: ``jdbc.sslKeyPassword`` is ``jdbc ssl key password``."""
    return tuple(word.lower() for word in _WORDS.findall(key[-_LONGEST:]))


@lru_cache(maxsize=65536)
def role_of(key: str) -> Role:
    """Decide what the value under ``key`` is, by the key's name alone."""
    low = key[:_LONGEST].lower()
    if low.startswith(_STATEMENT_PREFIX):
        return Role.SQL
    if low.startswith(NAME_PREFIXES):
        return Role.NAMES
    words = words_of(_ALIAS.sub("", key[:_LONGEST]) + key[_LONGEST:])
    if not words:
        return Role.TEXT
    if is_secret_name(words):
        return Role.SECRET
    if words[-1] in NAME_TAILS:
        return Role.NAMES
    return Role.SQL if words[-1] in SQL_TAILS else Role.TEXT


def is_secret_name(words: tuple[str, ...]) -> bool:
    """Tell whether a key, a URL parameter or a JSON member of these words holds a secret."""
    kept = list(words)
    while len(kept) > 1 and (kept[-1] in COSMETIC or kept[-1].isdigit()):
        kept.pop()
    if not kept:
        return False
    if any(tuple(kept[-count:]) in SECRET_TAILS for count in (1, 2, 3)) or kept[-1].endswith(_SUFFIXES):
        return True
    return kept[-1] not in NOT_THE_SECRET and kept[-1] not in NAME_TAILS and _strong(kept)


@lru_cache(maxsize=65536)
def names_a_secret(name: str) -> bool:
    """``is_secret_name`` for the name of a URL parameter, a property or a JSON member."""
    return is_secret_name(words_of(name))


def _strong(words: list[str]) -> bool:
    pairs = itertools.pairwise(words)
    return any(word in STRONG for word in words) or any(pair in STRONG_PAIRS for pair in pairs)


@lru_cache(maxsize=65536)
def is_user_key(key: str) -> bool:
    """Tell whether ``key`` holds a user name (``connection.user``, ``database.user``, ``username``, ...)."""
    words = words_of(key)
    return any(words[-count:] in USER_TAILS for count in (1, 2))
