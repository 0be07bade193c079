"""Transforms that people have published for others, package by package: those of which it is enough to know that the
topic stays, and which of key, value and headers they change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kc_lineage_dagster.derive.records import Opaque
from kc_lineage_dagster.derive.transforms import fields
from kc_lineage_dagster.derive.transforms.simple import content, forgotten, on_record, on_value, unchanged
from kc_lineage_dagster.derive.transforms.steps import Build, TransformOptions
from kc_lineage_dagster.lineage import Unresolved


def others(source: str) -> Build:
    """Return a builder of transforms by which fields of key or value are added, dropped or renamed."""
    return forgotten(f"Adds, drops or renames fields. Source: {source}.")


def others_of_value(source: str) -> Build:
    """Return a builder of transforms by which fields of the value are added, dropped or renamed."""
    return forgotten(f"Adds, drops or renames fields of the value. Source: {source}.", of=on_value)


def same(source: str) -> Build:
    """Return a builder of transforms by which contents or types of fields are changed."""
    return unchanged(f"Changes contents or types of fields. Source: {source}.")


def content_of(key: str, source: str) -> Build:
    """Return a builder of transforms by which the contents of the fields that an option lists are changed."""
    return content((key,), f"Changes the contents of fields. Source: {source}.")


def headers(source: str) -> Build:
    """Return a builder of transforms by which headers only are changed."""
    return unchanged(f"Changes headers only. Source: {source}.")


def keys(source: str) -> Build:
    """Return a builder of transforms by which the key is another."""
    return _always(f"Makes another key. Source: {source}.", lambda record: replace(record, key=Opaque()))


def records(source: str) -> Build:
    """Return a builder of transforms by which key and value are others."""
    what = f"Makes another key and value. Source: {source}."
    return _always(what, lambda record: replace(record, key=Opaque(), value=Opaque()))


def _always(what: str, change: fields.RecordChange) -> Build:
    """Return a builder of transforms that change records in the same way, whatever their options.

    Args:
        what: What such a transform does, and the source of that: the docstring of the builder.
        change: Of each record.
    """

    @on_record
    def build(options: TransformOptions) -> fields.RecordChange | Unresolved:
        return change

    build.__doc__ = what
    return build


_ORACDC = "https://github.com/averemee-si/oracdc"
_LENSES_EARLIER = "https://github.com/lensesio/kafka-connect-transformers"
_PURBON = "https://github.com/purbon/kafka-connect-transformations"
_VRUDENSKYI = "https://github.com/vrudenskyi/kafka-connect-transform"
_QUESTDB = "https://github.com/questdb/kafka-questdb-connector"
_CLOUDANT = "https://github.com/IBM/cloudant-kafka-connector"
_NEW_RELIC = "https://github.com/newrelic/kafka-connect-newrelic"
_SAP = "https://github.com/SAP/kafka-connect-sap"
_REDHAT = "https://github.com/RedHatInsights/connect-transforms"
_CULTURE_AMP = "https://github.com/cultureamp/kafka-connect-plugins"
_KARTALTABAK = "https://github.com/kartaltabak/kafka-connect-custom-transforms"
_ONLINER = "https://github.com/onliner/kafka-smt"
_TILAKPATIDAR = "https://github.com/tilakpatidar/kafka-connect-transform"
_NEJCKORASA = "https://github.com/nejckorasa/kafka-connect-smt"
_CUTTER = "https://github.com/deepshore/kafka-connect-transform-cutter"
_SET_SCHEMA = "https://github.com/LGouellec/set-schema-kafka-smt"
_MOKA = "https://github.com/alghofari/moka-kafka-smt"
_EQUALEYES = "https://github.com/polarityorg/kafka-connect-transform"

# package -> name in it -> what it does; each source says that the topic stays
PACKAGES: Mapping[str, Mapping[str, Build]] = {
    "solutions.a2.kafka.transforms": {
        **{name: others(_ORACDC) for name in ("HeaderToFieldConverter", "ToLowerCaseNameConverter")},
        **{name: same(_ORACDC) for name in ("OraIntervalConverter", "OraNumberConverter")},
        "KeyToValueConverter": others_of_value(_ORACDC),
    },
    "com.datamountaineer.streamreactor.connect.transforms": {
        **{name: same(_LENSES_EARLIER) for name in ("LogicalFieldToString", "MapKeyToString")},
        "NestingFields": others(_LENSES_EARLIER),
    },
    "com.purbon.kafka.connect.smt": {
        **{name: others_of_value(_PURBON) for name in ("FieldsSelection", "RemoveField")},
        "DebeziumDeleteMapping": unchanged(f"Makes tombstones of deletions. Source: {_PURBON}."),
    },
    "com.vrudenskyi.kafka.connect.transform": {
        name: others_of_value(_VRUDENSKYI)
        for name in ("FieldToValueTransformation", "KVPairParser", "ParseSyslog", "RemoveField", "ToJson")
    }
    | {"AddHeader": headers(_VRUDENSKYI)},
    "com.redhat.insights.kafka.connect.transforms": {
        name: others(_REDHAT) for name in ("FieldToJson", "FilterFields", "InjectSchema")
    },
    "io.questdb.kafka": {name: others(_QUESTDB) for name in ("OrderBookToArray", "StructArrayExplode")},
    "com.ibm.cloud.cloudant.kafka.transforms": {
        name: others_of_value(_CLOUDANT) for name in ("ArrayFlatten", "MapToStruct")
    },
    "com.newrelic.telemetry": {
        name: others_of_value(_NEW_RELIC) for name in ("AgentRollupTransformation", "StatsdTransformation")
    },
    "com.sap.kafka.connect.transforms": {"EscapeFieldNameCharacters": others(_SAP)},
    "com.reproio.kafka.connect.transforms": {
        "AvroMapToJsonString": same("https://github.com/reproio/kafka-connect-transforms")
    },
    "com.glints.kafka.connect.transforms": {
        "CamelCaseToSnakeCase": others("https://github.com/glints-dev/glints-kafka-connect-transforms")
    },
    "com.github.kazanzhy.kafka.connect.smt": {
        "RecordKey2RowConverter": keys("https://github.com/kazanzhy/kafka-connect-transform-record2row"),
        "RecordValue2RowConverter": others_of_value("https://github.com/kazanzhy/kafka-connect-transform-record2row"),
    },
    "com.cultureamp.kafka.connect.plugins.transforms": {
        **{
            name: others_of_value(_CULTURE_AMP)
            for name in (
                *("ClickHouseFlattenTransformer", "JsonToHexTransformer", "RedShiftComplexDataTypeTransformer"),
                "SlackIntegrationPayloadTransformer",
            )
        },
        "ModifyPartition": unchanged(f"Changes the partition. Source: {_CULTURE_AMP}."),
        "SoftDeleteToTombstoneTransformer": unchanged(f"Makes tombstones of deletions. Source: {_CULTURE_AMP}."),
        "UnquoteRecordKey": unchanged(f"Takes the quotes off the key's text. Source: {_CULTURE_AMP}."),
    },
    "name.ekt.kafka.connect.transform": {
        **{
            name: records(_KARTALTABAK)
            for name in (
                *("AppendProcessingTime", "CopyField", "LowercaseFieldNames", "RenameFieldNamesRegEx"),
                *("UppercaseFieldNames", "WktToPostgresGeometry"),
            )
        },
        **{name: same(_KARTALTABAK) for name in ("RemoveNullCharacters", "ReplaceRegexValue", "TimeShift")},
    },
    "org.onliner.kafka.transforms": {
        **{name: others(_ONLINER) for name in ("ConcatFields", "InsertUuid", "JsonDeserialize")},
        "JsonSerialize": content_of("fields", _ONLINER),
        "GroupPartitioner": unchanged(f"Changes the partition. Source: {_ONLINER}."),
    },
    "com.bakdata.kafka": {
        "Convert": forgotten("Reads bytes by a converter. Source: https://github.com/bakdata/kafka-connect-plugins."),
    },
    **{
        f"{owner}.github.rerorero.kafka.connect.transform.encrypt": {
            "Transform": same("https://github.com/rerorero/kafka-connect-transform-encrypt")
        }
        for owner in ("com", "io")
    },
    "com.github.hpgrahsl.kafka.connect.transforms.kryptonite.util": {
        name: others("https://github.com/hpgrahsl/kafka-connect-transform-kryptonite")
        for name in ("JsonStringReader", "JsonStringWriter")
    },
    "com.github.tilakpatidar.kafka.connect.smt": {
        "ArchiveMessage": others_of_value(_TILAKPATIDAR),
        "CloneFieldsToHeader": headers(_TILAKPATIDAR),
    },
    "io.github.nejckorasa.kafka.connect.smt.transforms": {
        "FilterOnMatchingHeader": unchanged(f"Drops records by a header. Source: {_NEJCKORASA}."),
        "MapHeader": headers(_NEJCKORASA),
    },
    "de.deepshore.kafka.connect.transform.cutter": dict.fromkeys(("SkipEnd", "SkipStart"), others(_CUTTER)),
    "com.github.lgouellec.kafka.connect.smt": {
        "SetRecordName": unchanged(f"Renames schemas. Source: {_SET_SCHEMA}."),
        "SetSchema": others_of_value(_SET_SCHEMA),
    },
    "com.michelin.kafka.connect.transforms": {
        "ExpandJsonHeaders": headers("https://github.com/michelin/michelin-connect-plugins"),
        "TimestampMicrosConverter": content_of("field", "https://github.com/michelin/michelin-connect-plugins"),
    },
    "com.bbrownsound.kafka.connect.transforms": {
        name: others("https://github.com/brbrown25/connect-transforms")
        for name in ("StructToJson", "StructToJsonDebug")
    },
    "com.finaloop.kafka.connect.transforms": {
        name: others_of_value("https://github.com/finaloop/kafka-connect-smt")
        for name in ("AddCurrentTimestampField", "AddRecordTimestampField")
    },
    "sk.toniiiik.kafka.connect.transform.common": {
        "CloudEventHeaders": headers("https://github.com/toniiiik/kafka-transforms"),
        "ValueToJson": others_of_value("https://github.com/toniiiik/kafka-transforms"),
    },
    "com.clickhouse.kafka.transforms": {
        "CastArray": same("https://github.com/ClickHouse/clickhouse-kafka-transforms"),
        "CastString": others("https://github.com/ClickHouse/clickhouse-kafka-transforms"),
    },
    "com.moka.kafka.connect.smt": {
        **{name: others(_MOKA) for name in ("CoalesceField", "InsertTimestamp", "RemoveField", "WrapField")},
        "TimestamptzConverter": same(_MOKA),
    },
    "com.github.verdado.kafka.connect.transforms": {
        "KeyToValue": others_of_value("https://github.com/Verdado/kafka-connect-transforms"),
        "StructToSchemaless": others_of_value("https://github.com/Verdado/kafka-connect-transforms"),
    },
    "io.equaleyes.kafka.connect.transforms": {"BytesToHexString": content_of("fields", _EQUALEYES)},
    "io.equaleyes.kafka.connect.transforms.questdb": {"BytesToLong256": same(_EQUALEYES)},
    "io.kineticedge.kafka.connect.transforms": {
        "Trim": same("https://github.com/kineticedge/kineticedge-connect-transforms")
    },
}
