"""Descriptions say what is copied from where to where, whatever the names are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kc_lineage_dagster.emit.sentences import flow_sentence, job_sentence
from kc_lineage_dagster.lineage import ConnectorLineage, Dataset, Edge, Unresolved


def flow(*edges, kind="source", connector_class="com.acme.C", unresolved=()):
    pairs = (Edge(up and Dataset(*up.split(":")), Dataset(*down.split(":"))) for up, down in edges)
    return flow_sentence(ConnectorLineage("c", kind, connector_class, None, tuple(pairs), tuple(unresolved)))


MANY = [(f"postgres:shop.public.t{at}", f"kafka:pg_public_t{at}") for at in range(4)]
APART = [(f"mysql:{letter}", f"kafka:{letter}") for letter in "dcba"]


@pytest.mark.parametrize(
    ("edges", "sentence"),
    [
        ([("postgres:a.b", "kafka:t")], "Copies dataset `postgres:a.b` to topic `t`, by `com.acme.C`."),
        (MANY, "Copies 4 datasets of `postgres` (`shop.public.*`) to 4 topics (`pg_public_*`), by `com.acme.C`."),
        (
            APART,
            "Copies 4 datasets of `mysql` (`a`, `b`, `c` and 1 more) to 4 topics (`a`, `b`, `c` and 1 more),"
            " by `com.acme.C`.",
        ),
        (
            [("kafka:t", "s3:b/t"), ("kafka:t", "hive:d.t")],
            "Copies topic `t` to dataset `hive:d.t` and dataset `s3:b/t`, by `com.acme.C`.",
        ),
        ([(None, "kafka:made")], "Writes topic `made`; no source dataset is known, by `com.acme.C`."),
    ],
)
def test_a_flow_is_told_from_where_to_where(edges, sentence):
    """Up to three names of a platform, else their number and what they have in common; in any order the same."""
    assert flow(*edges) == flow(*reversed(edges)) == sentence


def test_what_is_unresolved_is_told_as_such():
    """Never a target or source that is not known; a connector without a class too."""
    lost = [Unresolved("t", "why", "t")]
    assert flow(kind="sink", unresolved=lost) == "Reads topic `t`; where they go is unresolved, by `com.acme.C`."
    assert flow(unresolved=lost) == "Writes topic `t`; no source dataset is known, by `com.acme.C`."
    assert flow(connector_class=None) == "Source connector whose sources and targets are not known."


def test_a_job_is_told_from_where_to_where():
    """One target is named with its platform; a missing end is told as missing."""
    table, topics = Dataset("postgres", "shop.t"), [Dataset("kafka", "b"), Dataset("kafka", "a")]
    assert job_sentence(table, topics[:1]) == "Records of `postgres:shop.t` go to `kafka:b`."
    assert job_sentence(table, topics) == "Records of `postgres:shop.t` go to 2 topics (`a` and `b`)."
    assert job_sentence(None, topics[:1]) == "Records of no known dataset go to `kafka:b`."
    assert job_sentence(topics[0], []) == "Records of `kafka:b` are read; where they go is unresolved."


def test_a_far_cluster_is_named():
    """Of a mirror both ends are topics; the instance tells them apart."""
    far = Edge(Dataset("kafka", "t", "west"), Dataset("kafka", "west.t"))
    sentence = flow_sentence(ConnectorLineage("c", "source", None, None, (far,)))
    assert sentence == "Copies topic `kafka:west.t` to topic `west.t`."


names = st.text(max_size=400)
datasets = st.builds(Dataset, st.sampled_from(["kafka", "s3", "hive", "mysql", "x" * 300]), names, st.none() | names)


@given(st.sets(datasets, min_size=1), st.sets(datasets), names)
def test_a_description_is_bounded_and_keeps_its_form(upstreams, downstreams, connector_class):
    """Whatever the names: one line, backticks in pairs, of bounded length."""
    edges = tuple(Edge(up, down) for up in sorted(upstreams, key=str) for down in sorted(downstreams, key=str))
    lineage = ConnectorLineage("c", "source", connector_class, None, edges)
    for sentence in (flow_sentence(lineage), job_sentence(min(upstreams, key=str), downstreams)):
        assert len(sentence) < 4_000
        assert sentence.isprintable()
        assert sentence.count("`") % 2 == 0
