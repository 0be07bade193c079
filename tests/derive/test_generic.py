"""``generic_connectors``: the user names the dataset; topics, references, routers and states count as everywhere."""

from __future__ import annotations

import pytest

from kc_lineage_dagster.derive.derive import derive
from kc_lineage_dagster.derive.evidence import ClusterTopics
from kc_lineage_dagster.derive.settings import GenericEntry, Settings
from kc_lineage_dagster.lineage import Dataset
from tests.examples import SomeConnector

SOURCE = GenericEntry("c", Dataset("custom", "orders"), "source")
SINK = GenericEntry("c", Dataset("custom", "orders"), "sink")
ROUTER = {
    "transforms": "r",
    "transforms.r.type": "org.apache.kafka.connect.transforms.RegexRouter",
    "transforms.r.regex": "raw_(.*)",
    "transforms.r.replacement": "$1",
}
FILTER = {"transforms": "f", "transforms.f.type": "org.apache.kafka.connect.transforms.Filter"}


def lineage(entry: GenericEntry, config: dict[str, str], kind="unknown", topics=None, state="RUNNING", cluster=()):
    connector = SomeConnector("c", {"connector.class": "com.example.Own", **config}, kind, state, topics=topics)
    found = derive(connector, Settings(generic={"c": entry}), lambda: ClusterTopics.of(cluster))
    return sorted(map(str, found.edges)), [str(item) for item in found.unresolved]


@pytest.mark.parametrize(
    ("config", "active", "topics"),
    [
        ({"topics": "a, b"}, None, ["a", "b"]),
        ({"kafka.topic": "raw_a", **ROUTER}, None, ["a"]),
        ({"errors.deadletterqueue.topic.name": "dlq", "kafka.topic": "a"}, ("x", "dlq"), ["x"]),
    ],
)
def test_a_source_writes_each_of_its_topics(config, active, topics):
    """Every topic of a list, after the transforms; active topics, without book-keeping, say more."""
    expected = [f"custom:orders -> kafka:{topic}" for topic in topics]
    assert lineage(SOURCE, config, topics=active) == (expected, [])


def test_a_source_that_failed_and_never_wrote_has_no_edges():
    edges, (problem,) = lineage(SOURCE, {"topic": "a"}, state="FAILED", topics=())
    assert not edges
    assert "never wrote a record" in problem


def test_a_reference_is_no_topic():
    edges, (problem,) = lineage(SOURCE, {"topic": "${env:TOPIC}"})
    assert not edges
    assert problem.startswith("topic: is a reference")


def test_a_topic_that_depends_on_content_is_listed():
    extract = {"transforms": "e", "transforms.e.type": "io.aiven.kafka.connect.transforms.ExtractTopic$Value"}
    edges, (problem,) = lineage(SOURCE, {"topic": "a", **extract})
    assert not edges
    assert "depends on the content of each record" in problem


def test_a_sink_consumes_all_its_topics_unless_its_transforms_drop_them():
    assert lineage(SINK, {"topics.regex": "a|b"}, cluster=("a", "b", "c"))[0] == [
        "kafka:a -> custom:orders",
        "kafka:b -> custom:orders",
    ]
    edges, (problem,) = lineage(SINK, {"topics": "a", **FILTER})
    assert not edges
    assert "drops every record of kafka:a" in problem


def test_the_entry_of_a_sink_may_name_the_topic_that_nothing_else_tells():
    entry = GenericEntry("c", Dataset("custom", "orders"), "sink", topic="a")
    assert lineage(entry, {"topics.regex": "a.*"}) == (["kafka:a -> custom:orders"], [])


def test_an_entry_for_the_other_direction_is_said_and_not_used():
    """An entry with a target for a connector that the worker reports to be a source is said and not used."""
    edges, unresolved = lineage(SINK, {"topic": "a"}, kind="source")
    assert not edges
    assert any("give source_dataset and source_platform" in item for item in unresolved)
