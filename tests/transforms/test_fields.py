"""Field edges after transforms that rename, keep, add, join or spell fields, by hand from the classes' rules."""

import pytest

from kc_lineage_dagster.derive.records import ALL_COLUMNS, Leaf, Record, Struct, field_edges
from kc_lineage_dagster.derive.transforms.chain import build_chain
from kc_lineage_dagster.derive.transforms.steps import run
from kc_lineage_dagster.lineage import Dataset, Unresolved

KAFKA = "org.apache.kafka.connect.transforms"
CONFLUENT = "io.confluent.connect.transforms"
AIVEN = "io.aiven.kafka.connect.transforms"
CUSTENBORDER = "com.github.jcustenborder.kafka.connect.transform.common"
ICEBERG = "org.apache.iceberg.connect.transforms"
NESTED = Struct(
    (
        ("abc", Leaf(("abc",))),
        ("foo", Struct((("a1", Leaf(("foo.a1",))), ("a3", Struct((("b1", Leaf(("foo.a3.b1",))),)))))),
        ("dont", Leaf(("dont",))),
    )
)
FLAT = Struct((("user_id", Leaf(("user_id",))), ("e_mail", Leaf(("e_mail",)))))


def config_of(*steps: dict[str, str]) -> dict[str, str]:
    names = ",".join(f"t{n}" for n in range(len(steps)))
    return {
        "transforms": names,
        **{f"transforms.t{n}.{k}": v for n, step in enumerate(steps) for k, v in step.items()},
    }


def record_after(value: Struct, *steps: dict[str, str], kind: str = "sink") -> Record:
    chain, problems = build_chain(config_of(*steps), kind)
    assert not problems
    key = Struct((("id", Leaf(("id",))),))
    [outcome] = run(chain, Record(Dataset("kafka", "orders"), "orders", key, value))
    return outcome.record


@pytest.mark.parametrize(
    ("value", "steps", "expected"),
    [
        (ALL_COLUMNS, [{"type": f"{KAFKA}.ReplaceField$Value", "renames": "a:b,b:a"}], ["a -> b", "b -> a"]),
        (ALL_COLUMNS, [{"type": f"{KAFKA}.ReplaceField$Value", "whitelist": "a, b"}], ["a -> a", "b -> b"]),
        (
            ALL_COLUMNS,
            [{"type": f"{KAFKA}.MaskField$Value", "fields": "ssn"}],
            ["(made) -> ssn by MaskField", "ssn -> (dropped)"],
        ),
        (ALL_COLUMNS, [{"type": f"{KAFKA}.InsertField$Value", "offset.field": "o!"}], ["(made) -> o"]),
        (ALL_COLUMNS, [{"type": f"{KAFKA}.InsertField$Value", "static.field": "s"}], []),
        (
            ALL_COLUMNS,
            [{"type": f"{KAFKA}.HeaderFrom$Value", "fields": "a", "headers": "h", "operation": "move"}],
            ["a -> (dropped)"],
        ),
        (
            ALL_COLUMNS,
            [
                {"type": f"{KAFKA}.HoistField$Value", "field": "row"},
                {"type": f"{KAFKA}.ExtractField$Value", "field": "row.a", "field.syntax.version": "V2"},
                {"type": f"{KAFKA}.HoistField$Value", "field": "only"},
            ],
            ["a -> only"],
        ),
        (
            ALL_COLUMNS,
            [
                {"type": f"{KAFKA}.ExtractField$Value", "field": "`x.y`.z", "field.syntax.version": "V2"},
                {"type": f"{KAFKA}.HoistField$Value", "field": "only"},
            ],
            ["x.y.z -> only"],
        ),
        (
            NESTED,
            [
                {
                    "type": f"{CONFLUENT}.ReplaceField$Value",
                    "exclude": "dont",
                    "renames": "foo.a1:xyz,foo:bar,foo.a3.b1:luck",
                }
            ],
            ["abc -> abc", "foo.a1 -> bar.xyz", "foo.a3.b1 -> bar.a3.luck"],
        ),
        (
            NESTED,
            [{"type": f"{CONFLUENT}.ReplaceField$Value", "include": "foo.a3", "renames": "foo:bar"}],
            ["foo.a3.b1 -> bar.a3.b1"],
        ),
        (
            ALL_COLUMNS,
            [{"type": f"{CONFLUENT}.ReplaceField$Value", "exclude": "ssn", "renames": "foo.a:b,id:pk"}],
            ["foo -> foo", "id -> pk", "ssn -> (dropped)"],
        ),
        (
            ALL_COLUMNS,
            [{"type": f"{AIVEN}.ConcatFields$Value", "field.names": "a,b.c", "output.field.name": "ab"}],
            ["a, b.c -> ab by ConcatFields"],
        ),
        (
            ALL_COLUMNS,
            [{"type": f"{AIVEN}.KeyToValue", "key.fields": "id,*", "value.fields": "key_id"}],
            ["id -> key_id", "id -> _key.id"],
        ),
        (
            FLAT,
            [{"type": f"{CUSTENBORDER}.ChangeCase$Value", "from": "LOWER_UNDERSCORE", "to": "LOWER_CAMEL"}],
            ["user_id -> userId", "e_mail -> eMail"],
        ),
        (
            FLAT,
            [{"type": f"{CUSTENBORDER}.PatternRename$Value", "field.pattern": "^USER_", "field.replacement": ""}],
            ["user_id -> id", "e_mail -> e_mail"],
        ),
        (
            ALL_COLUMNS,
            [{"type": f"{ICEBERG}.KafkaMetadataTransform"}],
            [f"(made) -> _kafka_metadata_{part}" for part in ("topic", "partition", "offset", "timestamp")],
        ),
        (
            ALL_COLUMNS,
            [{"type": f"{ICEBERG}.CopyValue", "source.field": "a", "target.field": "b"}],
            ["a -> b"],
        ),
    ],
)
def test_fields(value: Struct, steps: list[dict[str, str]], expected: list[str]):
    """The fields that are known by name afterwards, and what they are made of."""
    assert sorted(map(str, field_edges(record_after(value, *steps).value))) == sorted(expected)


def test_a_field_that_is_not_known_to_be_a_struct_is_not_looked_into():
    """What was inside a renamed column stays unknown."""
    steps = (
        {"type": f"{KAFKA}.ReplaceField$Value", "renames": "a:b"},
        {"type": f"{KAFKA}.ExtractField$Value", "field": "b"},
        {"type": f"{KAFKA}.ReplaceField$Value", "renames": "x:y"},
    )
    assert field_edges(record_after(ALL_COLUMNS, *steps).value) == ()


def test_value_to_key():
    """The key becomes a struct of these fields of the value."""
    after = record_after(ALL_COLUMNS, {"type": f"{KAFKA}.ValueToKey", "fields": "a,b"})
    assert after.key == Struct((("a", Leaf(("a",))), ("b", Leaf(("b",)))))


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ({"type": f"{KAFKA}.RegexRouter", "regex": "("}, "replacement"),
        ({"type": f"{KAFKA}.RegexRouter", "regex": "(a", "replacement": "b"}, "regex"),
        ({"type": f"{KAFKA}.RegexRouter", "regex": "a", "replacement": "$1"}, "No group 1"),
        ({"type": f"{KAFKA}.ReplaceField", "renames": "a:b"}, "$Key and $Value"),
        ({"type": f"{KAFKA}.ReplaceField$Value", "renames": "a"}, "old:new"),
        ({"type": f"{KAFKA}.TimestampRouter", "timestamp.format": "yyyy-bb"}, "bb means nothing"),
        ({"type": f"{KAFKA}.InsertField$Value", "offset.field": "o"}, "every record fails"),
        ({"type": f"{KAFKA}.ExtractField$Key"}, "required"),
        ({"type": f"{CONFLUENT}.ExtractTopic"}, "$Header"),
        ({"type": "io.debezium.transforms.ByLogicalTableRouter", "topic.regex": "a"}, "topic.replacement"),
        ({"type": f"{CUSTENBORDER}.ChangeTopicCase", "from": "SNAKE", "to": "LOWER_CAMEL"}, "case formats"),
    ],
)
def test_what_connect_refuses_is_refused_by_name(step: dict[str, str], reason: str):
    """A transform that cannot be configured so is reported with its alias, its class and the option."""
    _, [problem] = build_chain(config_of(step), "source")
    assert isinstance(problem, Unresolved)
    assert problem.what.startswith("transform t0 (")
    assert reason in problem.reason
