"""Decide by a configuration key's name whether its value is a secret: tables of words, compared word by word.

A key is split into lower-case words at dots, dashes, underscores and capitals: ``connection.ssl.truststorePassword`` is
``connection ssl truststore password``. The names come from Kafka's own client and worker configuration, and from the
connectors' documented keys; ``/connector-plugins/{class}/config`` adds what a plugin itself declares as PASSWORD.
"""

from __future__ import annotations

import itertools
import re
from enum import Enum
from functools import lru_cache

from kc_lineage_dagster.key_words import words_of


class Role(Enum):
    """How redaction treats the value under a key."""

    SECRET = "secret"  # the whole value is cut
    NAMES = "names"  # tables, topics, patterns: lineage needs every letter, so only unmistakable secrets are cut
    SQL = "sql"  # a statement: only secrets between quotes are cut, so that the statement still parses
    TEXT = "text"  # any other text: credentials inside the value are cut


Terms = frozenset[tuple[str, ...]]


def _terms(text: str) -> Terms:
    return frozenset(tuple(term.split()) for term in text.split(","))


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text that is divided by spaces."""
    return frozenset(text.split())


# The last words of a key that make its value a secret, after COSMETIC words are taken off the end.
SECRET_TAILS: Terms = _terms(
    "password,passwords,passwd,pwd,pw,bindpw,creds,nkey,bearer,otp,license,license string,auth params,authparams,"
    "passphrase,passcode,pass,passkey,secret,secrets,token,tokens,credential,credentials,"
    "jaas,jwt,apikey,apikeys,appkey,accesskey,secretkey,privatekey,accountkey,sharedkey,authkey,masterkey,keyfile,"
    "signature,sas,sig,jaas config,user info,userinfo,user pass,auth info,auth header,authorization,"
    "authorization header,cookie,cookies,salt,secret id,token id,client assertion,kerberos ticket,"
    "keystore certificate chain,client key pem,"
    "key pem,cipher data keys,kek config,credentials config,credential config,service account,confluent license,"
    "keytab content,wallet content,pin code,access code,webhook,webhooks,webhook url,webhook uri,webhook urls,"
    "jsessionid"
)
# Words that make a secret of the last word "key" or "keys" after them: api.key, azure.eventhubs.sas.key. The key of a
# record, table or row (partition.key, primary.key, message.key) is no secret.
KEY_OWNERS = word_set(
    "access account admin aes api app application auth authentication authorization bot cipher client connector "
    "consumer crypto customer decrypt decryption des encrypt encryption function functions gpg hmac ingest ingestion "
    "integration instrumentation jwk jwt kek dek keystore license master oauth pgp private publish pvt query refresh "
    "root rsa sa sas sdk search secret security service session shared sign signing ssh ssl storage subscription "
    "symmetric tls wrapping write"
)
_KEYS = frozenset(("key", "keys"))
_KEY_ID_OWNERS = frozenset(("access", "api", "secret"))
# Words before "tokens" that make it a number of tokens: max.tokens.
_COUNTS = word_set("max min num number total count limit batch completion prompt")

# Last words that say how a secret is written down, not what it is for: password.base64.
COSMETIC = word_set(
    "value text plain raw encrypted base base64 b64 hex json content string bytes old new current previous"
)

# Names of URL parameters and cookies that hold credentials; a configuration key of such a name may hold anything.
URL_PARAMETERS = word_set("code key auth session sessionid sid phpsessid ticket hmac otp")

# Words and pairs of words that make a key a secret wherever they stand, unless its last word is of NOT_THE_SECRET.
STRONG = ("password", "passwd", "passphrase", "secret")
STRONG_PAIRS = (("account", "key"), ("private", "key"))
NOT_THE_SECRET = word_set(
    "class classes enabled enable disabled provider providers path paths location file files filename dir directory "
    "type mode name names url uri endpoint algorithm length iterations interval ms seconds minutes timeout max min "
    "field fields column columns regex pattern format encoding policy source ttl count size refresh version required "
    "topic topics table tables collection database schema arn region id ids namespace engine mount retries attempts "
    "expiration expiry delay alias owner scope scopes audience issuer host port validate check rotation manager "
    "query statement sql kcql"
)

# Last words of keys that lineage is read from: no pattern for ``name=value`` may change their values.
NAME_TAILS = word_set(
    "topics regex list whitelist blacklist whitelists include exclude includes excludes map mapping mappings prefix "
    "suffix replacement pattern patterns field fields column columns table tables collection collections database "
    "databases dbname schema schemas keyspace dataset datasets renames rename topic index indices template transforms "
    "predicates spec bucket container class type format file filename path paths dir directory folder location"
)

# Beginnings of keys that end in a name the user chose (a topic, a table), which may be any word.
NAME_PREFIXES = (
    "singlestore.tablename.",
    "singlestore.recordtotable.mapping.",
    "memsql.tablename.",
    "mapr.table.map.",
    "mongodb.collection.",
    "couchbase.topic[",
    "iceberg.table.",
    "topic.override.",
    "genk.",
    "genkp.",
    "genv.",
    "genvp.",
    "neo4j.topic.",
    "neo4j.pattern.topic.",
    "neo4j.cypher.",
    "column.truncate.",
    "column.mask.",
    "column.propagate.",
    "snapshot.select.statement.overrides.",
)

SQL_TAILS = word_set("query statement sql kcql")
_STATEMENT_PREFIX = "snapshot.select.statement.overrides."

PLUGIN_ALIAS = re.compile(r"^(?:transforms|predicates)\.[^.]+\.")
_PASS = re.compile(r"(?<!by)(?<!com)pass$")  # dbpass, keystorepass
_SUFFIXES = (
    *("password", "passwd", "passphrase", "pwd", "secret", "token", "apikey", "appkey", "accesskey", "secretkey"),
    *(
        "pemkey",
        "sslkey",
        "privatekey",
        "masterkey",
        "accountkey",
        "storagekey",
        "sharedkey",
        "encryptionkey",
        "signingkey",
        "licensekey",
    ),
)
_LONGEST = 300  # characters of a key that are searched for prefixes and aliases


@lru_cache(maxsize=65536)
def role_of(key: str) -> Role:
    """Return how the value under ``key`` is treated, decided by the key's name alone."""
    low = key[:_LONGEST].lower()
    if low.startswith(_STATEMENT_PREFIX):
        return Role.SQL
    if low.startswith(NAME_PREFIXES):
        return Role.NAMES
    words = words_of(PLUGIN_ALIAS.sub("", key[:_LONGEST]) + key[_LONGEST:])
    if not words:
        return Role.TEXT
    if is_secret_name(words):
        return Role.SECRET
    if words[-1] in NAME_TAILS:
        return Role.NAMES
    return Role.SQL if words[-1] in SQL_TAILS else Role.TEXT


def is_secret_name(words: tuple[str, ...]) -> bool:
    """Tell whether a key, URL parameter or JSON member whose name has these words holds a secret."""
    kept = _kept(words)
    if not kept:
        return False
    if _ends(kept):
        return True
    return kept[-1] not in NOT_THE_SECRET and kept[-1] not in NAME_TAILS and _strong(kept)


@lru_cache(maxsize=65536)
def ends_as_a_secret(name: str) -> bool:
    """Tell whether the last words of a name make it a secret: ``db_password``, but not a table ``password_resets``."""
    return _ends(_kept(words_of(name)))


def _kept(words: tuple[str, ...]) -> list[str]:
    """Return the words without COSMETIC ones and numbers at their end."""
    kept = list(words)
    while len(kept) > 1 and (kept[-1] in COSMETIC or kept[-1].isdigit()):
        kept.pop()
    return kept


def _ends(kept: list[str]) -> bool:
    if not kept or (kept[-1] == "tokens" and len(kept) > 1 and kept[-2] in _COUNTS):
        return False
    if any(tuple(kept[-count:]) in SECRET_TAILS for count in (1, 2, 3)):
        return True
    last = "".join(kept[-2:])  # passWord is split into pass and word
    if kept[-1].endswith(_SUFFIXES) or last.endswith(_SUFFIXES) or _PASS.search(kept[-1]):
        return True
    return _is_key_of_somebody(kept)


def _is_key_of_somebody(words: list[str]) -> bool:
    if len(words) > 2 and words[-2:] == ["key", "id"]:
        return words[-3] in _KEY_ID_OWNERS
    return len(words) > 1 and words[-1] in _KEYS and words[-2] in KEY_OWNERS


@lru_cache(maxsize=65536)
def names_a_secret(name: str) -> bool:
    """Tell whether a URL parameter, property or JSON member of this name holds a secret; see ``is_secret_name``."""
    return is_secret_name(words_of(name))


_HEADER_TAILS = word_set("key token secret auth signature session cookie password credential credentials")


@lru_cache(maxsize=65536)
def parameter_holds_a_secret(name: str) -> bool:
    """Tell whether a URL parameter of this name holds a secret: also ``code``, ``key`` and others of URL_PARAMETERS."""
    return name.lower() in URL_PARAMETERS or names_a_secret(name)


@lru_cache(maxsize=65536)
def header_holds_a_secret(name: str) -> bool:
    """Tell whether an HTTP header of this name holds a secret: ``X-Functions-Key``, ``DD-APPLICATION-KEY``."""
    return names_a_secret(name) or ("-" in name and words_of(name)[-1:] != () and words_of(name)[-1] in _HEADER_TAILS)


def _strong(words: list[str]) -> bool:
    pairs = itertools.pairwise(words)
    return any(word in STRONG for word in words) or any(pair in STRONG_PAIRS for pair in pairs)
