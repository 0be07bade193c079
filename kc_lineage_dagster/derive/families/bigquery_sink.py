"""Sinks to BigQuery copy each topic into a table, named ``<project>.<dataset>.<table>``; which keys decide depends on
the version.

Version 2 (``defaultDataset``): ``topic2TableMap`` if it is set, unmapped topics then verbatim. Without the map a topic
``dataset:table`` (made by a RegexRouter) names both, and ``sanitizeTopics`` replaces what BigQuery refuses. Confluent
Cloud says ``datasets``, ``topic2table.map`` and ``sanitize.topics`` (true unless said otherwise in
``BigQueryStorageSink``).

Version 1: ``datasets`` is a list of ``<topic regex>=<dataset>``, ``topicsToTables`` one of ``<topic regex>=<format>``.

Intermediate tables of upserts, GCS staging objects and partition decorators are not lineage.

Source: ``com.wepay.kafka.connect.bigquery.utils.TableNameUtils``, ``FieldNameSanitizer`` and ``TopicToTableResolver``
(version 1)
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from kc_lineage_dagster.derive.config import Config, first, flag
from kc_lineage_dagster.derive.family import SinkFamily, topic_of
from kc_lineage_dagster.derive.readers.table_names import qualified, required
from kc_lineage_dagster.derive.readers.topic_maps import topic_map
from kc_lineage_dagster.derive.records import Leaf, Node, Record, Struct
from kc_lineage_dagster.derive.transforms.fields import put
from kc_lineage_dagster.java_regex import Refused
from kc_lineage_dagster.lineage import Dataset, Unresolved

_KEY_FIELD = ("kafkaKeyFieldName", "kafka.key.field.name")
_DATA_FIELD = ("kafkaDataFieldName", "kafka.data.field.name")
_DATASET = re.compile(r"\w+")
_INVALID = re.compile(r"[^a-zA-Z0-9_]")
# A table with a date at its end (a shard) is one dataset with the others, and decorators are cut off
# (datahub.ingestion.source.bigquery_v2.bigquery_audit).
_SHARD = re.compile(r"(?:.+\D[_$]?)?\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")

_Place = tuple[str, str] | Unresolved


def _writes(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    """Return the table that a topic is written to. Which keys are set shows the connector's version."""
    datasets = first(config, "datasets")
    default = first(config, "defaultDataset")
    if default is None and datasets and "=" in datasets:
        place = _version_1(config, topic_of(record))
    else:
        place = _version_2(config, topic_of(record), default or datasets)
    if isinstance(place, Unresolved):
        return (place,)
    dataset, table = place
    if not _DATASET.fullmatch(dataset):
        reason = f"{dataset} is no name of a dataset: BigQuery takes letters, digits and underscores"
        return (Unresolved(topic_of(record), reason),)
    if "." in table:
        reason = f"{table} is no name of a table: BigQuery takes no dots; set sanitizeTopics or a map"
        return (Unresolved(topic_of(record), reason),)
    return (qualified("bigquery", required(config, "project"), dataset, _without_shard(table, dataset)),)


def _version_2(config: Config, topic: str, dataset: str | None) -> _Place:
    tables = topic_map(config, "topic2TableMap", "topic2table.map")
    if isinstance(tables, Unresolved):
        return tables
    mapped = bool(tables.entries)
    parts = [tables.exact.get(topic, topic)] if mapped else topic.rstrip(":").split(":")
    if len(parts) > 2:
        return Unresolved(topic, "is not of the form dataset:table, and the connector fails on it")
    place = parts[0] if len(parts) == 2 else dataset
    if place is None:
        return Unresolved("defaultDataset", "is not set, so the full name of the target is not known")
    table = parts[-1] if mapped else _sanitized(config, parts[-1])
    return table if isinstance(table, Unresolved) else (place, table)


def _sanitized(config: Config, table: str) -> str | Unresolved:
    clean = _INVALID.sub("_", table)
    clean = f"_{clean}" if clean[:1].isdigit() else clean
    said = first(config, "sanitizeTopics", "sanitize.topics")
    is_cloud = first(config, "defaultDataset") is None
    storage = is_cloud and first(config, "connector.class") == "BigQueryStorageSink"
    if said is None and is_cloud and not storage and clean != table:
        return Unresolved("sanitize.topics", f"is not set, so the table is {clean} or {table}")
    return clean if flag(config, "sanitizeTopics", "sanitize.topics", default=storage) else table


def _columns(config: Config, record: Record, target: Dataset) -> Node:
    """Return the fields of the value and, below the names that options give, the key and the record's place."""
    key, place = (first(config, *names) for names in (_KEY_FIELD, _DATA_FIELD))
    beside: dict[str, Node] = {key: record.key} if key else {}
    if place:
        beside[place] = Struct(tuple((part, Leaf()) for part in ("topic", "partition", "offset", "insertTime")))
    value = put(record.value, beside) if beside else record.value
    sanitizes = flag(config, "sanitizeFieldNames", "sanitize.field.names")
    return _clean(value) if sanitizes else value


def _clean(node: Node) -> Node:
    """Return the fields with names as ``com.wepay.kafka.connect.bigquery.utils.FieldNameSanitizer`` leaves them."""
    if not isinstance(node, Struct):
        return node
    named = ((_INVALID.sub("_", name), _clean(field)) for name, field in node.fields)
    fields = {(name if re.match("[a-zA-Z_]", name) else f"_{name}"): field for name, field in named}
    return Struct(tuple(fields.items()), node.columns)


def _makes_columns(config: Config) -> bool:
    creates = (first(config, "auto.create.tables") or "disabled").upper() not in ("DISABLED", "FALSE")
    since_2 = first(config, "defaultDataset") is not None  # versions before create no tables unless told to
    made = flag(config, "autoCreateTables", default=since_2)
    return creates or made or flag(config, "allowNewBigQueryFields")


def _version_1(config: Config, topic: str) -> _Place:
    datasets = topic_map(config, "datasets", separator="=")
    formats = topic_map(config, "topicsToTables", separator="=")
    if isinstance(datasets, Unresolved) or isinstance(formats, Unresolved):
        return next(one for one in (datasets, formats) if isinstance(one, Unresolved))
    places, tables = datasets.matching(topic), formats.matching(topic)
    if isinstance(places, Unresolved) or isinstance(tables, Unresolved):
        return next(one for one in (places, tables) if isinstance(one, Unresolved))
    if len(places) != 1 or len(tables) > 1:
        return Unresolved(topic, "matches none or several of datasets or topicsToTables, and the connector fails on it")
    dataset = places[0][1]
    if not tables:
        return dataset, _INVALID.sub("_", topic) if flag(config, "sanitizeTopics") else topic
    table = tables[0][0].replace_all(topic, tables[0][1])
    return Unresolved(topic, table.reason) if isinstance(table, Refused) else (dataset, table)


def _without_shard(table: str, dataset: str) -> str:
    name = table.partition("$")[0]
    return (name[:-8].rstrip("_") or dataset) if _SHARD.fullmatch(name) else name


FAMILY = SinkFamily(
    name="bigquery_sink",
    classes=(
        "com.wepay.kafka.connect.bigquery.BigQuerySinkConnector",
        "io.confluent.connect.bigquery.BigQuerySinkConnector",
        "io.confluent.connect.bigquerystorage.BigQueryStorageSinkConnector",
        "BigQuerySink",
        "BigQueryStorageSink",
    ),
    platform="bigquery",
    writes=_writes,
    columns=_columns,
    makes_columns=_makes_columns,
    naming=(
        "project",
        "defaultDataset",
        "datasets",
        "topic2TableMap",
        "topic2table.map",
        "topicsToTables",
        "sanitizeTopics",
        "sanitize.topics",
    ),
    never_known="tables of Confluent Cloud's BigQuerySink where sanitize.topics matters and is not set",
    spelled="project.dataset.table; date shards and partition decorators cut off",
    rule="com.wepay.kafka.connect.bigquery.utils.TableNameUtils, TopicToTableResolver, FieldNameSanitizer",
)
