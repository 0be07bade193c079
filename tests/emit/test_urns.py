"""URNs are those that DataHub's own builders make of the same names."""

from __future__ import annotations

import subprocess
import sys

import pytest
from datahub.emitter import mce_builder
from datahub.metadata.urns import DataFlowUrn, DataJobUrn, DatasetUrn, Urn
from hypothesis import assume, given
from hypothesis import strategies as st

from kc_lineage_dagster.emit import urns
from kc_lineage_dagster.emit.urns import Naming
from kc_lineage_dagster.lineage import Dataset
from tests.emit.gms_rules import urn_problem
from tests.tries import tries

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
# What a URN encodes, what looks encoded, what separates, and names beyond a URN's length.
hostile = st.lists(
    st.sampled_from(
        ["", "%00", "%2C", "%28", "25", "E2%90%9F", "%", ",", "(", ")", "\u241f", ".", "a", "é\n", "x" * 300]
    )
    | names,
    max_size=5,
).map("".join)
environments = st.sampled_from(["PROD", "dev", "a b"])
few = tries(50)


def looks_encoded(name: str) -> bool:
    """Whether DataHub's rules give another name the same URN."""
    return name == "%00" or any(code in name for code in ("%2C", "%28", "%29", "%E2%90%9F", "%25"))


@few
@given(names, names, st.none() | names, st.booleans())
def test_dataset_urns_are_datahubs(platform, name, instance, lowercase):
    """Platform, instance and name of any spelling, with the letters lowered or not."""
    assume(not platform.startswith("urn:li:"))
    naming = Naming(env="DEV", platform_instance_map={platform: instance} if instance else {}, lowercase=lowercase)
    expected = mce_builder.make_dataset_urn_with_platform_instance(
        platform, name.lower() if lowercase else name, instance, "DEV"
    )
    assert urns.dataset_urn(naming, "any", Dataset(platform, name)) == expected


@few
@given(names, names, st.none() | names, names)
def test_flow_job_and_field_urns_are_datahubs(connector, job, instance, path):
    """Connector, job and field names of any spelling that no other name's URN has."""
    assume(not any(map(looks_encoded, (connector, job, instance or ""))))
    naming = Naming(platform_instance=instance)
    flow = mce_builder.make_data_flow_urn("kafka-connect", connector, "PROD", instance)
    expected = mce_builder.make_data_job_urn_with_flow(flow, job)
    if urn_problem(expected) is None:
        assert urns.flow_urn(naming, connector) == flow
        assert urns.job_of_flow(urns.flow_urn(naming, connector), job) == expected
    dataset = urns.dataset_urn(naming, connector, Dataset("kafka", job))
    assert urns.field_urn(dataset, path) == mce_builder.make_schema_field_urn(dataset, path)
    Urn.from_string(urns.job_of_flow(urns.flow_urn(naming, connector), job))


@few
@given(hostile, hostile, st.none() | names, environments)
def test_the_urns_of_flow_and_job_lead_back(connector, job, instance, env):
    """Whatever the names: to the flow, to the connector, and by DataHub's classes to what they are made of."""
    naming = Naming(env, instance)
    flow = urns.flow_urn(naming, connector)
    assert urns.flow_of(urns.job_of_flow(flow, job)) == urns.flow_of(flow) == flow
    assert str(DataFlowUrn.from_string(flow)) == DataJobUrn.from_string(urns.job_of_flow(flow, job)).flow == flow
    assert DataFlowUrn.from_string(flow).cluster == env
    if "~" not in flow:  # not shortened
        assert urns.connector_of(naming, flow) == connector
        assert urns.connector_of(naming, urns.job_of_flow(flow, job)) == connector


@few
@given(hostile, hostile, st.none() | names)
def test_no_two_names_share_a_flow_or_a_job(one, other, instance):
    """The empty name, names that look encoded and names that are shortened among them."""
    naming = Naming(platform_instance=instance)
    flow = urns.flow_urn(naming, "c")
    assert (urns.flow_urn(naming, one) == urns.flow_urn(naming, other)) == (one == other)
    assert (urns.job_of_flow(flow, one) == urns.job_of_flow(flow, other)) == (one == other)


@pytest.mark.parametrize(
    ("name", "identifier"),
    [("", "%00"), ("%00", "%2500"), ("%2500", "%252500"), ("a,b", "a%2Cb"), ("a%2Cb", "a%252Cb"), ("100%25", "100%25")],
)
def test_a_name_that_looks_encoded_is_told_from_the_one_that_is(name, identifier):
    """Only a percent sign that would be read back as something else is encoded."""
    assert urns.flow_urn(Naming(), name) == f"urn:li:dataFlow:(kafka-connect,{identifier},PROD)"


@few
@given(names, hostile.filter(bool), st.none() | names, environments)
def test_datahub_reads_the_platform_name_and_environment_of_a_dataset(platform, name, instance, env):
    """Its parts are what DataHub's encoder makes of platform, instance, name and environment."""
    assume(not platform.startswith("urn:li:"))
    naming = Naming(env, platform_instance_map={platform: instance} if instance else {})
    found = DatasetUrn.from_string(urns.dataset_urn(naming, "any", Dataset(platform, name)))
    assert DatasetUrn(platform, f"{instance}.{name}" if instance else name, env.upper()) == found


def test_urns_of_another_naming_have_no_owner():
    """A URN of another environment, platform instance or orchestrator belongs to no connector."""
    naming = Naming(platform_instance="east")
    strangers = [
        urns.flow_urn(Naming(env="DEV", platform_instance="east"), "a"),
        urns.flow_urn(Naming(), "a"),
        "urn:li:dataFlow:(airflow,east.a,PROD)",
    ]
    assert [urns.connector_of(naming, urn) for urn in strangers] == [None, None, None]
    assert urns.by_connector(naming, [*strangers, urns.flow_urn(naming, "b")]) == {
        "": set(strangers[:2]),
        "b": {urns.flow_urn(naming, "b")},
    }


def test_the_connectors_map_wins_over_the_platforms():
    """connect_to_platform_map > platform_instance_map > none; what the derivation decided wins over both."""
    naming = Naming(
        platform_instance_map={"postgres": "general", "kafka": "k1"},
        connect_to_platform_map={"crm": {"postgres": "special"}},
    )

    def instance(connector, dataset):
        return urns.dataset_instance(naming, connector, dataset)

    assert instance("crm", Dataset("postgres", "t")) == "special"
    assert instance("crm", Dataset("kafka", "t")) == "k1"
    assert instance("other", Dataset("postgres", "t")) == "general"
    assert instance("other", Dataset("mysql", "t")) is None
    assert instance("crm", Dataset("kafka", "t", "far")) == "far"
    assert instance("crm", Dataset("kafka", "t", "")) is None


@pytest.mark.parametrize(
    ("connector_class", "kind", "expected"),
    [
        ("io.debezium.connector.mysql.MySqlConnector", "source", "inst.db.t"),
        ("io.aiven.connect.jdbc.JdbcSourceConnector", "source", "inst.db.t"),
        ("PostgresCdcSourceV2", "source", "inst.db.t"),
        ("com.mongodb.kafka.connect.MongoSourceConnector", "source", "db.t"),
        ("io.debezium.connector.jdbc.JdbcSinkConnector", "sink", "db.t"),
        (None, "source", "db.t"),
    ],
)
def test_the_instance_is_part_of_the_job_id_for_old_classes_only(connector_class, kind, expected):
    """DataHub keeps old job URNs of JDBC and Debezium sources alive; only connect_to_platform_map counts."""
    naming = Naming(connect_to_platform_map={"crm": {"mysql": "inst"}}, platform_instance_map={"mysql": "other"})
    dataset = Dataset("mysql", "db.t")
    assert urns.job_id(naming, "crm", connector_class, kind, dataset, "topic") == expected
    assert urns.job_id(naming, "else", connector_class, kind, dataset, "topic") == "db.t"


def test_a_job_of_unknown_origin_is_named_after_its_topic():
    """A job of unknown origin has the name that DataHub gives it."""
    assert urns.job_id(Naming(), "crm", None, "source", None, "topic") == "unknown_source.topic"


def test_an_empty_name_still_makes_a_urn():
    """Nothing crashes over a name that no URN may have."""
    Urn.from_string(urns.flow_urn(Naming(), ""))


@pytest.mark.slow
def test_the_environment_variable_lowers_names_as_in_datahub():
    """DATAHUB_DATASET_URN_TO_LOWER is honoured where DataHub's builder honours it: names, not instances."""
    code = (
        "from kc_lineage_dagster.emit import urns; from kc_lineage_dagster.lineage import Dataset;"
        "from datahub.emitter.mce_builder import make_dataset_urn_with_platform_instance as made;"
        "naming = urns.Naming(platform_instance_map={'kafka': 'East'});"
        "assert urns.dataset_urn(naming, 'c', Dataset('kafka', 'Orders')) == made('kafka', 'Orders', 'East'), 1;"
        "print(urns.dataset_urn(naming, 'c', Dataset('kafka', 'Orders')))"
    )
    environment = {"DATAHUB_DATASET_URN_TO_LOWER": "true", "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "urn:li:dataset:(urn:li:dataPlatform:kafka,East.orders,PROD)"
