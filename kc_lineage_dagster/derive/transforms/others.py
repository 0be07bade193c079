"""Transforms that belong to single connectors, or to the community; each says its own source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kc_lineage_dagster.derive.config import first, flag, items
from kc_lineage_dagster.derive.records import Leaf, Node, Opaque, Record, Struct
from kc_lineage_dagster.derive.transforms import aiven, fields, jcustenborder
from kc_lineage_dagster.derive.transforms.debezium import by_logical_table_router
from kc_lineage_dagster.derive.transforms.debezium_unwrap import extract_new_record_state
from kc_lineage_dagster.derive.transforms.jcustenborder import made_fields
from kc_lineage_dagster.derive.transforms.simple import (
    NodeChange,
    adding,
    content_filter,
    forgotten,
    missing,
    on_part,
    on_record,
    on_value,
    unchanged,
)
from kc_lineage_dagster.derive.transforms.steps import Build, Transform, TransformOptions
from kc_lineage_dagster.lineage import Unresolved


@on_value
def copy_value(options: TransformOptions) -> NodeChange | Unresolved:
    """Copies ``source.field`` to ``target.field``.

    Source: ``org.apache.iceberg.connect.transforms.CopyValue``
    """
    source, target = (first(options.config, key) for key in ("source.field", "target.field"))
    if source is None or target is None:
        return missing("source.field, target.field")
    return lambda node: fields.put(node, {target: fields.field_at(node, (source,)) or Opaque()})


@on_value
def iceberg_debezium(options: TransformOptions) -> NodeChange | Unresolved:
    """Puts ``after`` in place of a Debezium change event and adds ``_cdc``, with the table's name as ``source`` and
    what ``cdc.target.pattern`` makes of it, by default the same, as ``target``.

    Source: ``org.apache.iceberg.connect.transforms.DebeziumTransform``.
    """
    pattern = options.config.get("cdc.target.pattern") or "{db}.{table}"

    def change(node: Node) -> Node:
        schema, database, table = (fields.constant_at(node, ("source", name)) for name in ("schema", "db", "table"))
        source, target = (_named(one, schema or database, table) for one in ("{db}.{table}", pattern))
        metadata = (*dict.fromkeys(("op", "ts", "offset"), Leaf()).items(), ("source", source), ("target", target))
        return fields.put(_inside(node, "after"), {"_cdc": Struct(metadata)})

    return change


def _named(pattern: str, owner: str | None, table: str | None) -> Leaf:
    if owner is None or table is None:
        return Leaf()
    return Leaf(constant=pattern.replace("{db}", owner).replace("{table}", table))


@on_value
def iceberg_dms(options: TransformOptions) -> NodeChange | Unresolved:
    """Puts ``data`` in place of a record of AWS DMS and adds ``_cdc``.

    Source: ``org.apache.iceberg.connect.transforms.DmsTransform``.
    """
    return lambda node: fields.put(_inside(node, "data"), {"_cdc": Leaf()})


def _inside(node: Node, name: str) -> Node:
    found = fields.field_at(node, (name,))
    return found if isinstance(found, Struct) else Opaque()


def kafka_metadata(options: TransformOptions) -> Transform | Unresolved:
    """Adds topic, partition, offset and timestamp as ``_kafka_metadata_topic`` ... or, with ``nested``, below
    ``_kafka_metadata``; ``external_field`` is a name and a fixed text.

    Source: ``org.apache.iceberg.connect.transforms.KafkaMetadataTransform``.
    """
    config = options.config
    name, external = config.get("field_name", "_kafka_metadata"), items(config.get("external_field"))
    fixed: dict[str, Node] = {external[0]: Leaf(constant=external[1])} if len(external) == 2 else {}
    made: dict[str, Node] = {**dict.fromkeys(("partition", "offset", "timestamp"), Leaf()), **fixed}
    if not flag(config, "nested"):
        flat = {f"{name}_{part}": node for part, node in made.items()}
        return adding(replace(options, part="Value"), flat, f"{name}_topic")

    def step(record: Record) -> tuple[Record, ...]:
        topic = Leaf(constant=record.topic if isinstance(record.topic, str) else None)
        inside = Struct((("topic", topic), *made.items()))
        return (replace(record, value=fields.put(record.value, {name: inside})),)

    return Transform(options.alias, step)


@on_record
def key_to_value(options: TransformOptions) -> fields.RecordChange | Unresolved:
    """Adds the key to the value as ``field``, by default ``_key``.

    Source: ``com.clickhouse.kafka.connect.transforms.KeyToValue``.
    """
    name = options.config.get("field", "_key")
    return lambda record: replace(record, value=fields.put(record.value, {name: record.key}))


@on_part
def from_source_field(options: TransformOptions) -> NodeChange | Unresolved:
    """Expands JSON text or a list in ``sourceField``, in place or into ``outputField``.

    Source: https://github.com/RedHatInsights/expandjsonsmt, https://github.com/RedHatInsights/flattenlistsmt.
    """
    source, output = first(options.config, "sourceField"), first(options.config, "outputField")

    def change(node: Node) -> Node:
        found = fields.field_at(node, tuple(source.split("."))) if source and output else None
        return node if output is None or found is None else fields.put(node, {output: found})

    return change


@on_record
def header_to_key(options: TransformOptions) -> fields.RecordChange | Unresolved:
    """Puts what a header holds in place of the key.

    Source: ``HeaderToKey`` of https://github.com/oracle/okafka
    """
    return lambda record: replace(record, key=Opaque())


_CLICKHOUSE = "com.clickhouse.kafka.connect.transforms"
_CAMEL = "org.apache.camel.kafkaconnector.transforms"
_SCYLLA = "com.scylladb.cdc.debezium.connector.transforms"
_YUGABYTE = "io.debezium.connector.yugabytedb.transforms"
_LENSES = "io.lenses.connect.smt.header"
_HEADERS = "Changes headers only. Source: https://github.com/lensesio/kafka-connect-smt."
_CELLS = "Changes how the cells of rows are written, not which columns there are."
_POJO = "Makes structs or JSON of Java objects. Source: https://github.com/apache/camel-kafka-connector."

_POJO_NAMES = (
    "ConnectRecordValueToMapTransforms",
    "SchemaAndStructToJsonTransform",
    "SinkPojoToSchemaAndStructTransform",
    "SourcePojoToSchemaAndStructTransform",
)

# of single connectors, and the names that the examples of Camel give to those that its archetypes generate
_POJO_OF_SOURCES = (
    "file.transformers.FileTransforms",
    "slack.transformers.SlackTransforms",
    "EventTransforms",
    "FileTransforms",
    "KinesisRecordDataTransforms",
    "RemoteFileTransforms",
    "SshTransforms",
)

_ICEBERG: Mapping[str, Build] = {
    "CopyValue": copy_value,
    "DebeziumTransform": iceberg_debezium,
    "DmsTransform": iceberg_dms,
    "JsonToMapTransform": forgotten(
        "Reads JSON text. Source: ``org.apache.iceberg.connect.transforms.JsonToMapTransform``.", of=on_value
    ),
    "KafkaMetadataTransform": kafka_metadata,
    "MongoDebeziumTransform": unchanged(
        "Reads the documents of ``before`` and ``after``. Source: "
        "``org.apache.iceberg.connect.transforms.MongoDebeziumTransform``."
    ),
}
_LENSES_NAMES = (
    "InsertFieldTimestampHeaders",
    "InsertRecordTimestampHeaders",
    "InsertRollingFieldTimestampHeaders",
    "InsertRollingRecordTimestampHeaders",
    "InsertRollingWallclock",
    "InsertRollingWallclockHeaders",
    "InsertSourcePartitionOrOffsetValue",
    "InsertWallclock",
    "InsertWallclockDateTimePart",
    "InsertWallclockHeaders",
    "RenameHeader",
    "TimestampConverter",
)

TRANSFORMS: Mapping[str, Build] = {
    **jcustenborder.TRANSFORMS,
    **{f"org.apache.iceberg.connect.transforms.{name}": build for name, build in _ICEBERG.items()},
    **{f"io.tabular.iceberg.connect.transforms.{name}": build for name, build in _ICEBERG.items()},
    **{f"{_LENSES}.{name}": unchanged(_HEADERS) for name in _LENSES_NAMES},
    f"{_CLICKHOUSE}.ExtractTopic": aiven.extract_topic,
    f"{_CLICKHOUSE}.FieldToJsonString": unchanged("Changes fields' contents to JSON text. Source: its README."),
    f"{_CLICKHOUSE}.KeyToValue": key_to_value,
    f"{_CAMEL}.CamelTypeConverterTransform": forgotten(_POJO),
    **{f"{_CAMEL}.{name}": forgotten(_POJO, of=on_value) for name in _POJO_NAMES},
    **{f"org.apache.camel.kafkaconnector.{name}": forgotten(_POJO, of=on_value) for name in _POJO_OF_SOURCES},
    f"{_CAMEL}.FieldsToHeadersTransform": unchanged("Changes headers only. Source: its class."),
    f"{_SCYLLA}.ScyllaExtractNewRecordState": extract_new_record_state,
    f"{_SCYLLA}.ScyllaFlattenColumns": unchanged(_CELLS),
    f"{_YUGABYTE}.YBExtractNewRecordState": extract_new_record_state,
    f"{_YUGABYTE}.PGCompatible": unchanged(_CELLS),
    f"{_YUGABYTE}.ByLogicalTableRouter": by_logical_table_router,
    "com.starrocks.connector.kafka.transforms.AddOpFieldForDebeziumRecord": unchanged(
        "Adds the kind of change to the row, which is no column of the origin. Source: its class."
    ),
    "com.starrocks.connector.kafka.transforms.TimeMillisToStringTransform": unchanged(
        "Writes times as text. Source: https://github.com/StarRocks/starrocks-connector-for-kafka."
    ),
    "io.confluent.transforms.NullFilter": unchanged("Drops records without a value."),
    "oracle.jdbc.txeventq.kafka.connect.transforms.HeaderToKey": header_to_key,
    "com.couchbase.connect.kafka.transform.DeserializeJson": unchanged("Reads the JSON document of the value."),
    "com.couchbase.connect.kafka.transform.DropIfNullValue": unchanged("Drops records without a value."),
    "com.github.cjmatta.kafka.connect.smt.InsertUuid": made_fields(
        "uuid.field.name",
        "Adds a field with a UUID. Source: https://github.com/cjmatta/kafka-connect-insert-uuid.",
        "uuid",
    ),
    "com.github.hpgrahsl.kafka.connect.transforms.kryptonite.CipherField": unchanged(
        "Encrypts or decrypts fields' contents. Source: https://github.com/hpgrahsl/kryptonite-for-kafka."
    ),
    "io.factorhouse.smt.OpenLineageLifecycleSmt": unchanged(
        "Reports to OpenLineage and changes nothing. Source: https://github.com/factorhouse/examples."
    ),
    "io.factorhouse.smt.UnwrapUnionTransform": unchanged(
        "Makes the value's schema one that is not optional. Source: https://github.com/factorhouse/examples."
    ),
    "com.redhat.insights.expandjsonsmt.ExpandJSON": from_source_field,
    "com.redhat.insights.expandjsonsmt.ExpandJSONHeaders": unchanged("Changes headers only."),
    "com.redhat.insights.flattenlistsmt.FlattenList": from_source_field,
    "com.redhat.insights.deleteifsmt.DeleteIf": unchanged("Makes tombstones of records, by content."),
    "com.redhat.insights.kafka.connect.transforms.DropIf": unchanged("Drops key or value by a script."),
    "com.redhat.insights.kafka.connect.transforms.Filter": content_filter("condition", "Drops records by a script."),
}
