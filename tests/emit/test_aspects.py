"""Proposals: what DataHub's own kafka-connect source emits, where that one is right, and nothing people edit."""

from __future__ import annotations

import json

from datahub.emitter.aspect import ASPECT_MAP
from datahub.emitter.mcp import MetadataChangeProposalWrapper
from datahub.emitter.mcp_builder import entity_supports_aspect
from datahub.emitter.serialization_helper import post_json_transform, pre_json_transform
from datahub.metadata.urns import Urn
from hypothesis import given
from hypothesis import strategies as st

from kc_lineage_dagster.emit.aspects import (
    EVIDENCE,
    TOPICS,
    UNRESOLVED_COUNT,
    UNRESOLVED_ITEMS,
    Proposal,
    proposals,
    status,
)
from kc_lineage_dagster.emit.jobs import MOST_FIELDS
from kc_lineage_dagster.emit.urns import Naming
from kc_lineage_dagster.lineage import ConnectorLineage, Dataset, Edge, FieldEdge, Unresolved
from tests.emit.gms_rules import problem_of
from tests.tries import tries

JDBC = "io.confluent.connect.jdbc.JdbcSourceConnector"
BIGQUERY = "com.wepay.kafka.connect.bigquery.BigQuerySinkConnector"
OF_ONE_TOPIC = {"kc_lineage.evidence": "configuration", "kc_lineage.topics": "x"}
FLOW = "urn:li:dataFlow:(kafka-connect,orders-jdbc,PROD)"


def pg(name):
    return Dataset("postgres", name)


def topic(name):
    return Dataset("kafka", name)


def source(*edges, unresolved=(), name="s", connector_class=JDBC, kind="source"):
    return ConnectorLineage(name, kind, connector_class, "jdbc", edges, tuple(unresolved))


def jobs(lineage, naming=None):
    """job id -> (inlets, outlets), without the decoration of URNs."""
    found = {}
    for proposal in proposals(lineage, {}, naming or Naming()):
        if proposal.aspect_name == "dataJobInputOutput":
            _, name = Urn.from_string(proposal.urn).entity_ids
            ends = [proposal.aspect[key] for key in ("inputDatasets", "outputDatasets")]
            found[name] = tuple([Urn.from_string(urn).entity_ids[1] for urn in end] for end in ends)
    return found


def of(lineage, aspect, properties=None, naming=None):
    return [p.aspect for p in proposals(lineage, properties or {}, naming or Naming()) if p.aspect_name == aspect]


def test_the_worked_example_of_a_jdbc_source():
    """Names, URNs and aspects as DataHub's source emits them for the same connector."""
    config = {"connector.class": JDBC, "name": "orders-jdbc", "topic.prefix": "app_", "connection.user": "x"}
    lineage = source(
        Edge(pg("shop.public.orders"), topic("app_orders")),
        Edge(pg("shop.public.customers"), topic("app_customers")),
        name="orders-jdbc",
    )
    job = f"urn:li:dataJob:({FLOW},shop.public.%s)"
    made = [(p.urn, p.aspect_name, p.aspect) for p in proposals(lineage, config, Naming())]
    expected = [
        (
            FLOW,
            "dataFlowInfo",
            {
                "customProperties": {"connector.class": JDBC, "name": "orders-jdbc", "topic.prefix": "app_"},
                "name": "orders-jdbc",
                "description": (
                    "Copies 2 datasets of `postgres` (`shop.public.customers` and `shop.public.orders`)"
                    f" to 2 topics (`app_customers` and `app_orders`), by `{JDBC}`."
                ),
            },
        ),
        (FLOW, "status", {"removed": False}),
    ]
    for table in ("orders", "customers"):
        info = {
            "customProperties": {"kc_lineage.evidence": "configuration", "kc_lineage.topics": f"app_{table}"},
            "name": f"orders-jdbc:shop.public.{table}",
            "type": {"string": "COMMAND"},
            "description": f"Records of `postgres:shop.public.{table}` go to `kafka:app_{table}`.",
        }
        ends = {
            "inputDatasets": [f"urn:li:dataset:(urn:li:dataPlatform:postgres,shop.public.{table},PROD)"],
            "outputDatasets": [f"urn:li:dataset:(urn:li:dataPlatform:kafka,app_{table},PROD)"],
        }
        expected += [(job % table, "dataJobInfo", info), (job % table, "dataJobInputOutput", ends)]
        expected += [(job % table, "status", {"removed": False})]
    assert made == expected


def test_the_worked_example_of_a_bigquery_sink():
    """A sink's jobs are named after their topics."""
    lineage = ConnectorLineage(
        "events-bq",
        "sink",
        BIGQUERY,
        "bigquery",
        (
            Edge(topic("app.clicks"), Dataset("bigquery", "my-project.lake.app_clicks")),
            Edge(topic("app_orders"), Dataset("bigquery", "my-project.lake.orders")),
        ),
    )
    assert jobs(lineage) == {
        "app.clicks": (["app.clicks"], ["my-project.lake.app_clicks"]),
        "app_orders": (["app_orders"], ["my-project.lake.orders"]),
    }
    (info,) = of(lineage, "dataFlowInfo")
    assert info["description"] == (
        "Copies 2 topics (`app.clicks` and `app_orders`) to 2 datasets of `bigquery`"
        f" (`my-project.lake.app_clicks` and `my-project.lake.orders`), by `{BIGQUERY}`."
    )


def test_all_topics_of_a_table_are_outlets_of_its_one_job():
    """A table with several topics is one job with all of them as outlets."""
    lineage = source(Edge(pg("db.t"), topic("b")), Edge(pg("db.t"), topic("a")), Edge(pg("db.t"), topic("a")))
    assert jobs(lineage) == {"db.t": (["db.t"], ["a", "b"])}


def test_equal_names_of_two_platforms_neither_overwrite_nor_mix():
    """One job each: in a common one each dataset would seem to feed the topics of the other."""
    lineage = source(Edge(pg("db.t"), topic("a")), Edge(Dataset("mysql", "db.t"), topic("b")))
    assert jobs(lineage) == {"postgres.db.t": (["db.t"], ["a"]), "mysql.db.t": (["db.t"], ["b"])}


def test_topics_of_unknown_origin_become_jobs_without_inlets():
    """For made data and for real data that nobody can trace; once, and not when an edge explains the topic."""
    lineage = source(
        Edge(None, topic("made")),
        Edge(pg("db.t"), topic("known")),
        unresolved=[
            Unresolved("x", "no table matches", "lost"),
            Unresolved("y", "again", "lost"),
            Unresolved("z", "explained after all", "known"),
            Unresolved("query", "too dynamic"),
        ],
    )
    assert jobs(lineage) == {
        "unknown_source.made": ([], ["made"]),
        "db.t": (["db.t"], ["known"]),
        "unknown_source.lost": ([], ["lost"]),
    }


def test_a_sink_with_an_unknown_target_reads_its_topic_and_writes_none():
    """An unresolved topic of a sink makes a job that has the topic as its inlet, and no outlet."""
    lineage = source(unresolved=[Unresolved("t", "no table", "t"), Unresolved("t", "no column", "t")], kind="sink")
    assert jobs(lineage) == {"t": (["t"], [])}


def test_what_is_unresolved_is_shown_on_the_flow():
    """Count and reasons stand where people look; a flow without any looks as DataHub's own."""
    lineage = source(unresolved=[Unresolved("topics.regex", "no topic matches"), Unresolved("a", "b")])
    (info,) = of(lineage, "dataFlowInfo", {"tasks.max": "1"})
    assert info["customProperties"] == {
        "tasks.max": "1",
        UNRESOLVED_COUNT: "2",
        UNRESOLVED_ITEMS: "a: b\ntopics.regex: no topic matches",
    }
    many = source(unresolved=[Unresolved(f"t{at}", f"reason {at} " * 20) for at in range(50)])
    (info,) = of(many, "dataFlowInfo")
    assert len(info["customProperties"][UNRESOLVED_ITEMS]) == 2_000


def test_a_cause_is_told_once_with_all_that_it_concerns():
    """Five equal lines of five topics are one; topics stand after the cause where something else is unresolved."""
    lost = [Unresolved(f"t{at}", "no table matches", f"t{at}") for at in (2, 1)]
    lineage = source(unresolved=[*lost, *(Unresolved("transforms.r", "is code", topic) for topic in ("b", "a"))])
    (info,) = of(lineage, "dataFlowInfo")
    assert info["customProperties"] == {
        UNRESOLVED_COUNT: "3",
        UNRESOLVED_ITEMS: "t1 and t2: no table matches\ntransforms.r: is code (topics: a and b)",
    }
    causes = {one["name"]: one["customProperties"][UNRESOLVED_ITEMS] for one in of(lineage, "dataJobInfo")}
    assert causes == {
        "s:unknown_source.t1": "t1: no table matches",
        "s:unknown_source.t2": "t2: no table matches",
        "s:unknown_source.a": "transforms.r: is code (topics: a)",
        "s:unknown_source.b": "transforms.r: is code (topics: b)",
    }


def test_a_job_tells_how_its_edges_are_known():
    """Every evidence once, and its topics as Kafka spells them; a topic of unknown origin has no evidence."""
    edges = [Edge(pg("db.t"), topic(name), evidence=how) for name, how in (("B", "query"), ("A", "active topics"))]
    lineage = source(*edges, Edge(pg("db.t"), topic("C"), evidence="query"), unresolved=[Unresolved("x", "y", "lost")])
    known, unknown = of(lineage, "dataJobInfo", naming=Naming(lowercase=True))
    assert known["customProperties"] == {EVIDENCE: "active topics\nquery", TOPICS: "A\nB\nC"}
    assert unknown["customProperties"] == {TOPICS: "lost", UNRESOLVED_ITEMS: "x: y (topics: lost)"}


def test_flow_and_jobs_link_to_the_page_about_the_connector():
    """externalUrl where the recipe tells of a page; without one the key is absent, as in DataHub's source."""
    lineage, url = source(Edge(pg("db.t"), topic("x"))), "https://akhq.example.com/s"
    infos = [p.aspect for p in proposals(lineage, {}, Naming(), url) if p.aspect_name.endswith("Info")]
    assert [one["externalUrl"] for one in infos] == [url, url]
    assert not any("externalUrl" in p.aspect for p in proposals(lineage, {}, Naming()))


def test_custom_properties_are_every_key_but_user_names():
    """Long values are cut at 2,000 characters."""
    names = ["connection.user", "connection.username", "database.user", "db.user", "user", "snowflake.user.name"]
    config = dict.fromkeys(names, "x") | {"null": None, "users.table": "kept", "query": "q" * 3_000, "tasks.max": "1"}
    (info,) = of(source(), "dataFlowInfo", config)
    assert set(info["customProperties"]) == {"users.table", "query", "tasks.max"}
    assert info["customProperties"]["query"] == "q" * 1_999 + "…"


def test_a_connector_of_an_unknown_class_keeps_its_flow():
    """Source, sink or unknown alike, also without a class."""
    lineage = ConnectorLineage("odd", "unknown", None, None, (), (Unresolved("class", "unknown"),))
    (info,) = of(lineage, "dataFlowInfo")
    assert info["description"] == "Connector whose sources and targets are not known."


def test_field_lineage_names_both_ends():
    """Only fields with both ends known, with the URNs of the datasets as they are emitted."""
    fields = (
        FieldEdge(("ID",), "order_id"),
        FieldEdge(("a", "b"), "ab"),
        FieldEdge((), "made"),
        FieldEdge(("gone",), None),
    )
    lineage = source(Edge(pg("db.T"), topic("X"), fields), Edge(pg("db.u"), topic("y")))
    with_fields, without = of(lineage, "dataJobInputOutput", naming=Naming(lowercase=True))
    up = "urn:li:schemaField:(urn:li:dataset:(urn:li:dataPlatform:postgres,db.t,PROD),%s)"
    down = "urn:li:schemaField:(urn:li:dataset:(urn:li:dataPlatform:kafka,x,PROD),%s)"
    assert [(g["upstreams"], g["downstreams"]) for g in with_fields["fineGrainedLineages"]] == [
        ([up % "ID"], [down % "order_id"]),
        ([up % "a", up % "b"], [down % "ab"]),
    ]
    assert "fineGrainedLineages" not in without


def test_what_changes_a_column_is_its_transform_operation():
    """A computed column names its transform, a copy names none; thousands are cut, and the job says how many."""
    fields = tuple(FieldEdge((f"c{n}",), f"c{n}", "MaskField" if n == 7 else "") for n in range(MOST_FIELDS + 5))
    made = proposals(source(Edge(pg("db.t"), topic("x"), fields)), {}, Naming())
    (lineages,) = (p.aspect["fineGrainedLineages"] for p in made if p.aspect_name == "dataJobInputOutput")
    assert {one["downstreams"][0][-3:]: one.get("transformOperation") for one in lineages if "c7)" in str(one)} == {
        "c7)": "MaskField"
    }
    assert sum("transformOperation" in one for one in lineages) == 1
    (info,) = (p.aspect for p in made if p.aspect_name == "dataJobInfo")
    assert (len(lineages), info["customProperties"]) == (
        MOST_FIELDS,
        {**OF_ONE_TOPIC, "kc_lineage.columns.left_out": "5"},
    )


def test_a_column_whose_urn_datahub_cannot_hold_is_left_out():
    """One field too long for a URN would take the whole aspect along; the job says that it is left out."""
    fields = (FieldEdge(("id",), "id"), FieldEdge(("x" * 500,), "x"), FieldEdge(("y",), "a.b" * 200))
    made = proposals(source(Edge(pg("db.t"), topic("x"), fields)), {}, Naming())
    (lineages,) = (p.aspect["fineGrainedLineages"] for p in made if p.aspect_name == "dataJobInputOutput")
    (info,) = (p.aspect for p in made if p.aspect_name == "dataJobInfo")
    assert (len(lineages), info["customProperties"]) == (
        1,
        {**OF_ONE_TOPIC, "kc_lineage.columns.left_out": "2"},
    )


def test_a_platform_instance_adds_its_aspects_to_flow_and_jobs():
    """browsePathsV2 as DataHub writes it, and dataPlatformInstance."""
    lineage = source(Edge(pg("db.t"), topic("a")))
    made = proposals(lineage, {}, Naming(platform_instance="east"))
    instance = "urn:li:dataPlatformInstance:(urn:li:dataPlatform:kafka-connect,east)"
    paths = [p for p in made if p.aspect_name == "browsePathsV2"]
    assert [p.aspect for p in paths] == [{"path": [{"id": instance, "urn": instance}]}] * 2
    assert [p.aspect_name for p in made] == [
        *("dataFlowInfo", "browsePathsV2", "dataPlatformInstance", "status"),
        *("dataJobInfo", "dataJobInputOutput", "browsePathsV2", "dataPlatformInstance", "status"),
    ]
    assert made[0].urn == "urn:li:dataFlow:(kafka-connect,east.s,PROD)"


def test_the_hash_is_of_the_content():
    """Key order does not matter, content does, and the order of edges does not."""
    one = Proposal("u", "dataFlow", "x", {"a": 1, "b": {"c": "é"}})
    assert one == Proposal("u", "dataFlow", "x", {"b": {"c": "é"}, "a": 1})
    assert one.hash != Proposal("u", "dataFlow", "x", {"a": 2, "b": {"c": "é"}}).hash
    edges = [Edge(pg("db.t"), topic("b")), Edge(pg("db.t"), topic("a")), Edge(pg("db.u"), topic("a"))]
    forth, back = (set(proposals(source(*order), {}, Naming())) for order in (edges, edges[::-1]))
    assert forth == back


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
datasets = st.builds(Dataset, st.sampled_from(["kafka", "postgres", "bigquery"]), names, st.none() | names)
field_edges = st.builds(
    FieldEdge, st.lists(names, max_size=2).map(tuple), st.none() | names, st.sampled_from(["", "Cast"])
)
edges = st.builds(Edge, st.none() | datasets, datasets, st.lists(field_edges, max_size=2).map(tuple))
unresolved = st.builds(Unresolved, names, names, st.none() | names)
lineages = st.builds(
    ConnectorLineage,
    names,
    st.sampled_from(["source", "sink", "unknown"]),
    st.none() | st.just("io.debezium.connector.mysql.MySqlConnector"),
    st.none(),
    st.lists(edges, max_size=4).map(tuple),
    st.lists(unresolved, max_size=2).map(tuple),
)
namings = st.builds(
    Naming,
    env=st.sampled_from(["PROD", "DEV"]),
    platform_instance=st.none() | names,
    platform_instance_map=st.dictionaries(st.sampled_from(["kafka", "postgres"]), names),
    lowercase=st.booleans(),
)


@tries(50)
@given(lineages, st.dictionaries(names, names, max_size=3), namings)
def test_datahub_takes_every_proposal_as_it_is(lineage, properties, naming):
    """Whatever the names: valid URNs, aspects their entities have, JSON exactly as DataHub serialises it, no twins."""
    made = proposals(lineage, properties, naming)
    keys = [(p.urn, p.aspect_name) for p in made]
    assert len(set(keys)) == len(keys)
    for proposal in (*made, *(status(p.urn, removed=True) for p in made)):
        kind = ASPECT_MAP[proposal.aspect_name]
        aspect = kind.from_obj(post_json_transform(json.loads(json.dumps(proposal.aspect))))
        wrapper = MetadataChangeProposalWrapper(entityUrn=proposal.urn, aspect=aspect)
        assert wrapper.entityType == proposal.entity_type
        assert wrapper.validate()
        assert entity_supports_aspect(proposal.entity_type, kind)
        assert pre_json_transform(aspect.to_obj()) == proposal.aspect
        problem = problem_of(
            {
                "entityUrn": proposal.urn,
                "entityType": proposal.entity_type,
                "aspectName": proposal.aspect_name,
                "changeType": "UPSERT",
                "async": "false",
                "json": proposal.aspect,
            }
        )
        assert problem is None or "white space" in problem


class Counted(tuple):
    """Unresolved items that count how often somebody looks through all of them."""

    looks = 0

    def __iter__(self):
        self.looks += 1
        return super().__iter__()


def test_a_connector_of_thousands_of_topics_is_looked_through_a_few_times():
    """However many jobs there are, the unresolved items are not looked through once for each of them."""
    looks = []
    for count in (3, 300):
        items = Counted(Unresolved(f"t{at}", "no table of this name", f"t{at}") for at in range(count))
        lineage = ConnectorLineage("s", "source", JDBC, "jdbc", (), items)
        assert len(proposals(lineage, {}, Naming())) == 2 + 3 * count
        looks.append(items.looks)
    assert looks[0] == looks[1]
