"""Confluent's Stream Catalog: topics, tags and business metadata of connectors, and what it costs when it fails."""

from __future__ import annotations

import json
import re

import pytest

from kc_lineage_dagster.catalog.json_api import Access
from kc_lineage_dagster.catalog.stream_catalog import CatalogEntry, described_connectors
from tests.catalog.server import Server


def connector(name: str, *topics: str, **more):
    return {
        "name": name,
        "topics": [{"name": topic} for topic in topics],
        "tags": None,
        "business_metadata": None,
        **more,
    }


def catalog(*rows):
    """A catalog that holds these connectors and pages as asked."""

    def answers(question: str):
        limit, offset = map(int, re.findall(r"(?:limit|offset): (\d+)", json.loads(question)["query"]))
        return 200, {"data": {"cn_connector": list(rows[offset : offset + limit])}}

    return answers


def test_topics_tags_and_business_metadata_are_read():
    """Pages are followed to the end; null stands for an empty list."""
    owner = [{"name": "Owner", "value": "dana"}, {"name": "Cost", "value": 7}, {"name": "Gone", "value": None}]
    rows = [connector(f"c{number}", f"t{number}") for number in range(5)]
    rows.append(connector("last", "a", "b", "a", tags=["PII"], business_metadata=owner))
    with Server(catalog(*rows)) as server:
        found, notes = described_connectors(Access(server.url, {}, "key", "s3cret"), page=2)
        assert notes == ()
        assert found["c3"].topics == ("t3",)
        assert found["last"] == CatalogEntry(("a", "b"), ("PII",), {"Owner": "dana", "Cost": "7"})
        assert server.asked == ["/catalog/graphql"] * 4
        assert all(headers["Authorization"].startswith("Basic ") for headers in server.headers)


def test_a_name_that_stands_for_several_says_nothing():
    """Connectors of two clusters of an environment may share a name: neither is taken for the other."""
    with Server(catalog(connector("c", "a"), connector("c", "b"), connector("d", "x"), 7, {"name": None})) as server:
        assert set(described_connectors(Access(server.url))[0]) == {"d"}


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        (lambda _: (401, "s3cret"), "401"),
        (lambda _: (403, "s3cret"), "API key"),
        (lambda _: (404, "s3cret"), "API key"),
        (lambda _: (500, "s3cret"), "500"),
        (lambda _: (200, {"errors": [{"message": "s3cret"}]}), "Stream Governance"),
        (lambda _: (200, {"data": None}), "no sense"),
        (lambda _: (200, {"data": {"cn_connector": "s3cret"}}), "no sense"),
        (lambda _: (200, "<html>s3cret"), "JSON"),
        (lambda _: None, "cannot be reached"),
    ],
)
def test_a_catalog_that_fails_costs_one_note(answers, says):
    """Whatever the catalog answers costs one note, which does not repeat the answer."""
    with Server(answers) as server:
        found, notes = described_connectors(Access(server.url))
        assert (found, len(notes)) == ({}, 1)
        assert says in notes[0]
        assert "s3cret" not in notes[0]
        assert len(server.asked) == 1


def test_pages_that_repeat_themselves_end():
    """A catalog that ignores the offset is asked for as long as it may take, not for ever."""
    times = iter(range(0, 100_000, 10))
    with Server(lambda _: (200, {"data": {"cn_connector": [connector("c", "a")]}})) as server:
        found, notes = described_connectors(Access(server.url), page=1, seconds=60, clock=lambda: float(next(times)))
        assert (found, len(notes)) == ({}, 1)
        assert len(server.asked) < 10
