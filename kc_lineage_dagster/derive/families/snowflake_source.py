"""Confluent's source for Snowflake copies each table that RE2 expressions choose into the topic
``<topic.prefix><DATABASE>.<SCHEMA>.<TABLE>``.

``table.include.list`` and ``table.exclude.list`` hold the expressions.

Source: https://docs.confluent.io/cloud/current/connectors/cc-snowflake-source/cc-snowflake-source.html
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, Selection, SourceFamily
from kc_lineage_dagster.derive.readers import jdbc_tables
from kc_lineage_dagster.derive.readers.jdbc_url import JdbcUrl
from kc_lineage_dagster.derive.readers.sql_names import dataset_of, table_name
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PLACE = JdbcUrl("snowflake", search_path=True)


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    prefix = first(config, "topic.prefix") or ""
    patterns = jdbc_tables.patterns(config)
    if patterns is None:
        yield Unresolved(jdbc_tables.TABLE_INCLUDE, "is not set")
        return
    yield from patterns.problems
    for name in patterns.names:
        yield _record(name, prefix + name)

    def origin(topic: str) -> Record | Unresolved | None:
        name = topic[len(prefix) :] if topic.startswith(prefix) else ""
        selects = patterns.selects((name,)) or patterns.selects((name.upper(),))
        return _record(name, topic) if selects else None

    yield Selection(f"{jdbc_tables.TABLE_INCLUDE} = {','.join(patterns.texts)}", origin, frozenset({prefix}))


def _record(name: str, topic: str) -> Record | Unresolved:
    """Return the record of a table whose full name is known."""
    parsed = table_name(name, '"')
    if parsed is None or len(parsed.qualifiers) != 2:
        return Unresolved(name, "is not of the form DATABASE.SCHEMA.TABLE")
    dataset = dataset_of(_PLACE, parsed)
    return Record(dataset, topic) if isinstance(dataset, Dataset) else dataset


FAMILY = SourceFamily(
    name="snowflake_source",
    classes=("SnowflakeSource", "io.confluent.connect.snowflake.jdbc.SnowflakeSourceConnector"),
    platform="snowflake",
    reads=_reads,
    naming=("topic.prefix", jdbc_tables.TABLE_INCLUDE),
    selecting=(jdbc_tables.TABLE_EXCLUDE,),
    spelled="database.schema.table in lower case",
    columns=True,
    rule="https://docs.confluent.io/cloud/current/connectors/cc-snowflake-source/cc-snowflake-source.html",
)
