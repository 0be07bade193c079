"""Published transforms that rename topics: by the name, or by what records hold, where that is known."""

from __future__ import annotations

import pytest

from kc_lineage_dagster.derive.records import Leaf, Node, Record, Struct, TopicPattern
from kc_lineage_dagster.derive.transforms.chain import build_chain
from kc_lineage_dagster.derive.transforms.steps import run
from kc_lineage_dagster.lineage import Dataset

KEY = Struct((("id", Leaf(("k.id",))),))
VALUE = Struct(
    (("id", Leaf(("id",))), ("kind", Leaf(constant="sold")), ("at", Struct((("shop", Leaf(constant="b")),))))
)
REPOSITORIES = {
    "rerorero": "io.github.rerorero.kafka.smt.PayloadBasisRouter",
    "toniiiik": "sk.toniiiik.kafka.connect.transform.common.ExtractTopicName",
    "rochapaulo": "almeida.paulorocha.kafka.connect.transform.extracttopic.ExtractTopic",
    "edfi": "com.github.edfiallianceoss.kafka.connect.transforms.GenerateIndexFromResource",
    "birdie": "com.birdie.kafka.connect.smt.Outbox",
    "oun": "io.github.oun.kafka.transform.outbox.MongoEventRouter",
    "glints": "com.glints.kafka.connect.transforms.TopicCamelCaseToSnakeCase",
    "purbon": "com.purbon.kafka.connect.smt.ConvertTopicNameTransformation",
    "lower": "name.ekt.kafka.connect.transform.TableToLowerCase",
    "upper": "name.ekt.kafka.connect.transform.TableToUpperCase",
}


def after(whose: str, options: dict[str, str], topic: str = "orders", value: Node = VALUE) -> Record:
    config = {f"transforms.t.{key}": text for key, text in options.items() if key != "part"}
    config |= {"transforms": "t", "transforms.t.type": REPOSITORIES[whose] + options.get("part", "")}
    chain, problems = build_chain(config, "source")
    assert not problems
    [outcome] = run(chain, Record(Dataset("postgres", "d.s.orders"), topic, KEY, value))
    return outcome.record


@pytest.mark.parametrize(
    ("whose", "topic", "renamed"),
    [
        ("glints", "shop.customerOrders.LineItem", "shop.customer_orders.line_item"),
        ("glints", "HTTPLog", "h_t_t_p_log"),
        ("purbon", "customerOrders", "CUSTOMER_ORDERS"),
        ("purbon", "HTTPLog-x", "HTTP_LOG-X"),
        ("lower", "Shop.Orders", "shop.orders"),
        ("upper", "Shop.Orders", "SHOP.ORDERS"),
    ],
)
def test_a_function_of_the_name(whose: str, topic: str, renamed: str):
    """By hand from the classes."""
    assert after(whose, {}, topic=topic).topic == renamed


@pytest.mark.parametrize(
    ("whose", "options", "topic"),
    [
        ("rerorero", {"part": "$Value", "replacement": "shop-{$.kind}"}, "shop-sold"),
        ("rerorero", {"part": "$Value", "replacement": "{$.at.shop}_{ $.kind }"}, "b_sold"),
        ("rerorero", {"part": "$Key", "replacement": "all"}, "all"),
        ("rerorero", {"part": "$Value", "replacement": "shop-{$.id}"}, "shop-${value.id}"),
        ("rerorero", {"part": "$Value", "replacement": "shop-{$['id']}"}, "shop-${value}"),
        ("toniiiik", {"part": "$Value", "field": "kind"}, "sold"),
        ("toniiiik", {"part": "$Value", "field": "id", "prefix": "shop-"}, "shop-${value.id}"),
        ("rochapaulo", {"value": "at/shop", "delimiter": "/"}, "b"),
        ("edfi", {"field.name": "kind,id"}, "${value.kind}$${value.id}${value}"),
        ("oun", {}, "${aggregateType}_events"),
    ],
)
def test_content_names_the_topic(whose: str, options: dict[str, str], topic: str):
    """Where every record holds the same it is one topic, else a pattern, which says what is known of it."""
    found = after(whose, options).topic
    assert str(found) == topic
    assert isinstance(found, TopicPattern) == ("$" in topic)


def test_a_pattern_keeps_the_text_that_is_known():
    """So active topics that cannot have come from there are not taken for its."""
    topic = after("rerorero", {"part": "$Value", "replacement": "shop-{$.id}"}).topic
    assert isinstance(topic, TopicPattern)
    assert (topic.fits("shop-1"), topic.fits("orders")) == (True, False)


@pytest.mark.parametrize(
    ("columns", "options", "topic"),
    [
        (("id", "payload"), {"topic": "sales@12"}, "sales"),
        (("id", "payload"), {"topic": "sales", "topic-prefix": "x"}, "x.sales"),
        (("id", "topic", "payload"), {"topic": "sales", "topic-prefix": "x"}, "x.${topic}"),
        (("id", "topic", "payload"), {}, "${topic}"),
    ],
)
def test_an_outbox_names_topics_by_its_column_first(columns: tuple[str, ...], options: dict[str, str], topic: str):
    """The option counts only for tables that surely have no such column; the payload is what is sent."""
    row = Struct(tuple((name, Leaf((name,))) for name in columns))
    record = after("birdie", options, value=row)
    assert (str(record.topic), record.value) == (topic, Leaf(("payload",)))


@pytest.mark.parametrize(("whose", "part"), [("rerorero", "$Value"), ("toniiiik", "$Value"), ("edfi", "")])
def test_required_options(whose: str, part: str):
    """What is not set is said."""
    config = {"transforms": "t", "transforms.t.type": REPOSITORIES[whose] + part}
    _, [problem] = build_chain(config, "source")
    assert "is required and not set" in problem.reason
