"""Nothing is kept of topics that no connector of the cluster may read; of those that one may read everything is."""

from __future__ import annotations

import pytest

from kc_lineage_dagster.connect.snapshot import Connector
from kc_lineage_dagster.derive.cluster import deriver
from kc_lineage_dagster.derive.interest import Interest
from kc_lineage_dagster.derive.settings import Settings

MIRROR = {"connector.class": "org.apache.kafka.connect.mirror.MirrorSourceConnector", "source.cluster.alias": "west"}


@pytest.mark.parametrize(
    ("config", "reads", "of_interest", "not_of_interest"),
    [
        ({"topics": "a, b"}, True, "a b", "c ab"),
        ({"topics.regex": r"shop\.(users|orders)-\d+"}, True, "shop.users-1 shop.o", "shops x"),
        ({"topics.regex": ".*"}, True, "anything", ""),
        ({"topics.regex": "${file:/x:y}"}, True, "anything", ""),
        ({"topics": "a,${file:/x:y}"}, True, "a anything", ""),
        ({"topics.regex": "a.*"}, False, "", "a ab"),
        ({**MIRROR, "topics": "a.*, b"}, False, "abc b bc heartbeats", "c"),
        ({**MIRROR, "topics": "a.*", "heartbeats.topic.name": "beat"}, False, "abc beat", "heartbeats"),
        (MIRROR, False, "anything", ""),
        ({**MIRROR, "topics": "a", "topic.filter.class": "com.example.Filter"}, False, "anything", ""),
        ({**MIRROR, "topics": "[broken"}, False, "anything", ""),
    ],
)
def test_what_a_connector_may_read(config, reads, of_interest, not_of_interest):
    """Names count as they are; patterns by the text that every match begins with; what is not known by everything."""
    interest = Interest.of([(config, reads)])
    assert all(topic in interest for topic in of_interest.split())
    assert not any(topic in interest for topic in not_of_interest.split())


@pytest.mark.parametrize("reading", [{"topics": "q"}, {"topics.regex": "q|r.*"}, {"topics.regex": "[pq]"}])
def test_whoever_reads_a_topic_learns_its_fields(reading):
    """By name or by pattern, and wherever the reader stands among the connectors."""
    query = {"query": "select id from t", "topic.prefix": "q", "connection.url": "jdbc:mysql://h/d"}
    writer = Connector("w", "source", {"connector.class": "io.confluent.connect.jdbc.JdbcSourceConnector", **query})
    into = {
        "connector.class": "io.confluent.connect.jdbc.JdbcSinkConnector",
        "connection.url": "jdbc:postgresql://h/dw",
    }
    reader = Connector("r", "sink", {**into, "auto.create": "true", "table.name.format": "x", **reading}, topics=("q",))
    for order in ((writer, reader), (reader, writer)):
        (edge,) = deriver(order, Settings())(reader).edges
        assert [str(one) for one in edge.fields] == ["id -> id"]
