"""Published transforms: none of them renames a topic, and their fields follow the classes' rules."""

from __future__ import annotations

import pytest

from kc_lineage_dagster.derive.records import Leaf, Node, Opaque, Record, Struct, leaves
from kc_lineage_dagster.derive.transforms import community
from kc_lineage_dagster.derive.transforms.chain import build_chain
from kc_lineage_dagster.derive.transforms.steps import run
from kc_lineage_dagster.lineage import Dataset

KEY = Struct((("id", Leaf(("k.id",))), ("region", Leaf(("k.region",)))))
VALUE = Struct((("id", Leaf(("id",))), ("name", Leaf(("name",)))))
NBARGOVIC, TILAKPATIDAR = "io.confluent.kafka.connect.transforms", "com.github.tilakpatidar.kafka.connect.smt"
RADAR, JOBTEASER = "org.radarbase.kafka.connect.transforms", "com.jobteaser.kafka.connect.transforms"
KEY_TO_FIELD = "com.github.eladleev.kafka.connect.transform.keytofield.KeyToFieldTransform"
ARANGODB_CDC = "io.github.jaredpetersen.kafkaconnectarangodb.sink.transforms.Cdc"
JSON_TEXT = "com.github.cedelsb.kafka.connect.smt.Record2JsonStringConverter"


def after(options: dict[str, str], kind: str = "source") -> Record:
    config = {"transforms": "t", **{f"transforms.t.{key}": value for key, value in options.items()}}
    chain, problems = build_chain(config, kind)
    assert not problems
    [outcome] = run(chain, Record(Dataset("postgres", "d.s.orders"), "orders", KEY, VALUE))
    return outcome.record


def shown(node: Node) -> dict[str, str]:
    """Path -> what it is made of."""
    return {path: ", ".join(leaf.origins) for path, leaf in leaves(node)}


def test_the_topic_is_left_alone():
    """So an edge from a table to its topic needs no active topics to be certain."""
    kinds = [name + part for name in community.TRANSFORMS for part in ("$Key", "$Value")]
    needed = dict.fromkeys(
        ("clonefield.from", "clonefield.to", "exclude", "keyField", "msgField", "ts.field.name"), "id"
    )
    assert [kind for kind in kinds if after({"type": kind, "fields": "id", **needed}).topic != "orders"] == []


@pytest.mark.parametrize(
    ("options", "key", "value"),
    [
        (
            {"type": "com.github.jcustenborder.kafka.connect.archive.Archive"},
            {},
            {
                "key.id": "k.id",
                "key.region": "k.region",
                "value.id": "id",
                "value.name": "name",
                "topic": "",
                "timestamp": "",
            },
        ),
        (
            {"type": f"{RADAR}.CombineKeyValue"},
            {},
            {"key.id": "k.id", "key.region": "k.region", "value.id": "id", "value.name": "name"},
        ),
        (
            {"type": f"{RADAR}.MergeKey"},
            {"id": "k.id", "region": "k.region"},
            {"id": "id", "name": "name", "timestamp": "", "region": "k.region"},
        ),
        (
            {"type": KEY_TO_FIELD},
            {"id": "k.id", "region": "k.region"},
            {"id": "id", "name": "name", "kafkaKey": "k.id, k.region"},
        ),
        (
            {"type": f"{JOBTEASER}.JoinFields$Value", "join-fields.fields": "name,id", "join-fields.destination": "n!"},
            {"id": "k.id", "region": "k.region"},
            {"id": "id", "name": "name", "n": "name, id"},
        ),
        (
            {"type": f"{NBARGOVIC}.KeyToValue", "keyField": "region", "msgField": "area", "dropKey": "true"},
            {},
            {"id": "id", "name": "name", "area": "k.region"},
        ),
        (
            {"type": f"{NBARGOVIC}.KeyToValue", "keyField": "region", "msgField": "area"},
            {"id": "k.id", "region": "k.region"},
            {"id": "id", "name": "name", "area": "k.region"},
        ),
        (
            {"type": f"{NBARGOVIC}.InsertTimestamp$Value", "ts.field.name": "at"},
            {"id": "k.id", "region": "k.region"},
            {"id": "id", "name": "name", "at": ""},
        ),
        (
            {"type": f"{NBARGOVIC}.InsertUuid$Key"},
            {"id": "k.id", "region": "k.region", "uuid": ""},
            {"id": "id", "name": "name"},
        ),
        (
            {"type": f"{TILAKPATIDAR}.CloneField$Value", "clonefield.from": "id", "clonefield.to": "copy"},
            {"id": "k.id", "region": "k.region"},
            {"id": "id", "name": "name", "copy": "id"},
        ),
        (
            {"type": "com.bakdata.kafka.DropField$Value", "exclude": "name"},
            {"id": "k.id", "region": "k.region"},
            {"id": "id"},
        ),
        (
            {"type": "com.bakdata.kafka.Convert$Value", "converter": "org.apache.kafka.connect.json.JsonConverter"},
            {"id": "k.id", "region": "k.region"},
            {},
        ),
        (
            {"type": "io.littlehorse.connect.transform.JsonPathMapperTransform$Value", "mapping.a": "$.value.id"},
            {"id": "k.id", "region": "k.region"},
            {},
        ),
        (
            {"type": "io.littlehorse.connect.transform.LiteralMapperTransform$Headers", "mapping.a": "1"},
            {"id": "k.id", "region": "k.region"},
            {"id": "id", "name": "name"},
        ),
        (
            {"type": "com.github.luyomo.kafka.connect.transform.TiDBTransform$Value", "field.name": "name"},
            {"id": "k.id", "region": "k.region"},
            {"id": "id", "name": "name"},
        ),
        (
            {"type": "com.github.kazanzhy.kafka.connect.smt.RecordKey2RowConverter"},
            {},
            {"id": "id", "name": "name"},
        ),
        (
            {"type": "com.github.kazanzhy.kafka.connect.smt.RecordValue2RowConverter"},
            {"id": "k.id", "region": "k.region"},
            {},
        ),
        (
            {"type": "com.buesing.connect.smt.KeyStructToString"},
            {},
            {"id": "id", "name": "name"},
        ),
        (
            {"type": "org.jd.kafka.ReplaceValue$Value", "field": "name", "regex": "a", "replacement": "b"},
            {"id": "k.id", "region": "k.region"},
            {"id": "id", "name": "name"},
        ),
        (
            {"type": "com.aimyourtechnology.kafka.connect.transform.bytes.Cast"},
            {},
            {},
        ),
        (
            {"type": "com.nryanov.kafka.connect.toolkit.transforms.SwapValueAndKey"},
            {"id": "id", "name": "name"},
            {"id": "k.id", "region": "k.region"},
        ),
        (
            {"type": "com.github.lepoitr.kafka.connect.smt.DropNulls$Value"},
            {"id": "k.id", "region": "k.region"},
            {"id": "id", "name": "name"},
        ),
        (
            {"type": "no.sysco.transform.RegexTransform$Value", "field": "name", "field.regex": "1"},
            {"id": "k.id", "region": "k.region"},
            {"id": "id", "name": "name"},
        ),
        (
            {"type": "io.github.ferozed.kafka.connect.transforms.MaskJsonField$Value", "CONNECT_FIELD_NAME": "name"},
            {"id": "k.id", "region": "k.region"},
            {"id": "id", "name": "name"},
        ),
        (
            {"type": "com.github.vdesabou.kafka.connect.transforms.JsonFieldToKey", "field": "$.id"},
            {},
            {"id": "id", "name": "name"},
        ),
    ],
)
def test_fields(options: dict[str, str], key: dict[str, str], value: dict[str, str]):
    """Of key and value, by hand from the class."""
    record = after(options)
    assert (shown(record.key), shown(record.value)) == (key, value)


def test_the_row_of_a_change_event_takes_its_place():
    """ArangoDB's sink reads change events with a transform of its own."""
    event = Struct((("before", VALUE), ("after", VALUE), ("op", Leaf())))
    chain, _ = build_chain({"transforms": "t", "transforms.t.type": ARANGODB_CDC}, "sink")
    [outcome] = run(chain, Record(Dataset("kafka", "orders"), "orders", KEY, event))
    assert outcome.record.value == VALUE


@pytest.mark.parametrize(("action", "values"), [("include", [VALUE]), ("NULLIFY", [Opaque()]), ("EXCLUDE", [])])
def test_a_filter_by_json_path_keeps_only_what_matches(action: str, values: list[Node]):
    """Its class drops what does not match whatever the action, so that EXCLUDE drops everything."""
    options = {"type": "com.github.cnatsis.kafka.connect.transforms.Filter", "pattern": "$[?(@.id)]", "action": action}
    config = {"transforms": "t", **{f"transforms.t.{key}": value for key, value in options.items()}}
    outcomes = run(build_chain(config, "sink")[0], Record(Dataset("kafka", "orders"), "orders", KEY, VALUE))
    assert [outcome.record.value for outcome in outcomes] == values


def test_json_text_is_one_field_of_which_nothing_more_is_known():
    """Whatever stood inside before."""
    record = after({"type": f"{JSON_TEXT}$Value", "json.string.field.name": "doc"})
    assert record.value == Struct((("doc", Opaque()),))


def test_short_names_stay_those_of_the_transforms_that_connectors_bring():
    """``ExtractNewRecordState`` is Debezium's, though Michelin has published one of the same name."""
    [outcome] = run(
        build_chain({"transforms": "t", "transforms.t.type": "ExtractNewRecordState"}, "source")[0],
        Record(Dataset("postgres", "d.s.orders"), "orders", KEY, VALUE),
    )
    assert outcome.record.value == VALUE
