"""SAP's connectors for HANA copy the tables of a database into topics, and topics into tables; both are listed topic by
topic.

Each topic of ``topics`` has its table in the key ``<topic>.table.name``, or with ``queryMode=query`` a query in
``<topic>.query``. Names are ``schema.table`` as DataHub's ingestion reflects them.

Source: https://github.com/SAP/kafka-connect-sap#configuration, ``com.sap.kafka.connect.config.BaseConfig``
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kc_lineage_dagster.derive.config import REFERENCE, Config, first, is_reference, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SinkFamily, SourceFamily, topic_of
from kc_lineage_dagster.derive.readers.jdbc_targets import session_user, unreadable
from kc_lineage_dagster.derive.readers.jdbc_url import URL_KEY, JdbcUrl, parse_jdbc_url
from kc_lineage_dagster.derive.readers.sql import tables_of
from kc_lineage_dagster.derive.readers.sql_names import dataset_of, table_name
from kc_lineage_dagster.derive.records import CONFIGURATION, QUERY, Opaque, Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PLATFORM = "hana"
_RULE = "https://github.com/SAP/kafka-connect-sap#configuration, com.sap.kafka.connect.config.BaseConfig"
_SPELLED = "schema.table as DataHub's HANA ingestion reflects it: plain upper-case names in lower case"


def _place(config: Config) -> JdbcUrl:
    """Return the place connected to. A hidden URL hides only the default schema, because names hold no database."""
    place = parse_jdbc_url(first(config, URL_KEY) or "")
    return place if isinstance(place, JdbcUrl) and place.platform == _PLATFORM else JdbcUrl(_PLATFORM, search_path=True)


def _named(config: Config, topic: str, user: str | None) -> Dataset | Unresolved:
    key = f"{topic}.table.name"
    text = first(config, key)
    if text is None:
        return Unresolved(key, "is not set")
    if is_reference(text):
        return Unresolved(key, REFERENCE)
    # HANA stores names without quotes in upper case
    name = table_name(text, '"', str.upper)
    return dataset_of(_place(config), name, user) if name else unreadable(text)


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    topics = items(config.get("topics"))
    if not topics:
        yield Unresolved("topics", "is not set")
    for topic in topics:
        if (first(config, "queryMode") or "table").lower() == "query":
            yield from _by_query(config, topic)
        else:
            dataset = _named(config, topic, None)
            yield Record(dataset, topic) if isinstance(dataset, Dataset) else dataset


def _by_query(config: Config, topic: str) -> Iterator[Found]:
    key = f"{topic}.query"
    found = tables_of(first(config, key) or "", _PLATFORM)
    if isinstance(found, Unresolved):
        yield Unresolved(key, found.reason)
        return
    for table in found.tables:
        dataset = dataset_of(_place(config), table)
        if isinstance(dataset, Unresolved):
            yield dataset
        else:
            yield Record(dataset, topic, value=Opaque(), evidence=(CONFIGURATION, QUERY))


def _writes(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    return (_named(config, topic_of(record), session_user(config, "connection.user")),)


FAMILIES = (
    SourceFamily(
        name="hana_source",
        classes=("com.sap.kafka.connect.source.hana.HANASourceConnector",),
        platform=_PLATFORM,
        reads=_reads,
        naming=("topics",),
        spelled=_SPELLED,
        columns=True,
        rule=_RULE,
    ),
    SinkFamily(
        name="hana_sink",
        classes=("com.sap.kafka.connect.sink.hana.HANASinkConnector",),
        platform=_PLATFORM,
        writes=_writes,
        spelled=_SPELLED,
        rule=_RULE,
    ),
)
