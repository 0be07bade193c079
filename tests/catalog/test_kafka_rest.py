"""Kafka's own list of topics: paged, without internal ones, and never in the way."""

from __future__ import annotations

import pytest

from kc_lineage_dagster.catalog.json_api import Access
from kc_lineage_dagster.catalog.kafka_rest import KafkaRest, cloud_endpoint, read_topics
from kc_lineage_dagster.catalog.questions import Questions
from tests.catalog.server import Server

ASKED = Questions(list_topics=True)


def page(names, following=None):
    data = [{"topic_name": name, "is_internal": name == "hidden"} for name in names]
    return 200, {"kind": "KafkaTopicList", "metadata": {"next": following}, "data": data}


def test_all_pages_are_read():
    """Pages are followed; internal topics do not count; the cluster is asked for where its id is not known."""

    def answers(path: str):
        if path == "/kafka/v3/clusters":
            return 200, {"data": [{"cluster_id": "lkc-1"}]}
        assert path.startswith("/kafka/v3/clusters/lkc-1/topics")
        return (
            page(["b"])
            if "page=2" in path
            else page(["a", "hidden", "__x"], f"{server.url}/kafka/v3/clusters/lkc-1/topics?page=2")
        )

    with Server(answers) as server:
        found = KafkaRest(Access(server.url, {}, "key", "s3cret")).answer(ASKED)
        assert (found.topics, found.notes) == (frozenset({"a", "b"}), ())
        assert len(server.asked) == 3
        assert all(headers["Authorization"].startswith("Basic ") for headers in server.headers)


def test_it_is_asked_once_and_only_when_needed():
    """Without the question there is no request, and the question is answered once."""
    with Server(lambda path: page(["a"])) as server:
        kafka = KafkaRest(Access(server.url), "lkc-1")
        assert kafka.answer(Questions()).topics == frozenset()
        assert kafka.answer(ASKED).topics == frozenset({"a"})
        kafka.answer(ASKED)
        assert len(server.asked) == 1


def test_credentials_follow_no_page_elsewhere():
    """A next page on another server is not followed."""
    with Server(lambda path: page(["evil"])) as other, Server(lambda path: page(["a"], f"{other.url}/x")) as server:
        assert KafkaRest(Access(server.url, {}, "k", "s"), "lkc-1").answer(ASKED).topics == frozenset({"a"})
        assert other.asked == []


@pytest.mark.parametrize(
    "answers",
    [
        lambda path: (401, ""),
        lambda path: (403, ""),
        lambda path: (404, ""),
        lambda path: (500, ""),
        lambda path: (200, "<html>"),
        lambda path: (200, []),
        lambda path: (200, {"data": [7]}),
        lambda path: (200, {"data": None}),
        lambda path: None,
    ],
)
@pytest.mark.parametrize("cluster", ["lkc-1", None])
def test_a_server_that_fails_costs_one_note(answers, cluster):
    """Whatever the server answers that is no list of topics costs one note."""
    with Server(answers) as server:
        found = KafkaRest(Access(server.url), cluster).answer(ASKED)
        assert len(found.notes) == 1
        assert found.topics == frozenset()


def test_a_page_that_repeats_itself_ends():
    """A circle of pages ends."""
    with Server(lambda path: page(["a"], f"{server.url}/kafka/v3/clusters/lkc-1/topics?again")) as server:
        assert KafkaRest(Access(server.url), "lkc-1").answer(ASKED).topics == frozenset({"a"})
        assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("configs", "endpoint"),
    [
        ({"kafka.endpoint": "SASL_SSL://pkc-1.eu.aws.confluent.cloud:9092"}, "https://pkc-1.eu.aws.confluent.cloud"),
        ({"bootstrap.servers": "pkc-1.eu.aws.confluent.cloud:9092,x:1"}, "https://pkc-1.eu.aws.confluent.cloud"),
        ({"kafka.endpoint": "SASL_SSL://confluent.cloud.evil.example:9092"}, None),
        ({"kafka.endpoint": "SASL_SSL://evil.example/?x=.confluent.cloud"}, None),
        ({}, None),
    ],
)
def test_confluent_cloud_is_told_by_its_connectors(configs, endpoint):
    """The address is derived from connectors, and is Confluent Cloud's own host or none."""
    assert cloud_endpoint({"c": configs}) == endpoint


def test_a_file_of_topics(tmp_path):
    """One topic a line; a file that is not there is a note."""
    (tmp_path / "topics.txt").write_text("a\n\n b \n")
    assert read_topics(tmp_path / "topics.txt").topics == frozenset({"a", "b"})
    assert "absent.txt" in read_topics(tmp_path / "absent.txt").notes[0]
