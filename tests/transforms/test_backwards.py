"""From the name of a finished topic back to the names it may have had before the chain."""

import pytest

from kc_lineage_dagster.derive.records import Record, TopicPattern
from kc_lineage_dagster.derive.transforms.chain import build_chain
from kc_lineage_dagster.derive.transforms.steps import Beforehand, Chain, backwards, run
from kc_lineage_dagster.lineage import Dataset

KAFKA = "org.apache.kafka.connect.transforms"
DEBEZIUM = "io.debezium.transforms"
CUSTENBORDER = "com.github.jcustenborder.kafka.connect.transform.common"


def chain_of(*steps: dict[str, str]) -> Chain:
    config = {"transforms": ",".join(f"t{n}" for n in range(len(steps)))}
    for n, step in enumerate(steps):
        config |= {f"transforms.t{n}.{key}": value for key, value in step.items()}
    chain, problems = build_chain(config, "source")
    assert not problems
    return chain


def before(topic: str, *steps: dict[str, str]) -> Beforehand:
    return backwards(chain_of(*steps), topic)[0]


def dated(format: str = "${topic}-${timestamp}", time: str = "yyyyMMdd") -> dict[str, str]:
    return {"type": f"{KAFKA}.TimestampRouter", "topic.format": format, "timestamp.format": time}


def routed(regex: str, replacement: str) -> dict[str, str]:
    return {"type": f"{KAFKA}.RegexRouter", "regex": regex, "replacement": replacement}


@pytest.mark.parametrize(
    ("topic", "step", "names"),
    [
        ("j_users-20261101", dated(), {"j_users"}),
        ("j_users-20261301", dated(), set()),
        ("j_users", dated(), set()),
        ("2026-07/users", dated("${timestamp}/${topic}", "yyyy-MM"), {"users"}),
        ("a-a-24", dated("${topic}-${topic}-${timestamp}", "yy"), {"a"}),
        ("a-b-24", dated("${topic}-${topic}-${timestamp}", "yy"), set()),
        ("users9", dated("${topic}${timestamp}", "H"), {"users"}),
        ("users21", dated("${topic}${timestamp}", "H"), {"users", "users2"}),
        ("log.2026.Nov", dated("${topic}.${timestamp}", "yyyy.MMM"), {"log"}),
        ("log-2026T05", dated("${topic}-${timestamp}", "yyyy'T'ww"), {"log"}),
        ("archive-users", dated("archive-${topic}"), {"users"}),
        ("dwh_sales.orders", routed(r"shop\.(inventory|sales)\.(.*)", "dwh_$1.$2"), {"shop.sales.orders"}),
        ("x.orders", routed("(.*)", "x.$1"), {"orders"}),
        ("orders", routed("(.*)", "x.$1"), set()),
    ],
)
def test_names_that_can_be_told(topic: str, step: dict[str, str], names: set[str]):
    """Where the step can be undone, exactly the names that lead there are found, besides the topic itself."""
    place = before(topic, step)
    assert set(place.exact) - {topic} == names
    assert place.complete


def test_text_that_the_router_loses_is_a_hole():
    """ByLogicalTableRouter forgets the shard: what stood there is a hole that fits every shard."""
    step = {"type": f"{DEBEZIUM}.ByLogicalTableRouter", "topic.regex": "(.*)shard_(.*)", "topic.replacement": "$1all"}
    place = before("shop.sales.all", step)
    patterns = [TopicPattern(parts, "") for parts in place.preimages if len(parts) > 1]
    assert any(pattern.fits("shop.sales.shard_01") for pattern in patterns)
    assert not any(pattern.fits("shop.ops.shard_01") for pattern in patterns)


def test_a_format_without_the_topic_loses_it():
    """``${timestamp}`` alone: any topic may have become it, and only a time can be one."""
    assert TopicPattern(before("2026-11", dated("${timestamp}", "yyyy-MM")).preimages[-1], "").fits("whatever")
    assert before("orders", dated("${timestamp}", "yyyy-MM")).preimages == (("orders",),)


def test_several_steps_are_undone_one_after_the_other():
    """Steps are undone from the last to the first, such as a date behind a rename."""
    steps = (routed(r"shop\.(.*)", "$1"), dated())
    assert set(before("sales.orders-20261101", *steps).exact) >= {"shop.sales.orders", "sales.orders"}


def test_topics_outside_the_pattern_did_not_come_from_an_outbox():
    """An event router makes only topics of its pattern: of others it is known that they did not pass it."""
    step = {"type": f"{DEBEZIUM}.outbox.EventRouter"}
    assert before("shop.public.users", step) == Beforehand((("shop.public.users",),), True)
    assert not before("outbox.event.Order", step).complete


def test_changed_letters():
    """ChangeTopicCase is undone to the case it expects; LowerCaseTopic cannot be."""
    step = {"type": f"{CUSTENBORDER}.ChangeTopicCase", "from": "LOWER_CAMEL", "to": "UPPER_UNDERSCORE"}
    assert "topicName" in before("TOPIC_NAME", step).exact
    lower = {"type": f"{CUSTENBORDER}.LowerCaseTopic"}
    assert not before("orders", lower).complete
    assert before("Orders", lower) == Beforehand((("Orders",),), True)


def test_a_pattern_of_a_pattern():
    """A dated outbox topic keeps both gaps, and is written as people would."""
    [end] = run(
        chain_of({"type": f"{DEBEZIUM}.outbox.EventRouter"}, dated()),
        Record(Dataset("postgres", "shop.ops.outbox"), "shop.ops.outbox"),
    )
    assert str(end.record.topic) == "outbox.event.${routedByValue}-${timestamp}"
    assert isinstance(end.record.topic, TopicPattern)
    assert end.record.topic.fits("outbox.event.Order-20261101")
    assert not end.record.topic.fits("outbox.event.Order")
