"""Fields of topics: what the sources of a cluster tell those that read."""

from __future__ import annotations

from kc_lineage_dagster.catalog.holdings import Holdings, Platform, Schema
from kc_lineage_dagster.connect.snapshot import Connector
from kc_lineage_dagster.derive.cluster import deriver
from kc_lineage_dagster.derive.settings import Settings

KAFKA = "org.apache.kafka.connect.transforms"
POSTGRES = {
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "database.dbname": "d",
    "transforms": "u",
    "transforms.u.type": "io.debezium.transforms.ExtractNewRecordState",
}
SINK = {
    "connector.class": "io.confluent.connect.jdbc.JdbcSinkConnector",
    "connection.url": "jdbc:postgresql://h/dw",
    "auto.create": "true",
}


def source(name: str, tables: str, **more: str) -> Connector:
    return Connector(name, "source", {**POSTGRES, "topic.prefix": name, "table.include.list": tables, **more})


def routed(topic: str) -> dict[str, str]:
    regex = {"transforms.r.type": f"{KAFKA}.RegexRouter", "transforms.r.regex": ".*"}
    return {"transforms": "u,r", **regex, "transforms.r.replacement": topic}


def sink(topics: str, **more: str) -> Connector:
    return Connector("sink", "sink", {**SINK, "topics": topics, **more})


def columns(*connectors: Connector, **tables: tuple[str, ...]) -> dict[str, list[str]]:
    """The columns of each target of the sink, when these tables are known."""
    known = Holdings({"postgres": Platform({f"d.public.{name}": Schema(paths) for name, paths in tables.items()})})
    derived = deriver(
        connectors, Settings({}, {"a": None, "b": None}, catalog=lambda name: known.seen_from(name, _none))
    )
    edges = next(derived(one) for one in connectors if one.name == "sink").edges
    return {edge.downstream.name: sorted(map(str, edge.fields)) for edge in edges}


def _none(*_: object) -> None:
    return None


def test_a_sink_learns_fields_from_the_source_of_its_topic():
    """A sink learns fields from the source of its topic wherever it stands among the connectors."""
    pair = source("p", "public.t"), sink("p.public.t", **{"table.name.format": "x"})
    for order in (pair, pair[::-1]):
        assert columns(*order, t=("id", "n")) == {"dw.public.x": ["id -> id", "n -> n"]}


def test_a_topic_has_the_fields_of_all_that_write_it():
    """Two connectors with different tables, one of them not known: a field of either is a field of the topic."""
    writers = source("p", "public.t", **routed("all")), source("q", "public.u", **routed("all"))
    into = sink("all", **{"table.name.format": "x"})
    assert columns(*writers, into, t=("id", "n"), u=("id", "m")) == {"dw.public.x": ["id -> id", "m -> m", "n -> n"]}
    assert columns(*writers, into, t=("id", "n")) == {"dw.public.x": ["id -> id", "n -> n"]}


def test_copies_of_copies_have_the_fields_of_the_original():
    """Mirrors hand fields on; two that copy from each other do not turn for ever."""
    mirror = {"connector.class": "org.apache.kafka.connect.mirror.MirrorSourceConnector", "topics": "p.*,a.*,b.*"}
    there = Connector("there", "source", {**mirror, "source.cluster.alias": "a"}, topics=("a.p.public.t", "a.b.x"))
    back = Connector("back", "source", {**mirror, "source.cluster.alias": "b"}, topics=("b.a.p.public.t", "b.x"))
    into = sink("b.a.p.public.t", **{"table.name.format": "x"})
    origin = source("p", "public.t")
    assert columns(origin, there, back, into, t=("id",)) == {"dw.public.x": ["id -> id"]}


def test_behind_a_transform_that_nobody_knows_fields_are_not_known():
    """A transform that nobody knows may rename, add and drop fields, so nothing is said about them."""
    unknown = {"transforms": "x,i", "transforms.x.type": "com.example.Odd", "transforms.i.static.field": "by"}
    unknown |= {"transforms.i.type": f"{KAFKA}.InsertField$Value", "transforms.i.static.value": "me"}
    into = sink("p.public.t", **unknown, **{"table.name.format": "x"})
    assert columns(source("p", "public.t"), into, t=("id",)) == {"dw.public.x": []}


def test_without_a_catalog_a_query_tells_the_fields_of_its_topic():
    """What the configuration of one connector names is known to the others."""
    query = {
        "query": "select id, upper(name) as loud from t",
        "topic.prefix": "q",
        "connection.url": "jdbc:mysql://h/d",
    }
    reader = Connector("q", "source", {"connector.class": "io.confluent.connect.jdbc.JdbcSourceConnector", **query})
    into = sink("q", **{"table.name.format": "x"})
    assert columns(reader, into) == {"dw.public.x": ["id -> id", "loud -> loud"]}
