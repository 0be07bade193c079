"""Transforms that people have published for others: each says its own source.

All of them leave the topic alone. Of most nothing is known of the fields afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kc_lineage_dagster.derive.config import first, items
from kc_lineage_dagster.derive.records import Leaf, Node, Opaque, Record, Struct
from kc_lineage_dagster.derive.transforms import fields
from kc_lineage_dagster.derive.transforms.simple import (
    NodeChange,
    content,
    forgotten,
    on_part,
    on_record,
    on_value,
    unchanged,
)
from kc_lineage_dagster.derive.transforms.steps import Build, TransformOptions
from kc_lineage_dagster.lineage import Unresolved


@on_record
def archive(options: TransformOptions) -> fields.RecordChange | Unresolved:
    """Puts key, value, topic and timestamp as they are below fields of these names; the new record has no key.

    Source: https://github.com/jcustenborder/kafka-connect-transform-archive
    """

    def change(record: Record) -> Record:
        topic = Leaf(constant=record.topic if isinstance(record.topic, str) else None)
        kept = (("key", record.key), ("value", record.value), ("topic", topic), ("timestamp", Leaf()))
        return replace(record, key=Opaque(), value=Struct(kept))

    return change


@on_record
def combine_key_value(options: TransformOptions) -> fields.RecordChange | Unresolved:
    """Puts key and value as they are below ``key`` and ``value``; the new record has no key.

    Source: https://github.com/RADAR-base/kafka-connect-transform-keyvalue (``CombineKeyValue``)
    """
    return lambda record: replace(record, key=Opaque(), value=Struct((("key", record.key), ("value", record.value))))


@on_record
def merge_key(options: TransformOptions) -> fields.RecordChange | Unresolved:
    """Adds the fields of the key to those of the value, and the record's time as ``timestamp``; of two fields with one
    name that of the value stays.

    Source: https://github.com/RADAR-base/kafka-connect-transform-keyvalue (``MergeKey``)
    """

    def change(record: Record) -> Record:
        key, value = record.key, record.value
        if not isinstance(key, Struct) or key.columns is not None:
            return replace(record, value=Opaque())
        added = {name: field for name, field in key.fields if fields.field_at(value, (name,)) is None}
        made: dict[str, Node] = {} if fields.field_at(value, ("timestamp",)) else {"timestamp": Leaf()}
        return replace(record, value=fields.put(value, {**made, **added}))

    return change


@on_record
def key_to_field(options: TransformOptions) -> fields.RecordChange | Unresolved:
    """Adds ``field.name`` (``kafkaKey``) to the value: the key, or what its fields make when they are joined.

    Source: ``com.github.eladleev.kafka.connect.transform.keytofield.KeyToFieldTransform``
    """
    name = options.config.get("field.name", "kafkaKey")

    def change(record: Record) -> Record:
        key = record.key
        known = isinstance(key, Leaf) or (isinstance(key, Struct) and key.columns is None)
        made = Leaf(fields.origins(key), ("KeyToFieldTransform",)) if known else Opaque()
        return replace(record, value=fields.put(record.value, {name: made}))

    return change


@on_record
def json_field_to_key(options: TransformOptions) -> fields.RecordChange | Unresolved:
    """Makes what a JSON path finds in the value's text the key.

    Source: ``com.github.vdesabou.kafka.connect.transforms.JsonFieldToKey``
    """
    return lambda record: replace(record, key=Opaque())


@on_record
def swap(options: TransformOptions) -> fields.RecordChange | Unresolved:
    """Exchanges key and value.

    Source: https://github.com/nryanov/kafka-connect-toolkit (``SwapValueAndKey``)
    """
    return lambda record: replace(record, key=record.value, value=record.key)


@on_record
def sql(options: TransformOptions) -> fields.RecordChange | Unresolved:
    """Makes key and value of what statements select of them, each for the topics that it names.

    Source: ``io.lenses.connect.sql.Transformation``, earlier ``com.landoop.connect.sql.Transformation``
    """
    return lambda record: replace(record, key=Opaque(), value=Opaque())


@on_part
def json_text(options: TransformOptions) -> NodeChange | Unresolved:
    """Puts the whole as JSON text into the single field ``json.string.field.name``.

    Source: https://github.com/an0r0c/kafka-connect-transform-tojsonstring (``Record2JsonStringConverter``)
    """
    name = options.config.get("json.string.field.name", "jsonstring")
    return lambda node: fields.hoisted(Opaque(), name)


@on_part
def join_fields(options: TransformOptions) -> NodeChange | Unresolved:
    """Adds ``join-fields.destination`` (``output``), which joins the contents of ``join-fields.fields``.

    Source: https://github.com/jobteaser-oss/kafka-connect-transforms (``JoinFields``)
    """
    names = items(first(options.config, "join-fields.fields"))
    output = options.config.get("join-fields.destination", "output").rstrip("!?")

    def change(node: Node) -> Node:
        parts = [fields.field_at(node, (name,)) for name in names]
        if any(isinstance(part, Opaque) for part in parts):
            return fields.put(node, {output: Opaque()})
        columns = dict.fromkeys(column for part in parts for column in fields.origins(part))
        return fields.put(node, {output: Leaf(tuple(columns), ("JoinFields",))})

    return change


_JOBTEASER = "com.jobteaser.kafka.connect.transforms"
_NRYANOV = "com.nryanov.kafka.connect.toolkit.transforms"
_RENTPATH = "com.rentpath.kafka.connect.transforms"
_TOOLKIT = "Source: https://github.com/nryanov/kafka-connect-toolkit."

# the values of fields that ``fields`` lists, as paths: of nested ones nothing is noted
_CONTENT = ("BytesToBase64", "BytesToString", "CardMask", "CastToString", "NormalizeFieldValue", "StringToHash")
_SAME_FIELDS = ("DecimalAdjustScaleAndPrecision", "DropSchemaless", "HeaderFromField", "ReplaceFieldValue")
_OTHER_FIELDS = ("ConcatFields", "InsertHash", "NormalizeFieldName", "ReplaceFieldName", "SetNull")


def _others(source: str) -> Build:
    return forgotten(f"Adds, drops or renames fields. Source: {source}.")


def _others_of_value(source: str) -> Build:
    return forgotten(f"Adds, drops or renames fields of the value. Source: {source}.", of=on_value)


def _same(source: str) -> Build:
    return unchanged(f"Changes contents or types of fields. Source: {source}.")


_ORACDC = "https://github.com/averemee-si/oracdc"
_LENSES_EARLIER = "https://github.com/lensesio/kafka-connect-transformers"
_PURBON = "https://github.com/purbon/kafka-connect-transformations"
_VRUDENSKYI = "https://github.com/vrudenskyi/kafka-connect-transform"
_QUESTDB = "https://github.com/questdb/kafka-questdb-connector"
_CLOUDANT = "https://github.com/IBM/cloudant-kafka-connector"
_NEW_RELIC = "https://github.com/newrelic/kafka-connect-newrelic"
_SAP = "https://github.com/SAP/kafka-connect-sap"
_REDHAT = "https://github.com/RedHatInsights/connect-transforms"

# package -> name in it -> what it does; each source says that the topic stays
_MORE: Mapping[str, Mapping[str, Build]] = {
    "solutions.a2.kafka.transforms": {
        **{name: _others(_ORACDC) for name in ("HeaderToFieldConverter", "ToLowerCaseNameConverter")},
        **{name: _same(_ORACDC) for name in ("OraIntervalConverter", "OraNumberConverter")},
        "KeyToValueConverter": _others_of_value(_ORACDC),
    },
    "com.datamountaineer.streamreactor.connect.transforms": {
        **{name: _same(_LENSES_EARLIER) for name in ("LogicalFieldToString", "MapKeyToString")},
        "NestingFields": _others(_LENSES_EARLIER),
    },
    "com.purbon.kafka.connect.smt": {
        **{name: _others_of_value(_PURBON) for name in ("FieldsSelection", "RemoveField")},
        "DebeziumDeleteMapping": unchanged(f"Makes tombstones of deletions. Source: {_PURBON}."),
    },
    "com.vrudenskyi.kafka.connect.transform": {
        name: _others_of_value(_VRUDENSKYI)
        for name in ("FieldToValueTransformation", "KVPairParser", "ParseSyslog", "ToJson")
    },
    "com.redhat.insights.kafka.connect.transforms": {
        name: _others(_REDHAT) for name in ("FieldToJson", "FilterFields", "InjectSchema")
    },
    "io.questdb.kafka": {name: _others(_QUESTDB) for name in ("OrderBookToArray", "StructArrayExplode")},
    "com.ibm.cloud.cloudant.kafka.transforms": {
        name: _others_of_value(_CLOUDANT) for name in ("ArrayFlatten", "MapToStruct")
    },
    "com.newrelic.telemetry": {
        name: _others_of_value(_NEW_RELIC) for name in ("AgentRollupTransformation", "StatsdTransformation")
    },
    "com.sap.kafka.connect.transforms": {"EscapeFieldNameCharacters": _others(_SAP)},
    "com.reproio.kafka.connect.transforms": {
        "AvroMapToJsonString": _same("https://github.com/reproio/kafka-connect-transforms")
    },
    "com.glints.kafka.connect.transforms": {
        "CamelCaseToSnakeCase": _others("https://github.com/glints-dev/glints-kafka-connect-transforms")
    },
    "com.github.kazanzhy.kafka.connect.smt": {
        "Record2RowConverter": _others("https://github.com/kazanzhy/kafka-connect-transform-record2row")
    },
    "io.kineticedge.kafka.connect.transforms": {
        "Trim": _same("https://github.com/kineticedge/kineticedge-connect-transforms")
    },
}

TRANSFORMS: Mapping[str, Build] = {
    **{f"{_NRYANOV}.{name}": content(("fields",), f"Changes fields' contents. {_TOOLKIT}") for name in _CONTENT},
    **{f"{_NRYANOV}.{name}": unchanged(f"Changes contents, types or headers. {_TOOLKIT}") for name in _SAME_FIELDS},
    **{f"{_NRYANOV}.{name}": forgotten(f"Adds, drops or renames fields. {_TOOLKIT}") for name in _OTHER_FIELDS},
    f"{_NRYANOV}.SwapValueAndKey": swap,
    f"{_JOBTEASER}.JoinFields": join_fields,
    f"{_JOBTEASER}.ChangeCase": forgotten(
        "Spells fields' names in another case. Source: https://github.com/jobteaser-oss/kafka-connect-transforms."
    ),
    **{
        f"{_JOBTEASER}.{name}": unchanged(
            "Changes contents, not which fields there are. Source: "
            "https://github.com/jobteaser-oss/kafka-connect-transforms."
        )
        for name in ("MultiTimestampConverter", "ObfuscateEmail", "RemoveNulls")
    },
    **{
        f"{_RENTPATH}.{name}Transform": forgotten(
            "Joins, splits or flattens fields of the value. Source: https://github.com/rentpath/kafka-connect-transforms.",
            of=on_value,
        )
        for name in (
            *("BoolCoercion", "BoolString", "CoalesceFields", "KeyValueMerger", "ListJoin", "MapFlatten"),
            *("RawValue", "StringSplit", "StringTruncate", "UnionResolver"),
        )
    },
    **{
        f"com.catawiki.kafka.connect.transforms.{name}": unchanged(
            "Drops tombstones. Source: https://github.com/catawiki/kafka-connect-transform-tombstone."
        )
        for name in ("FilterNullTombstone", "FilterNullValueTombstone")
    },
    **{
        f"com.github.cokelee777.kafka.connect.smt.claimcheck.ClaimCheck{end}Transform": forgotten(
            "Puts large values elsewhere, or fetches them. Source: "
            "https://github.com/CokeLee777/kafka-connect-smt-toolkit.",
            of=on_value,
        )
        for end in ("Source", "Sink")
    },
    **{f"{package}.{name}": build for package, those in _MORE.items() for name, build in those.items()},
    "com.birdie.kafka.connect.smt.DebeziumJsonDeserializer": forgotten(
        "Reads JSON text in fields. Source: https://github.com/birdiecare/connect-smts.", of=on_value
    ),
    "com.github.cedelsb.kafka.connect.smt.Record2JsonStringConverter": json_text,
    **dict.fromkeys((f"{owner}.connect.sql.Transformation" for owner in ("io.lenses", "com.landoop")), sql),
    "com.github.eladleev.kafka.connect.transform.keytofield.KeyToFieldTransform": key_to_field,
    "com.github.jcustenborder.kafka.connect.archive.Archive": archive,
    "com.github.vdesabou.kafka.connect.transforms.JsonFieldToKey": json_field_to_key,
    "com.github.lepoitr.kafka.connect.smt.DropNulls": unchanged(
        "Drops the fields of a record that hold nothing, by content. Source: the class itself."
    ),
    "com.michelin.kafka.connect.transforms.qlik.replicate.ExtractNewRecordState": forgotten(
        "Puts the row in place of a change event of Qlik Replicate. Source: "
        "https://github.com/michelin/kafka-connect-transforms-qlik-replicate.",
        of=on_value,
    ),
    "com.michelin.kafka.connect.transforms.qlik.replicate.ReplicateTimestampConverter": unchanged(
        "Changes the type of time fields. Source: https://github.com/michelin/kafka-connect-transforms-qlik-replicate."
    ),
    "io.github.ferozed.kafka.connect.transforms.MaskJsonField": unchanged(
        "Masks a place inside JSON text; the field stays text. Source: the class itself."
    ),
    "io.streamthoughts.kafka.connect.transform.Grok": forgotten(
        "Makes fields of what a pattern finds in text. Source: "
        "https://github.com/streamthoughts/kafka-connect-transform-grok."
    ),
    "no.sysco.transform.RegexTransform": unchanged(
        "Replaces in the text of a field what a pattern finds. Source: the class itself."
    ),
    "org.radarbase.kafka.connect.transforms.CombineKeyValue": combine_key_value,
    "org.radarbase.kafka.connect.transforms.MergeKey": merge_key,
    "org.radarbase.kafka.connect.transforms.TimestampConverter": unchanged(
        "Changes the type of time fields. Source: https://github.com/RADAR-base/kafka-connect-transform-keyvalue."
    ),
}
