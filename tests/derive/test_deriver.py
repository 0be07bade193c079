"""``deriver`` is ``derive``, with less work."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from kc_lineage_dagster.connect.fetch import read
from kc_lineage_dagster.connect.saved import open_saved
from kc_lineage_dagster.connect.snapshot import Connector
from kc_lineage_dagster.derive.cluster import cluster_topics, deriver
from kc_lineage_dagster.derive.derive import derive
from kc_lineage_dagster.derive.settings import Settings

LAB = Path(__file__).parents[1] / "data" / "lab" / "cluster.json"


def without_fields(lineage):
    return replace(lineage, edges=tuple(replace(edge, fields=()) for edge in lineage.edges))


def test_each_connector_has_the_lineage_that_derive_gives():
    """Whatever the order in which connectors are asked about; of fields the cluster's sources may tell more."""
    connectors, settings = read(open_saved(LAB)).whole().connectors, Settings(cluster_aliases={"west": None})
    topics = cluster_topics(connectors, settings)
    expected = {one.name: derive(one, settings, lambda: topics) for one in connectors}
    answers = []
    for order in (connectors, connectors[::-1]):
        derived = deriver(connectors, settings)
        answers.append({one.name: derived(one) for one in order})
        for name, lineage in answers[-1].items():
            assert without_fields(lineage) == without_fields(expected[name])
            for own, alone in zip(lineage.edges, expected[name].edges, strict=True):
                assert set(alone.fields) <= set(own.fields)
    assert answers[0] == answers[1]


class Watched:
    """A connector that counts how often its offsets are looked at: once a derivation."""

    def __init__(self, connector, seen):
        self._connector, self._seen = connector, seen

    def __getattr__(self, name):
        self._seen[self._connector.name] += name == "offsets"
        return getattr(self._connector, name)


def test_a_source_is_derived_once_wherever_the_sinks_stand_that_ask_for_topics():
    """What a sink with ``topics.regex`` asks of the cluster costs no source a second derivation."""
    table = "io.debezium.connector.postgresql.PostgresConnector"
    source = {"connector.class": table, "topic.prefix": "p", "database.dbname": "d", "table.include.list": "public.a"}
    sink = {
        "connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector",
        "topics.regex": "p.*",
        "file": "f",
    }
    pair = Connector("source", "source", source), Connector("sink", "sink", sink)
    for order in (pair, pair[::-1]):
        alone, seen = Counter(), Counter()
        derive(Watched(pair[0], alone), Settings(), lambda: None)
        views = [Watched(one, seen) for one in order]
        derived = deriver(views, Settings())
        lineages = {one.name: derived(one) for one in views}
        assert len(lineages["sink"].edges) == 1
        assert seen["source"] == alone["source"]


def test_a_sink_of_an_unknown_class_reads_the_topics_that_the_cluster_has():
    """What matches its ``topics.regex`` is decided by the topics of the cluster, as for a sink whose class is known."""
    table = "io.debezium.connector.postgresql.PostgresConnector"
    source = {"connector.class": table, "topic.prefix": "p", "database.dbname": "d", "table.include.list": "public.a"}
    sink = {"connector.class": "com.acme.OwnSink", "topics.regex": "p.*"}
    pair = Connector("source", "source", source), Connector("sink", "sink", sink)
    for order in (pair, pair[::-1]):
        derived = deriver(order, Settings())
        lineages = {one.name: derived(one) for one in order}
        assert [item.topic for item in lineages["sink"].unresolved] == ["p.public.a"]


def test_a_source_whose_database_is_hidden_keeps_its_topics():
    """Only the origin is unknown: each data topic is there, once, without an edge to a table that nobody can name."""
    hidden = {
        "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
        "database.dbname": "${file:/opt/db.properties:name}",
        "topic.prefix": "p",
        "table.include.list": "public.a,public.b",
    }
    written = ("__debezium-heartbeat.p", "p.public.a", "p.public.b")
    one = Connector("source", "source", hidden, topics=written)
    lineage = deriver([one], Settings())(one)
    assert lineage.edges == ()
    assert [item.topic for item in lineage.unresolved] == ["p.public.a", "p.public.b"]
    assert {item.what for item in lineage.unresolved} == {"database.dbname"}
    without_prefix = replace(one, config={**hidden, "topic.prefix": "${env:PREFIX}"})
    assert {item.topic for item in deriver([without_prefix], Settings())(without_prefix).unresolved} == {None}
