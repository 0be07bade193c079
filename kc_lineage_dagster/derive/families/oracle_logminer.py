"""Two connectors that read Oracle's redo by LogMiner copy each table into a topic of its own.

Erdem Cer's: ``<db.name.alias>.<schema>.<table>`` in upper case, or ``topic`` for all tables; ``table.whitelist`` lists
``schema.table`` and ``schema.*``. DDL goes to ``..._GENERIC_DDL``, which is book-keeping.

Thake's: ``<db.name>.<schema>.<table>``, characters that a topic cannot hold as ``_``; ``table.whitelist`` lists
``schema.table`` and schemas.

Source: ``com.ecer.kafka.connect.oracle.LogMinerThread``,
``com.github.thake.logminer.kafka.connect.SourceDatabaseNameService``
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, Selection, SourceFamily
from kc_lineage_dagster.derive.readers.jdbc_url import JdbcUrl
from kc_lineage_dagster.derive.readers.sql_names import TableName, dataset_of
from kc_lineage_dagster.derive.readers.topic_sources import flows, named_after
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_LIST, _DDL = "table.whitelist", "_GENERIC_DDL"
_ORACLE = JdbcUrl("oracle")
_NO_TOPIC = re.compile(r"[^A-Za-z0-9._-]")

_Named = Callable[[str], str]


def _table(schema: str, table: str) -> Dataset | Unresolved:
    return dataset_of(_ORACLE, TableName(table, (schema,)))


def _tables(config: Config) -> list[tuple[str, str]]:
    """Return the entries of the list as schema and table; ``*`` stands for all tables of a schema."""
    entries = (entry.partition(".") for entry in items(config.get(_LIST)))
    return [(schema, table or "*") for schema, _, table in entries]


def _by_table(prefix_key: str, named: _Named, config: Config) -> Iterator[Found]:
    prefix, tables = first(config, prefix_key), _tables(config)
    if prefix is None or not tables:
        yield Unresolved(prefix_key if tables else _LIST, "is not set")
        return
    for schema, table in tables:
        head = named(f"{prefix}.{schema}.")
        if table == "*":
            yield _of_schema(schema, head, named)
        else:
            dataset = _table(schema, table)
            yield dataset if isinstance(dataset, Unresolved) else Record(dataset, named(f"{prefix}.{schema}.{table}"))


def _of_schema(schema: str, head: str, named: _Named) -> Selection:
    def place(table: str) -> Dataset | Unresolved:
        if named("#") != "#" and "_" in table:
            reason = f"an underscore in {table} may stand for another character of the table's name"
            return Unresolved(f"{head}{table}", reason)
        return _table(schema, table)

    return named_after(f"{_LIST} = {schema}.*", head, place)


def _reads_ecer(config: Config, evidence: Evidence) -> Iterator[Found]:
    topic = first(config, "topic")
    if topic is None:
        yield from _by_table("db.name.alias", str.upper, config)
        return
    origins = [
        Unresolved(f"{_LIST} = {schema}.*", "leaves tables open") if table == "*" else _table(schema, table)
        for schema, table in _tables(config)
    ]
    yield from flows(origins, (topic,), "topic", evidence)


def _reads_thake(config: Config, evidence: Evidence) -> Iterator[Found]:
    return _by_table("db.name", partial(_NO_TOPIC.sub, "_"), config)


FAMILIES = (
    SourceFamily(
        name="oracle_logminer_ecer",
        classes=("com.ecer.kafka.connect.oracle.OracleSourceConnector",),
        platform="oracle",
        reads=_reads_ecer,
        rule="com.ecer.kafka.connect.oracle.LogMinerThread, https://github.com/erdemcer/kafka-connect-oracle",
        naming=("topic", "db.name.alias"),
        selecting=("table.blacklist",),
        internal=lambda config, topic: topic.endswith(f".{_DDL}"),
        spelled="schema.table",
    ),
    SourceFamily(
        name="oracle_logminer_thake",
        classes=("com.github.thake.logminer.kafka.connect.LogminerSourceConnector",),
        platform="oracle",
        reads=_reads_thake,
        rule="SourceDatabaseNameService of https://github.com/thake/logminer-kafka-connect",
        naming=("db.name",),
        never_known="tables of a whole schema whose topic holds an underscore",
        spelled="schema.table",
    ),
)
