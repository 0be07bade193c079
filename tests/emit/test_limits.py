"""What DataHub cannot hold never reaches it: URNs are shortened or left out, and distinct names stay distinct."""

from __future__ import annotations

from urllib.parse import quote_plus

from datahub.metadata.urns import Urn
from hypothesis import given
from hypothesis import strategies as st

from kc_lineage_dagster.emit.limits import TOO_LONG, URN_BYTES, encoded_length, representable
from kc_lineage_dagster.emit.urns import Naming, dataset_urn, flow_urn, job_of_flow
from kc_lineage_dagster.lineage import ConnectorLineage, Dataset, Edge, Unresolved
from tests.emit.gms_rules import urn_problem
from tests.tries import tries

few = tries(60)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=600) | st.text(
    "a/é漢🦜,(", min_size=60, max_size=600
)


@few
@given(names)
def test_the_length_is_that_of_javas_encoder(text):
    """java.net.URLEncoder keeps letters, digits, ``.-*_`` and writes a space as ``+``."""
    assert encoded_length(text) == len(quote_plus(text, safe="*").replace("~", "%7E"))


@few
@given(names, names, st.none() | st.text("abc", max_size=40))
def test_every_flow_and_job_fits(connector, job, instance):
    """Whatever connectors, tables and topics are called, DataHub takes the URNs of flow and job."""
    naming = Naming(platform_instance=instance)
    flow = flow_urn(naming, connector)
    for urn in (flow, job_of_flow(flow, job)):
        assert urn_problem(urn) is None
        Urn.from_string(urn)


@few
@given(st.sampled_from(["x", "漢"]), st.integers(0, 3))
def test_long_names_that_differ_at_their_ends_stay_apart(letter, where):
    """Long names that differ only in their last letter have URNs of their own: the digest is of the whole name."""
    one, other = letter * 700 + "a", letter * 700 + "b"
    assert flow_urn(Naming(), one) != flow_urn(Naming(), other)
    flow = flow_urn(Naming(), "c")
    assert job_of_flow(flow, one) != job_of_flow(flow, other)


def test_a_short_name_is_left_alone():
    """Nothing is shortened that DataHub can hold."""
    assert flow_urn(Naming(), "x" * 300) == f"urn:li:dataFlow:(kafka-connect,{'x' * 300},PROD)"


def test_an_edge_to_a_dataset_that_datahub_cannot_hold_is_unresolved():
    """A dataset is never renamed: the edge is an unresolved item, the others stay."""
    good = Edge(Dataset("postgres", "shop.public.users"), Dataset("kafka", "users"))
    bad = Edge(Dataset("postgres", "shop.public." + "表" * 60), Dataset("kafka", "tables"))
    topic = Unresolved("t" * 600, "nobody knows", topic="t" * 600)
    lineage = ConnectorLineage("c", "source", None, None, (good, bad), (topic,))
    found = representable(lineage, lambda one: dataset_urn(Naming(), "c", one))
    assert found.edges == (good,)
    assert {item.reason for item in found.unresolved} == {TOO_LONG, "nobody knows"}
    assert [item.topic for item in found.unresolved] == [None, None, None]
    assert "512" in TOO_LONG
    assert URN_BYTES == 512
