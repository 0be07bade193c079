"""Transforms that people have published for others: each says its own source.

All of them leave the topic alone. Of most nothing is known of the fields afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kc_lineage_dagster.derive.config import first, flag, items
from kc_lineage_dagster.derive.records import Leaf, Node, Opaque, Record, Struct
from kc_lineage_dagster.derive.transforms import fields
from kc_lineage_dagster.derive.transforms.community_packages import (
    PACKAGES,
    content_of,
    keys,
    others,
    others_of_value,
    records,
    same,
)
from kc_lineage_dagster.derive.transforms.jcustenborder import made_fields
from kc_lineage_dagster.derive.transforms.simple import (
    NodeChange,
    content,
    content_filter,
    forgotten,
    keep,
    missing,
    on_part,
    on_record,
    on_value,
    unchanged,
)
from kc_lineage_dagster.derive.transforms.steps import Build, Transform, TransformOptions
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
def key_field_to_value(options: TransformOptions) -> fields.RecordChange | Unresolved:
    """Copies ``keyField`` of the key into the value as ``msgField``; ``dropKey`` takes the key away.

    Source: https://github.com/nbargovic/kafka-connect-custom-transforms (``KeyToValue``)
    """
    source, target = (first(options.config, key) for key in ("keyField", "msgField"))
    if source is None or target is None:
        return missing("keyField, msgField")
    drops = flag(options.config, "dropKey")

    def change(record: Record) -> Record:
        copy = fields.field_at(record.key, (source,)) or Opaque()
        kept = Opaque() if drops else record.key
        return replace(record, key=kept, value=fields.put(record.value, {target: copy}))

    return change


@on_part
def clone_field(options: TransformOptions) -> NodeChange | Unresolved:
    """Copies ``clonefield.from`` to ``clonefield.to``.

    Source: https://github.com/tilakpatidar/kafka-connect-transform (``CloneField``)
    """
    source, target = (first(options.config, f"clonefield.{end}") for end in ("from", "to"))
    if source is None or target is None:
        return missing("clonefield.from, clonefield.to")
    return lambda node: fields.put(node, {target: fields.field_at(node, (source,)) or Opaque()})


@on_part
def drop_field(options: TransformOptions) -> NodeChange | Unresolved:
    """Leaves out the field at the path ``exclude``.

    Source: https://github.com/bakdata/kafka-connect-plugins (``DropField``)
    """
    path = first(options.config, "exclude")
    return (lambda node: fields.without_at(node, tuple(path.split(".")))) if path else missing("exclude")


@on_value
def arangodb_cdc(options: TransformOptions) -> NodeChange | Unresolved:
    """Puts ``after`` in place of a change event.

    Source: https://github.com/jaredpetersen/kafka-connect-arangodb (``Cdc``)
    """
    return lambda node: fields.field_at(node, ("after",)) or Opaque()


def mapper(options: TransformOptions) -> Transform | Unresolved:
    """Makes key or value anew of mappings; ``$Headers`` changes headers only.

    Source: https://github.com/littlehorse-enterprises/lh-kafka-connect (``AbstractMapperTransform``)
    """
    return Transform(options.alias, keep) if options.part == "Headers" else _forgets(options)


_forgets = forgotten("Makes key or value anew.")
_filters = content_filter("pattern", "Drops records by a JSON path.")
_nullifies = forgotten("Takes the value away.", of=on_value)


def json_path_filter(options: TransformOptions) -> Transform | Unresolved:
    """Keeps the records that ``pattern`` finds something in (``action`` INCLUDE), without their value (NULLIFY), or
    none at all (EXCLUDE drops those that match, and the others are dropped whatever the action).

    Source: https://github.com/cnatsis/kafka-connect-transforms (``Filter``)
    """
    action = options.config.get("action", "INCLUDE").upper()
    if action == "EXCLUDE":
        return Transform(options.alias, lambda record: ())
    return (_nullifies if action == "NULLIFY" else _filters)(options)


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
_NBARGOVIC = "https://github.com/nbargovic/kafka-connect-custom-transforms"
_RENTPATH = "com.rentpath.kafka.connect.transforms"
_TOOLKIT = "Source: https://github.com/nryanov/kafka-connect-toolkit."

# the values of fields that ``fields`` lists, as paths: of nested ones nothing is noted
_CONTENT = ("BytesToBase64", "BytesToString", "CardMask", "CastToString", "NormalizeFieldValue", "StringToHash")
_SAME_FIELDS = ("DecimalAdjustScaleAndPrecision", "DropSchemaless", "HeaderFromField", "ReplaceFieldValue")
_OTHER_FIELDS = ("ConcatFields", "InsertHash", "NormalizeFieldName", "ReplaceFieldName", "SetNull")


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
    **{f"{package}.{name}": build for package, those in PACKAGES.items() for name, build in those.items()},
    "com.birdie.kafka.connect.smt.DebeziumJsonDeserializer": forgotten(
        "Reads JSON text in fields. Source: https://github.com/birdiecare/connect-smts.", of=on_value
    ),
    "com.github.cedelsb.kafka.connect.smt.Record2JsonStringConverter": json_text,
    **{
        f"{owner}.connect.sql.Transformation": records("the class itself, whose statements say what they select")
        for owner in ("io.lenses", "com.landoop")
    },
    "com.github.eladleev.kafka.connect.transform.keytofield.KeyToFieldTransform": key_to_field,
    "com.github.jcustenborder.kafka.connect.archive.Archive": archive,
    "com.github.vdesabou.kafka.connect.transforms.JsonFieldToKey": json_field_to_key,
    "com.alexissellier.connect.transform.ReplaceFieldContent": same(
        "https://github.com/AlexisSellier/kafka-connect-transform-field-content"
    ),
    "com.buesing.connect.smt.KeyStructToString": keys("https://github.com/nbuesing/kafka-connect-smt"),
    "com.github.jshaptic.kafka.connect.transforms.SkipUnchangedDebeziumRecord": unchanged(
        "Drops updates that changed nothing. Source: https://github.com/jshaptic/kafka-connect-smt."
    ),
    "com.github.yq314.kafka.connect.transform.keytovalue.KeyToValue": others_of_value(
        "https://github.com/yq314/Kafka-SMT-KeyToValue"
    ),
    "com.netshoes.kafka.connect.transform.mongodb.json.transform.JsonTransformation": others_of_value(
        "https://github.com/viniciusnrgarcia/kafka-connect-transform-mongodb-json"
    ),
    "com.thirdstreet.transform.CharTrimTransform": same("https://github.com/third-street/kafka-connect-transform"),
    "com.ziphq.kafka.connect.smt.PartitionRouting": unchanged(
        "Changes the partition. Source: https://github.com/dingxiong/kafka-smt."
    ),
    "io.confluent.nbchn.connect.xml.FromXml": others("https://github.com/nbchn/kafka-connect-transform-xml-light"),
    "io.github.cyberjar09.strip_unicode_null_transform.StripUnicodeNullTransform": same(
        "https://github.com/cyberjar09/StripUnicodeNullTransform"
    ),
    "io.github.eddie4k.DuplicateMessageDetector.DuplicateMessageDetector": unchanged(
        "Drops records that were there before. Source: the class itself."
    ),
    "org.jd.kafka.ReplaceValue": same("https://github.com/jdurani/kafka-connect-smt-replace-field"),
    "ru.typik.kafka.connect.transform.JsonOrRawTransformation": others(
        "https://github.com/typik89/kafka-connect-transform"
    ),
    "com.bakdata.kafka.DropField": drop_field,
    "com.github.tilakpatidar.kafka.connect.smt.CloneField": clone_field,
    "io.confluent.kafka.connect.transforms.InsertTimestamp": made_fields(
        "ts.field.name", f"Adds a field with the time. Source: {_NBARGOVIC}."
    ),
    "io.confluent.kafka.connect.transforms.InsertUuid": made_fields(
        "uuid.field.name", f"Adds a field with a UUID. Source: {_NBARGOVIC}.", "uuid"
    ),
    "io.confluent.kafka.connect.transforms.KeyToValue": key_field_to_value,
    **{f"io.littlehorse.connect.transform.{name}MapperTransform": mapper for name in ("JsonPath", "Literal")},
    "com.aimyourtechnology.kafka.connect.transform.bytes.Cast": records(
        "https://github.com/muirandy/kafka-connect-transform-bytes"
    ),
    "com.birdie.kafka.connect.smt.Jose": forgotten(
        "Decrypts the value. Source: https://github.com/birdiecare/connect-smts.", of=on_value
    ),
    "com.github.cjmatta.kafka.connect.transform.RegexpExtract": others(
        "https://github.com/ismailmayat/kafka-connect-transform-regexpextract"
    ),
    "com.github.cnatsis.kafka.connect.transforms.Filter": json_path_filter,
    "com.github.jcustenborder.kafka.connect.cobol.FromCopybook": others(
        "https://github.com/jcustenborder/kafka-connect-transform-cobol"
    ),
    "com.github.jcustenborder.kafka.connect.transform.fhir.FromFHIR": others(
        "https://github.com/jcustenborder/kafka-connect-transform-hl7"
    ),
    "com.github.jcustenborder.kafka.connect.transform.fix.FromFIX": others(
        "https://github.com/jcustenborder/kafka-connect-transform-fix"
    ),
    "com.github.jcustenborder.kafka.connect.transform.maxmind.MaxMindTransformation": others_of_value(
        "https://github.com/jcustenborder/kafka-connect-transform-maxmind"
    ),
    "com.github.lowess.kafka.connect.smt.InsertDomainMetadata": others(
        "https://github.com/Lowess/kafka-connect-insert-domain-metadata"
    ),
    "com.github.luyomo.kafka.connect.transform.TiDBTransform": content_of(
        "field.name", "https://github.com/luyomo/kafka-connect-tidb-transform"
    ),
    "com.github.matejd.kafka.connect.transform.MathExpression": others(
        "https://github.com/matejd/kafka-transform-math-expression"
    ),
    "com.github.vdesabou.kafka.connect.transforms.TombstoneToNull": forgotten(
        "Puts a row in place of a tombstone, and adds a field. Source: the class itself.", of=on_value
    ),
    "com.github.yashmayya.kafka.connect.smt.BytesToString": content_of(
        "field.name", "https://github.com/yashmayya/kafka-connect-transform-bytes-to-string"
    ),
    "com.moneyforward.ffp.smt.StringifyJson": content_of(
        "target_fields", "https://github.com/moneyforward/ffp-kafka-connect-smt"
    ),
    "com.nryanov.kafka.connect.toolkit.debezium.transforms.SchemaRename": unchanged(f"Renames schemas. {_TOOLKIT}"),
    f"{_NRYANOV}.CopyFromTo": records("https://github.com/nryanov/kafka-connect-toolkit"),
    "com.opencredo.opasmt.OpaTransformer": unchanged(
        "Masks fields and drops records by a policy. Source: "
        "https://github.com/opencredo/opa-single-message-transformer."
    ),
    "com.picflow.transforms.JsonStringToMap": others(
        "https://github.com/nusign/kafka-connect-transform-jsonstring-to-map"
    ),
    "de.witcom.kafka.connect.smt.Namespacefy": unchanged(
        "Renames schemas. Source: https://github.com/iceman91176/kafka-connect-smt."
    ),
    "io.github.jaredpetersen.kafkaconnectarangodb.sink.transforms.Cdc": arangodb_cdc,
    "io.thecrazymonkey.kafka.connect.smt.SMTProtegrityTokenizer": same(
        "https://github.com/thecrazymonkey/kafka-connect-smts"
    ),
    "io.woolford.JoltTransform": others("https://github.com/alexwoolford/kafka-connect-transform-jolt"),
    "io.zeelos.kafka.connect.transforms.Flatten": others("https://github.com/zeelos/kafka-connect-transforms"),
    "kafka.mongodb.transforms.ObjectIdToString": others("https://github.com/xvierd/kafka-smt-objectid-key-string"),
    "net.thinatech.connect.transform.JsonSnakeMapper": others_of_value(
        "https://github.com/mahieddine-ichir/connect-transform-snakecase"
    ),
    "org.util.kafka.smt.HeaderFromFields": records("https://github.com/eljeko/kafka-connect-smt-move-field-to-header"),
    "seko.kafka.connect.transformer.script.ScriptEngineTransformer": records(
        "https://github.com/seko0716/kafka-connect-transformers"
    ),
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
