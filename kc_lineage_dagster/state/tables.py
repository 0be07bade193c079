"""The tables of the state. Their names begin with ``kc_lineage_``, so that they can stand in Dagster's own database.

Documents are JSON text, not of the databases' own JSON types: no query looks into a document, and PostgreSQL's
``jsonb`` refuses characters that connectors' configurations may hold (U+0000).
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from sqlalchemy import Column, Dialect, Float, Index, Integer, MetaData, Table, Text
from sqlalchemy.types import TypeDecorator

PREFIX = "kc_lineage_"
VERSION_TABLE = f"{PREFIX}version"

# Neither database takes a lone surrogate, and PostgreSQL no NUL; the backslash begins an escape.
_NOT_STORABLE = re.compile(r"[\\\x00\ud800-\udfff]")
_ESCAPED = re.compile(r"\\u([0-9a-f]{4})")


class Name(TypeDecorator[str]):
    """Text of any characters: those that a database cannot hold, and the backslash, are escaped as in ``\\u0000``."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Return a value as it is stored; see ``storable``."""
        return storable(value) if isinstance(value, str) else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Return a stored value as it was before ``storable``."""
        if value is None or "\\" not in value:
            return value
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)


def storable(text: str) -> str:
    r"""Return a text as ``Name`` stores it.

    >>> storable("orders\x00"), storable("\\d+")
    ('orders\\u0000', '\\u005cd+')
    """
    if text.isascii() and "\\" not in text and "\x00" not in text:
        return text
    return _NOT_STORABLE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


metadata = MetaData()


def _table(name: str, *columns: Column[Any], indexes: tuple[Index, ...] = ()) -> Table:
    # SQLite finds a row by its key in one step when the table has no hidden row number (WITHOUT ROWID).
    return Table(f"{PREFIX}{name}", metadata, *columns, *indexes, sqlite_with_rowid=False)


def id_of(name: str) -> str:
    """Return the key of a connector: a digest, because a name may be longer than a key of PostgreSQL can be."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _key(name: str) -> Column[Any]:
    return Column(name, Name, primary_key=True)


# A cluster as a whole.
# next_reading: the number that the next listing of its connectors gets.
# reading: the number of the listing that `listed_at` and `head` come from.
# listed_at: when that listing was taken, in seconds since 1970.
# head: the snapshot without its connectors.
# code_version: the release that last derived every connector.
# settled: see `settled.settle`; null when the next sync must derive.
cluster = _table(
    "cluster",
    _key("cluster"),
    Column("next_reading", Integer, nullable=False),
    Column("reading", Integer, nullable=False),
    Column("listed_at", Float),
    Column("head", Text),
    Column("code_version", Text),
    Column("settled", Text),
)

# A connector as it was last read.
# id: see `id_of`.
# reading: the number of the listing that the row comes from.
# digest: see `codec.lasting_digest`.
# document: the connector, null when it was never read.
# remembered: the connector with evidence of earlier readings, null when there is none.
# unread: why the connector could not be read this time, null when it was.
connector = _table(
    "connector",
    _key("cluster"),
    _key("id"),
    Column("name", Name, nullable=False),
    Column("reading", Integer, nullable=False),
    Column("digest", Text),
    Column("document", Text),
    Column("remembered", Text),
    Column("unread", Name),
)

# A connector's lineage as it was last derived.
# digest: of the document.
# edges, field_edges, unresolved: how many edges there are, edges with known fields, and unresolved items.
# emitted_config, emitted_version: hashes of the configuration and of the proposals that a sink last acknowledged
# completely; null while something of it was not acknowledged.
lineage = _table(
    "lineage",
    _key("cluster"),
    _key("id"),
    Column("name", Name, nullable=False),
    Column("digest", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("edges", Integer, nullable=False),
    Column("field_edges", Integer, nullable=False),
    Column("unresolved", Integer, nullable=False),
    Column("emitted_config", Text),
    Column("emitted_version", Text),
)

# The sink that the receipts (table `entity`) come from; see `receipts.SinkFacts`.
sink = _table(
    "sink",
    _key("cluster"),
    Column("identity", Text),
    Column("incarnation", Text),
    Column("baseline", Integer),
    Column("kafka_cluster_id", Name),
    Column("verified_up_to", Name),
)

# A receipt: a flow or job that was sent.
# connector: null when no connector of the cluster is known to have made it.
# connector_id: see `id_of`.
# aspects: name of the aspect -> hash of what was acknowledged, as JSON.
# state: ALIVE, UNKNOWN or REMOVING of `receipts.py`.
entity = _table(
    "entity",
    _key("cluster"),
    _key("urn"),
    Column("connector", Name),
    Column("connector_id", Text),
    Column("aspects", Text, nullable=False),
    Column("state", Text, nullable=False),
    indexes=(Index(f"{PREFIX}entity_of_connector", "cluster", "connector_id"), Index(f"{PREFIX}entity_by_urn", "urn")),
)

# The lock of a cluster (PostgreSQL), a row that is locked in an open transaction; and who holds the lock. These are two
# tables, because nobody else can read what an open transaction wrote.
lock = _table("lock", _key("cluster"))
holder = _table(
    "holder",
    _key("cluster"),
    Column("run", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("since", Text, nullable=False),
)

# Texts that take long to read again; see `cache.Cache`.
# scope: who reads from where.
# read_at: when a text was read, in seconds since 1970.
# value: the text, compressed and in Base64.
cache = _table(
    "cache",
    _key("scope"),
    _key("key"),
    Column("read_at", Float, nullable=False),
    Column("value", Text, nullable=False),
)
