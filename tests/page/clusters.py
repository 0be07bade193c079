"""Clusters for tests of the page: small ones with everything in them, hostile ones, large ones."""

from __future__ import annotations

from kc_lineage_dagster.connect.snapshot import Connector, Note, Snapshot, TaskState
from kc_lineage_dagster.lineage import ConnectorLineage, Dataset, Edge, FieldEdge, Unresolved

HOSTILE = (
    "</script><img src=x onerror=\"document.body.dataset.hacked='yes'\">",
    "\"'><svg onload=alert(1)>",
    "new\nline\tand \u2028 \u2029 \u202e",
    "<!-- ]]> ${cluster} $data {{x}} \\u003c/script\\u003e",
    "lone \ud800 surrogate",
    "",
)

SECRET = "s3cr3t-of-the-test"


def snapshot(*connectors: Connector, unread: dict[str, str] | None = None) -> Snapshot:
    return Snapshot("http://127.0.0.1:8083", "3.9.1", connectors=connectors, unread=unread or {})


def shop() -> tuple[Snapshot, list[ConnectorLineage]]:
    """A source that failed, its sink, and one that could not be read."""
    table, topic, target = (
        Dataset("postgres", "shop.public.users"),
        Dataset("kafka", "pg.users"),
        Dataset("s3", "lake/users"),
    )
    trace = "java.lang.RuntimeException: first line\n\tat second.line(Nowhere.java)"
    failed = Connector(
        "cdc", "source", {"database.password": SECRET}, "RUNNING", None, (TaskState(0, "FAILED", trace),)
    )
    sink = Connector("sink", "sink", {}, "PAUSED", None, (TaskState(0, "PAUSED"),), notes=(Note("topics", "404"),))
    fields = (FieldEdge(("first", "last"), "name", "ConcatFields"), FieldEdge(("ssn",), None))
    lineages = [
        ConnectorLineage(
            "cdc",
            "source",
            "io.debezium.X",
            "Debezium",
            (Edge(table, topic, fields, "configuration, offsets"),),
            decided_by=("table.include.list", "topic.prefix"),
        ),
        ConnectorLineage("sink", "sink", "S3", "S3 sink", (Edge(topic, target),), (Unresolved("key", "why not"),)),
        ConnectorLineage("away", "sink", None, None, (Edge(topic, Dataset("hive", "x", "west")),)),
    ]
    return snapshot(failed, sink, unread={"away": "timeout"}), lineages


def hostile() -> tuple[Snapshot, list[ConnectorLineage]]:
    """Every text that a cluster can choose is an attack."""
    lineages = [
        ConnectorLineage(
            name,
            "source",
            name,
            None,
            (Edge(Dataset("postgres", name), Dataset("kafka", name or "t"), (FieldEdge((name,), name),), name or "e"),),
            (Unresolved(name, name),),
            decided_by=(name,),
        )
        for name in HOSTILE
    ]
    connectors = [
        Connector(name, "source", {}, "FAILED", name, (TaskState(0, "FAILED", name),), notes=(Note(name, name),))
        for name in HOSTILE
    ]
    return snapshot(*connectors, unread={HOSTILE[0] + "!": HOSTILE[0]}), lineages


def large(connectors: int, edges: int = 5) -> tuple[Snapshot, list[ConnectorLineage]]:
    """Sources and sinks in equal parts; every sink reads the topics of one source and the one topic all read."""
    lineages = []
    for number in range(connectors // 2):
        topics = [Dataset("kafka", f"team{number % 7}.{number}.t{place}") for place in range(edges)]
        tables = [Dataset("postgres", f"db{number}.public.t{place}") for place in range(edges)]
        source = tuple(
            Edge(one, to, (), "configuration, active topics") for one, to in zip(tables, topics, strict=True)
        )
        targets = [Dataset("snowflake", f"raw.team{number % 7}.n{number}_t{place}") for place in range(edges)]
        ends = tuple(
            Edge(one, to) for one, to in zip([Dataset("kafka", "team0.0.t0"), *topics[1:]], targets, strict=True)
        )
        unresolved = (Unresolved("query", "only the database knows"),) if number % 20 == 0 else ()
        lineages.append(ConnectorLineage(f"source-{number}", "source", "c.Source", "Source", source, unresolved))
        lineages.append(ConnectorLineage(f"sink-{number}", "sink", "c.Sink", "Sink", ends))
    made = [Connector(one.connector, one.kind, {}, "RUNNING", None, (TaskState(0, "RUNNING"),)) for one in lineages]
    return snapshot(*made), lineages
