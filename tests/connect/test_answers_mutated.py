"""Workers that answer almost as Connect does: whatever stands where, the outcome is notes and lines, never a crash."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from kc_lineage_dagster.connect.answers import EXPANDED, NAMES, PLUGINS, Answers, parse_json
from kc_lineage_dagster.connect.client import ConnectClient
from kc_lineage_dagster.connect.fetch import read
from kc_lineage_dagster.connect.saved import Saved
from kc_lineage_dagster.connect.settings import ConnectSettings
from kc_lineage_dagster.derive.cluster import deriver
from kc_lineage_dagster.derive.settings import Settings
from kc_lineage_dagster.errors import ConnectError
from kc_lineage_dagster.state import codec
from tests.connect.stand_in import ConnectStandIn, body, worker
from tests.odd_json import ODDER, mutations
from tests.tries import Share, by_share

pytestmark = pytest.mark.usefixtures("no_collection")

JDBC = "io.aiven.connect.jdbc.JdbcSourceConnector"
MIRROR = "org.apache.kafka.connect.mirror.MirrorSourceConnector"
SINK = "io.aiven.connect.jdbc.JdbcSinkConnector"
CONFIGS = {
    "crm": {"connector.class": JDBC, "connection.url": "jdbc:postgresql://h/crm", "topic.prefix": "crm."},
    "mirror": {"connector.class": MIRROR, "source.cluster.alias": "west", "topics": "a.*"},
    "dwh": {"connector.class": SINK, "connection.url": "jdbc:postgresql://h/dwh", "topics.regex": "crm.*"},
}
OFFSETS = {
    "crm": [{"partition": {"protocol": "1", "table": "crm.public.users"}, "offset": {"incrementing": 7}}],
    "mirror": [{"partition": {"cluster": "west", "partition": 0, "topic": "a1"}, "offset": {"offset": 3}}],
    "dwh": [{"partition": {"kafka_topic": "crm.users", "kafka_partition": 0}, "offset": {"kafka_offset": 2}}],
}


def answers() -> dict[str, Any]:
    """What a worker says of three connectors, each with all the evidence that its kind has."""
    found = worker(CONFIGS, state="FAILED", trace="java.lang.Exception", topics={"crm": ["crm.users"]})
    listing = found[EXPANDED]
    listing["dwh"]["info"]["type"] = listing["dwh"]["status"]["type"] = "sink"
    for name, offsets in OFFSETS.items():
        found[f"{NAMES}/{name}/offsets"] = {"offsets": offsets}
        found[f"/connector-plugins/{CONFIGS[name]['connector.class']}/config"] = [
            {"name": "connection.password", "type": "PASSWORD", "value": {"name": "connection.password"}}
        ]
        del found[f"{NAMES}/{name}"], found[f"{NAMES}/{name}/status"]
    plugin = {"class": JDBC, "type": "source", "version": "6.10.0"}
    return {**found, PLUGINS: [plugin], "/connector-plugins": [plugin]}


def lines(found: Answers) -> Iterable[str]:
    """All that people read of a cluster, after everything that is done with what was read."""
    try:
        snapshot = read(found).whole()
    except ConnectError as error:
        return (str(error),)
    assert codec.snapshots().load(codec.snapshots().dump(snapshot)) == snapshot
    derived = deriver(snapshot.connectors, Settings())
    lineages = [derived(one) for one in snapshot.connectors]
    assert not [one.trace for one in lineages if one.trace]
    unresolved = [str(item) for one in lineages for item in one.unresolved]
    return (*snapshot.not_read.values(), *(str(note) for one in snapshot.connectors for note in one.notes), *unresolved)


@by_share
def test_whatever_stands_in_an_answer_is_a_note_or_a_line(share: Share) -> None:
    """Any JSON value at any place of any answer: what it is worth is read, the rest is said in one line."""
    for what, odd in share.of(mutations(answers())):
        said = lines(Saved("here", parse_json(json.dumps(odd))))
        assert not [line for line in said if "\n" in line], what


@by_share
@pytest.mark.parametrize("path", answers())
def test_a_live_worker_with_one_odd_answer_is_a_note_or_a_line(path: str, share: Share) -> None:
    """The same over the wire, with one answer replaced as a whole."""
    with ConnectStandIn(answers()) as server:
        for odd in share.of(ODDER):
            server.fault(path, body(json.dumps(odd).encode()))
            with ConnectClient(ConnectSettings(server.uri, retries=0)) as client:
                assert not [line for line in lines(client) if "\n" in line], odd
