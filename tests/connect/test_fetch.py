"""From a worker's answers to a snapshot: what is asked, what a failure becomes, and what is never taken for gone."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from kc_lineage_dagster.connect import fetch
from kc_lineage_dagster.connect.calls import Wants, default_wants
from kc_lineage_dagster.connect.client import ConnectClient, ConnectSettings, cloud_uri
from kc_lineage_dagster.connect.saved import open_saved
from kc_lineage_dagster.connect.snapshot import Connector, Snapshot
from kc_lineage_dagster.connect.substitute import ProvidedValue
from kc_lineage_dagster.errors import ConnectError, ConnectRefused, ConnectUnavailable
from kc_lineage_dagster.state import codec
from tests.connect import stand_in
from tests.connect.stand_in import EXPANDED, ConnectStandIn, Fault, worker

LAB = Path(__file__).parents[1] / "data" / "lab" / "cluster.json"
DEBEZIUM = {"connector.class": "io.debezium.connector.postgresql.PostgresConnector"}
JDBC = {"connector.class": "io.aiven.connect.jdbc.JdbcSourceConnector"}
SINK = {"connector.class": "io.aiven.connect.jdbc.JdbcSinkConnector"}
THREE = {"a": DEBEZIUM, "b": DEBEZIUM, "c": DEBEZIUM}


@dataclass
class Before:
    """An earlier snapshot, as what an earlier reading left."""

    snapshot: Snapshot

    @property
    def password_keys(self) -> Mapping[str, frozenset[str]]:
        return self.snapshot.password_keys

    @property
    def names(self) -> list[str]:
        return [one.name for one in self.snapshot.connectors]

    def connectors_of(self, names: Collection[str]) -> dict[str, Connector]:
        return {one.name: one for one in self.snapshot.connectors if one.name in names}


def read(
    server: ConnectStandIn,
    concurrency: int = 1,
    *,
    only: list[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
    previous: Snapshot | None = None,
    **rules: Any,
) -> Snapshot:
    settings = ConnectSettings(server.uri, concurrency=concurrency, retries=3)
    with ConnectClient(settings, sleep=lambda _: None) as connect:
        earlier = Before(previous) if previous else None
        given = fetch.ReadingRules(**rules)
        return fetch.read(connect, given, only=only, progress=progress, earlier=earlier).whole()


def one(snapshot: Snapshot, name: str) -> Connector:
    return next(connector for connector in snapshot.connectors if connector.name == name)


@pytest.fixture
def three() -> Iterator[ConnectStandIn]:
    with ConnectStandIn(worker(THREE)) as server:
        yield server


def test_a_live_worker_and_its_saved_answers_give_the_same_snapshot() -> None:
    saved = fetch.read(open_saved(LAB)).whole()
    with ConnectStandIn(LAB) as server:
        live = read(server, concurrency=4)
    assert replace(live, source=saved.source) == saved
    assert len(live.connectors) == 13
    assert not live.not_read
    assert (live.version, live.kafka_cluster_id) == ("3.9.1", "LabLabLabLabLabLabLabA")
    jdbc = one(live, "crm-jdbc-incrementing")
    assert jdbc.topics == ("crm.jdbc.accounts", "crm.jdbc.contacts")
    assert [at.partition["table"] for at in jdbc.offsets] == ["crm.accounts", "crm.contacts"]
    assert [config["tables"] for config in jdbc.task_configs] == ["`crm`.`accounts`", "`crm`.`contacts`"]
    assert jdbc.config["connection.password"] == jdbc.task_configs[0]["connection.password"] == "<redacted>"


def test_only_what_evidence_needs_is_asked() -> None:
    with ConnectStandIn(worker({"cdc": DEBEZIUM, "jdbc": JDBC})) as server:
        read(server)
    assert sorted(server.targets) == sorted(
        [
            EXPANDED,
            "/connectors",
            "/connector-plugins/io.debezium.connector.postgresql.PostgresConnector/config",
            "/connector-plugins/io.aiven.connect.jdbc.JdbcSourceConnector/config",
            "/connector-plugins?connectorsOnly=false",
            "/connector-plugins",
            "/connectors/cdc/topics",
            "/connectors/jdbc/topics",
            "/connectors/jdbc/offsets",
            "/connectors/jdbc/tasks",
            "/",
        ]
    )


def test_what_is_asked_can_be_decided_by_the_caller(three: ConnectStandIn) -> None:
    def wants(config: Any, kind: str) -> Wants:
        assert (config, kind) == (DEBEZIUM, "source")
        return Wants(topics=False, offsets=False, tasks=True)

    snapshot = read(three, wants=wants, use_topics_api=True)
    assert one(snapshot, "a").topics is None
    assert one(snapshot, "a").task_configs == (DEBEZIUM,)
    assert not [target for target in three.targets if target.endswith("/topics")]


def test_topics_are_not_asked_when_the_recipe_switches_them_off(three: ConnectStandIn) -> None:
    assert one(read(three, use_topics_api=False), "a").topics is None
    assert not [target for target in three.targets if target.endswith("/topics")]


@pytest.mark.parametrize(
    ("fault", "asked"),
    [
        (stand_in.status(403, message="Topic tracking is disabled."), 1),
        (stand_in.status(404, message="HTTP 404 Not Found"), 1),
        (stand_in.body(b"<html>404</html>", code=404, content_type="text/html"), 1),
        (stand_in.status(403, message="a right is missing"), 3),
    ],
)
def test_a_worker_without_topics_is_asked_once_and_one_without_the_right_for_each(fault: Fault, asked: int) -> None:
    with ConnectStandIn(worker(THREE)) as server:
        for name in THREE:
            server.fault(f"/connectors/{name}/topics", fault)
        snapshot = read(server)
    assert len([target for target in server.targets if target.endswith("/topics")]) == asked
    assert [connector.topics for connector in snapshot.connectors] == [None] * 3
    assert all(connector.notes for connector in snapshot.connectors)
    assert not snapshot.not_read


def test_an_odd_name_that_a_proxy_rejects_does_not_switch_topics_off_for_the_others() -> None:
    with ConnectStandIn(worker({"a/b": DEBEZIUM, "c": DEBEZIUM})) as server:
        server.fault("/connectors/a%2Fb/topics", stand_in.status(404))
        snapshot = read(server)
    assert one(snapshot, "a/b").topics is None
    assert one(snapshot, "c").topics == ("topic-of-c",)


def test_a_name_that_no_path_carries_is_read_from_the_listing_with_one_note() -> None:
    """Kafka 4 answers 400 to ``%2F``: nothing more is asked about that connector, and everything about the others."""
    with ConnectStandIn(worker({"a/b": SINK, "c": SINK}, kind="sink", state="FAILED")) as server:
        server.fault("/connectors/a%2Fb/topics", stand_in.status(400))
        snapshot = read(server)
    odd = one(snapshot, "a/b")
    assert odd.config["connector.class"] == SINK["connector.class"]
    assert odd.topics is None
    assert [note for note in odd.notes if "400" in note.text] == list(odd.notes)
    assert len(odd.notes) == 1
    assert "/connectors/a%2Fb/offsets" not in server.targets
    assert one(snapshot, "c").topics == ("topic-of-c",)
    assert not snapshot.not_read


def test_a_worker_before_3_6_has_no_offsets_and_is_not_asked_again() -> None:
    with ConnectStandIn(worker(dict.fromkeys("abc", SINK), kind="sink", state="FAILED")) as server:
        for name in "abc":
            server.fault(f"/connectors/{name}/offsets", stand_in.status(404, message="HTTP 404 Not Found"))
        snapshot = read(server)
    assert len([target for target in server.targets if target.endswith("/offsets")]) == 1
    assert one(snapshot, "c").topics == ("topic-of-c",)
    assert "Kafka 3.6" in one(snapshot, "c").notes[0].text
    assert one(snapshot, "c").unanswered == ()


def test_a_running_sink_with_active_topics_is_not_asked_for_offsets() -> None:
    with ConnectStandIn(worker({"a": SINK}, kind="sink")) as server:
        snapshot = read(server)
    assert one(snapshot, "a").topics == ("topic-of-a",)
    assert not [target for target in server.targets if target.endswith("/offsets")]


FAULTS: list[tuple[str, Fault, str]] = [
    ("500", stand_in.status(500, message="boom"), "answered 500 (boom)"),
    ("409", stand_in.status(409, message="rebalance"), "answered 409"),
    ("429", stand_in.status(429), "answered 429"),
    ("503", stand_in.status(503), "answered 503"),
    ("401", stand_in.status(401), "answered 401"),
    ("reset", stand_in.reset(), "Connection reset"),
    ("cut", stand_in.truncated(), "the connection broke"),
    ("cut JSON", stand_in.body(b'{"b":'), "no complete JSON"),
    ("HTML", stand_in.html(), "HTML instead of JSON"),
    ("null", stand_in.null(), "null instead of an object"),
    ("list", stand_in.body(b"[1]"), "a list instead of an object"),
    ("other name", stand_in.body(b'{"x": {"topics": []}}'), "no usable 'b'"),
    ("numbers", stand_in.body(b'{"b": {"topics": [1]}}'), "not a string"),
    ("nulls", stand_in.body(b'{"b": {"topics": null}}'), "no usable 'topics'"),
    ("elsewhere", stand_in.redirect("http://127.0.0.2:1/"), "redirects to 127.0.0.2:1"),
]


@pytest.mark.parametrize(("fault", "words"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_evidence_that_fails_becomes_a_note_and_the_rest_is_complete(
    three: ConnectStandIn, fault: Fault, words: str
) -> None:
    three.fault("/connectors/b/topics", fault)
    snapshot = read(three)
    assert [connector.name for connector in snapshot.connectors] == ["a", "b", "c"]
    assert [connector.topics for connector in snapshot.connectors] == [("topic-of-a",), None, ("topic-of-c",)]
    assert not snapshot.not_read
    (note,) = one(snapshot, "b").notes
    assert note.about == "topics"
    assert words in note.text
    assert "\n" not in note.text
    assert one(snapshot, "b").unanswered == (note,)
    assert one(snapshot, "b").config == DEBEZIUM


@pytest.mark.parametrize(
    ("path", "raw"),
    [
        ("tasks", b"null"),
        ("tasks", b"{}"),
        ("tasks", b"[null]"),
        ("tasks", b'[{"id": {"task": 0}, "config": null}]'),
        ("tasks", b'[{"id": null, "config": {}}]'),
        ("offsets", b"null"),
        ("offsets", b'{"offsets": {}}'),
        ("offsets", b'{"offsets": [null]}'),
        ("offsets", b'{"offsets": [{"partition": "x", "offset": {}}]}'),
    ],
)
def test_offsets_and_tasks_of_another_shape_become_a_note(path: str, raw: bytes) -> None:
    with ConnectStandIn(worker({"b": JDBC})) as server:
        server.fault(f"/connectors/b/{path}", stand_in.body(raw))
        connector = one(read(server), "b")
    assert connector.topics == ("topic-of-b",)
    assert connector.notes[0].about == path


def test_a_connector_that_vanishes_after_the_listing_keeps_no_empty_topics() -> None:
    with ConnectStandIn(worker({"gone": SINK, "here": SINK}, kind="sink")) as server:
        server.fault("/connectors/gone/topics", stand_in.body(b'{"gone": {"topics": []}}'))
        server.fault("/connectors/gone/offsets", stand_in.status(404, message="Connector gone not found"))
        snapshot = read(server)
    assert one(snapshot, "gone").topics is None
    assert one(snapshot, "here").topics == ("topic-of-here",)
    assert "not found" in one(snapshot, "gone").notes[0].text


def test_a_connector_that_the_expanded_listing_leaves_out_is_asked_for_alone(three: ConnectStandIn) -> None:
    listing = {name: entry for name, entry in worker(THREE)[EXPANDED].items() if name != "b"}
    three.fault(EXPANDED, stand_in.body(json.dumps(listing).encode()))
    three.fault("/connectors/b/status", stand_in.status(404, message="No status found for connector b"))
    snapshot = read(three)
    assert [connector.name for connector in snapshot.connectors] == ["a", "b", "c"]
    assert one(snapshot, "b").state == "UNKNOWN"
    assert one(snapshot, "b").topics == ("topic-of-b",)


@pytest.mark.parametrize(
    "fault", [stand_in.status(404), stand_in.status(500), stand_in.null(), stand_in.html(), stand_in.body(b'"x"')]
)
def test_a_connector_that_cannot_be_read_is_unread_not_gone(three: ConnectStandIn, fault: Fault) -> None:
    listing = {name: entry for name, entry in worker(THREE)[EXPANDED].items() if name != "b"}
    three.fault(EXPANDED, stand_in.body(json.dumps(listing).encode()))
    three.fault("/connectors/b", fault)
    snapshot = read(three)
    assert [connector.name for connector in snapshot.connectors] == ["a", "c"]
    assert list(snapshot.unread) == ["b"]
    assert snapshot.not_read
    assert "\n" not in snapshot.unread["b"]


BROKEN_ENTRIES = [
    ({"info": {"name": "b", "config": None, "type": "source"}, "status": {}}, "config is null"),
    ({"info": {"name": "b", "config": ["x"]}, "status": {}}, "config is a list"),
    ({"info": {"name": "b", "config": {"x": {"y": 1}}}, "status": {}}, "config.x is an object"),
    ({"info": {"name": "b"}, "status": {}}, "config is null"),
    ({"info": "b", "status": {}}, "its entry is a string"),
]


@pytest.mark.parametrize(("entry", "reason"), BROKEN_ENTRIES)
def test_a_listing_entry_of_another_shape_is_unread_and_the_others_complete(
    three: ConnectStandIn, entry: Any, reason: str
) -> None:
    three.fault(EXPANDED, stand_in.body(json.dumps({**worker(THREE)[EXPANDED], "b": entry}).encode()))
    snapshot = read(three)
    assert [connector.topics for connector in snapshot.connectors] == [("topic-of-a",), ("topic-of-c",)]
    assert reason in snapshot.unread["b"]


@pytest.mark.parametrize("entry", [None, [], "x", {}, {"status": {}}])
def test_an_entry_without_information_is_asked_for_again(three: ConnectStandIn, entry: Any) -> None:
    three.fault(EXPANDED, stand_in.body(json.dumps({**worker(THREE)[EXPANDED], "b": entry}).encode()))
    assert [connector.name for connector in read(three).connectors] == ["a", "b", "c"]


def test_a_name_that_the_listing_gives_twice_is_unread(three: ConnectStandIn) -> None:
    listing = json.dumps(worker(THREE)[EXPANDED])
    twice = listing[:-1] + ', "b": {"info": {"name": "b", "config": {}}}}'
    three.fault(EXPANDED, stand_in.body(twice.encode()))
    snapshot = read(three)
    assert dict(snapshot.unread) == {"b": "the listing names it more than once"}
    assert len(snapshot.connectors) == 2


@pytest.mark.parametrize("state", [None, 7, "<b>", {}, "running"])
def test_states_are_those_that_kafka_knows(three: ConnectStandIn, state: Any) -> None:
    listing = worker(THREE)[EXPANDED]
    tasks = [{"id": 1, "state": state}, {"id": 0, "state": "FAILED"}, None, {"id": "x"}]
    listing["b"]["status"] = {"connector": {"state": state}, "tasks": tasks}
    three.fault(EXPANDED, stand_in.body(json.dumps(listing).encode()))
    connector = one(read(three), "b")
    expected = "RUNNING" if state == "running" else "UNKNOWN"
    assert connector.state == expected
    assert [(task.id, task.state) for task in connector.tasks] == [(0, "FAILED"), (1, expected)]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (
            stand_in.status(409, message="Cannot complete request because of a conflicting operation"),
            ConnectUnavailable,
        ),
        (stand_in.body(b'{"error_code": 409, "message": "rebalance"}'), ConnectUnavailable),
        (stand_in.body(b'{"error_code": "x", "message": "y", "extra": 1}'), ConnectUnavailable),
        (stand_in.status(401), ConnectRefused),
        (stand_in.html(), ConnectUnavailable),
        (stand_in.null(), ConnectUnavailable),
        (stand_in.body(b'"x"'), ConnectUnavailable),
        (stand_in.body(b"[1, 2]"), ConnectUnavailable),
        (stand_in.reset(), ConnectUnavailable),
    ],
)
@pytest.mark.parametrize("path", [EXPANDED, "/connectors"])
def test_a_listing_that_fails_fails_with_one_line(
    three: ConnectStandIn, path: str, fault: Fault, kind: type[ConnectError]
) -> None:
    three.fault(path, fault)
    for action in (fetch.read, fetch.list_only):
        with ConnectClient(ConnectSettings(three.uri), sleep=lambda _: None) as connect, pytest.raises(kind) as caught:
            action(connect)
        assert "\n" not in str(caught.value)


def test_an_object_that_describes_no_connector_is_no_list_of_names(three: ConnectStandIn) -> None:
    """A proxy that asks for a login answers 200 with an object: its keys are no connectors."""
    three.fault("/connectors", stand_in.body(b'{"error": "login_required"}'))
    with ConnectClient(ConnectSettings(three.uri)) as connect, pytest.raises(ConnectUnavailable) as caught:
        fetch.read(connect)
    assert "describes no connector" in str(caught.value)


def test_a_worker_without_expand_is_read_one_by_one() -> None:
    answers = worker({**THREE, "broken": DEBEZIUM, "odd/name": DEBEZIUM})
    answers[EXPANDED] = ["a", "b", "c", "broken", "odd/name", "a"]
    with ConnectStandIn(answers) as server:
        server.fault("/connectors/broken", stand_in.status(500, message="no"))
        server.fault("/connectors/c/status", stand_in.status(500, message="no"))
        snapshot = read(server, concurrency=4)
    assert [connector.name for connector in snapshot.connectors] == ["a", "b", "c", "odd/name"]
    assert [connector.state for connector in snapshot.connectors] == ["RUNNING", "RUNNING", "UNKNOWN", "RUNNING"]
    assert "answered 500 (no)" in snapshot.unread["broken"]
    assert one(snapshot, "c").notes[0].about == "status"


def test_a_service_that_expands_by_comma_is_understood() -> None:
    answers = worker(THREE)
    by_info = {name: {"info": entry["info"]} for name, entry in answers[EXPANDED].items()}
    answers["/connectors?expand=info,status"] = answers[EXPANDED]
    with (
        ConnectStandIn({**answers, EXPANDED: by_info}, prefix="/connect/v1/environments/e/clusters/c") as server,
        ConnectClient(ConnectSettings(cloud_uri(server.uri, "e", "c"))) as connect,
    ):
        snapshot = fetch.read(connect).whole()
    assert [connector.state for connector in snapshot.connectors] == ["RUNNING"] * 3


HOSTILE = [
    "../../etc/x",
    "a/b",
    "100%25",
    "a?b#c",
    "line\nbreak",
    "quote\"'|`",
    "x" * 4096,
    "",
    "..",
    "Größe-数据-🎉",
    "case",
    "CASE",
    " spaces ",
]


def test_hostile_names_are_read_with_their_own_evidence() -> None:
    answers = worker(
        {name: {**SINK, "marker.name": name} for name in HOSTILE},
        topics={name: [f"t{number}"] for number, name in enumerate(HOSTILE)},
        kind="sink",
    )
    with ConnectStandIn(answers) as server:
        snapshot = read(server, concurrency=4)
    assert not snapshot.not_read
    assert sorted(connector.name for connector in snapshot.connectors) == sorted(HOSTILE)
    for number, name in enumerate(HOSTILE):
        connector = one(snapshot, name)
        assert connector.config["marker.name"] == name
        assert connector.topics == ((f"t{number}",) if name else None)
        assert bool(connector.notes) == (not name)
    assert codec.snapshots().load(codec.snapshots().dump(snapshot)) == snapshot


def test_a_name_that_is_no_unicode_is_unread() -> None:
    raw = b'{"ok": {"info": {"config": {}}, "status": {}}, "\\ud800": {"info": {"config": {}}, "status": {}}}'
    with ConnectStandIn(worker({})) as server:
        server.fault(EXPANDED, stand_in.body(raw))
        snapshot = read(server)
    assert [connector.name for connector in snapshot.connectors] == ["ok"]
    assert dict(snapshot.unread) == {"?": "its name is no valid Unicode"}


def test_patterns_and_names_limit_what_is_listed_and_asked(three: ConnectStandIn) -> None:
    snapshot = read(three, allowed=lambda name: name != "a", only=["c", "nobody"])
    assert [(connector.name, connector.topics) for connector in snapshot.connectors] == [
        ("b", None),
        ("c", ("topic-of-c",)),
    ]
    assert "/connectors/b/topics" not in three.targets


def test_connectors_not_asked_keep_the_evidence_of_the_previous_snapshot() -> None:
    with ConnectStandIn(worker({"a": JDBC, "b": JDBC})) as server:
        before = read(server)
    with ConnectStandIn(worker({"a": JDBC, "b": JDBC, "new": JDBC}, topics={"a": ["x"], "b": ["y"]})) as server:
        snapshot = read(server, only=["a"], previous=before)
    assert {connector.name: connector.topics for connector in snapshot.connectors} == {
        "a": ("x",),
        "b": ("topic-of-b",),
        "new": ("topic-of-new",),
    }
    assert one(snapshot, "b").task_configs == (JDBC,)


def test_progress_counts_every_connector_asked(three: ConnectStandIn) -> None:
    seen: list[tuple[int, int]] = []
    read(three, concurrency=3, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_a_listing_alone_needs_few_requests_and_redacts_as_the_snapshot_did() -> None:
    answers = worker({"a": {**DEBEZIUM, "shady.thing": "hush-hush"}})
    answers[f"/connector-plugins/{DEBEZIUM['connector.class']}/config"] = [
        {"name": "shady.thing", "type": "PASSWORD"},
        {"name": "table.include.list", "type": "LIST"},
        None,
    ]
    with ConnectStandIn(answers) as server, ConnectClient(ConnectSettings(server.uri)) as connect:
        snapshot = fetch.read(connect).whole()
        assert one(snapshot, "a").config["shady.thing"] == "<redacted>"
        server.requests.clear()
        listing = fetch.list_only(connect, known=snapshot.password_keys)
        assert server.targets == [EXPANDED, "/connectors"]
    assert one(listing, "a").config == one(snapshot, "a").config
    assert one(listing, "a").topics is None


@pytest.mark.parametrize("fault", [stand_in.status(500), stand_in.null(), stand_in.html(), stand_in.status(404)])
def test_definitions_that_cannot_be_read_leave_names_and_shapes_to_decide(fault: Fault) -> None:
    config = {**DEBEZIUM, "database.password": "hush-hush", "table.include.list": "public.users"}
    with ConnectStandIn(worker({"a": config})) as server:
        server.fault(f"/connector-plugins/{DEBEZIUM['connector.class']}/config", fault)
        connector = one(read(server), "a")
    assert connector.config == {**config, "database.password": "<redacted>"}


def test_definitions_of_transforms_and_converters_count_under_their_prefix() -> None:
    config = {
        **SINK,
        "transforms": "cipher",
        "transforms.cipher.type": "com.example.Cipher",
        "transforms.cipher.material": "hush-hush",
        "value.converter": "com.example.Converter",
        "value.converter.material": "hush-hush",
        "material": "granite",
    }
    answers = worker({"a": config})
    for name in ("com.example.Cipher", "com.example.Converter"):
        answers[f"/connector-plugins/{name}/config"] = [{"name": "material", "type": "PASSWORD"}]
    answers[f"/connector-plugins/{SINK['connector.class']}/config"] = []
    with ConnectStandIn(answers) as server:
        found = one(read(server), "a").config
    assert found["transforms.cipher.material"] == found["value.converter.material"] == "<redacted>"
    assert found["material"] == "granite"


UNKNOWN = {
    "connector.class": "com.acme.OwnSource",
    "tasks.max": "1",
    "topics": "password_resets,secret",
    "acme.widget": "hunter2-in-plain",
    "acme.feature": "true",
    "acme.rest.address": "https://api.example.com/v1",
    "transforms": "own,keep",
    "transforms.own.type": "com.acme.Own",
    "transforms.own.material": "hunter2-in-a-transform",
    "transforms.keep.type": "org.apache.kafka.connect.transforms.InsertField$Value",
    "transforms.keep.static.value": "granite",
}
OWN_CONFIG = "/connector-plugins/com.acme.OwnSource/config"


@pytest.mark.parametrize("status", [404, 403, 500, 503])
def test_what_nobody_tells_to_be_harmless_is_withheld_counted_and_noted(status: int) -> None:
    answers = worker({"a": UNKNOWN}, state="FAILED", trace="x.Y: hunter2-in-plain is wrong, HUNTER2-IN-PLAIN")
    answers["/connectors/a/tasks"] = [
        {"id": {"connector": "a", "task": 0}, "config": {**UNKNOWN, "acme.other": "hunter2"}}
    ]
    for name in ("com.acme.OwnSource", "com.acme.Own"):
        answers[f"/connector-plugins/{name}/config"] = {
            "status": status,
            "body": {"error_code": status, "message": "no"},
        }
    with ConnectStandIn(answers) as server:
        snapshot = read(server, wants=lambda config, kind: Wants(tasks=True))
    found = one(snapshot, "a")
    hidden = {"acme.widget": "<withheld>", "transforms.own.material": "<withheld>"}
    assert found.config == {**UNKNOWN, **hidden}
    assert found.task_configs == ({**UNKNOWN, **hidden, "acme.other": "<withheld>"},)
    assert found.trace == "x.Y: <redacted> is wrong, <redacted>"
    (note,) = found.notes
    assert str(note).startswith("properties: 2 withheld (acme.widget, transforms.own.material), because nobody tells")
    assert ("could not be read (answered" in note.text) == (status != 404)
    assert found.unanswered == ()
    assert "hunter2" not in codec.snapshots().dump(snapshot).lower()


def test_definitions_that_failed_are_asked_for_again_by_the_next_reading() -> None:
    answers = worker({"a": UNKNOWN})
    answers["/connector-plugins/com.acme.Own/config"] = []
    answers[OWN_CONFIG] = [{"name": "acme.widget", "type": "PASSWORD"}, {"name": "acme.rest.address", "type": "STRING"}]
    with ConnectStandIn(answers) as server:
        server.fault(OWN_CONFIG, stand_in.status(500, times=4, message="Request timed out"))
        first = read(server)
        assert one(first, "a").config["acme.widget"] == "<withheld>"
        assert "com.acme.OwnSource could not be read (answered 500 (Request timed out)" in one(first, "a").notes[0].text
        second = read(server, previous=first)
    assert one(second, "a").config["acme.widget"] == "<redacted>"
    assert one(second, "a").notes == ()
    assert one(second, "a").config["transforms.own.material"] == "hunter2-in-a-transform"


def test_a_passing_fault_of_definitions_withholds_nothing() -> None:
    answers = worker({"a": {**UNKNOWN, "transforms": "keep"}})
    answers["/connector-plugins/com.acme.Own/config"] = answers[OWN_CONFIG] = []
    with ConnectStandIn(answers) as server:
        server.fault(OWN_CONFIG, stand_in.status(500, times=2))
        assert one(read(server), "a").config["acme.widget"] == "hunter2-in-plain"


def test_evidence_that_is_kept_brings_no_old_note_on_properties() -> None:
    answers = worker({"a": UNKNOWN, "b": SINK})
    with ConnectStandIn(answers) as server:
        first = read(server)
    assert str(one(first, "a").notes[0]).startswith("properties: 2 withheld")
    answers["/connector-plugins/com.acme.Own/config"] = answers[OWN_CONFIG] = []
    with ConnectStandIn(answers) as server:
        second = read(server, previous=first, only=["b"])
    assert one(second, "a").notes == ()


def test_a_missing_type_comes_from_the_installed_plugins() -> None:
    answers = worker({"a": SINK, "b": {"connector.class": "JdbcSink"}, "c": {"connector.class": "Nobody"}, "d": {}})
    for entry in answers[EXPANDED].values():
        entry["info"].pop("type")
        entry["status"].pop("type")
    answers["/connector-plugins"] = [{"class": SINK["connector.class"], "type": "sink"}, None, {"class": 7}]
    with ConnectStandIn(answers) as server:
        snapshot = read(server)
    assert [connector.kind for connector in snapshot.connectors] == ["sink", "sink", "unknown", "unknown"]
    assert snapshot.plugin_classes == {SINK["connector.class"]}
    assert one(snapshot, "d").connector_class is None


def test_provided_configs_are_substituted_before_redaction_and_traces_are_cleaned() -> None:
    config = {
        **JDBC,
        "connection.url": "${vault:url}",
        "connection.password": "${vault:pw}",
        "connection.user": "${file:/x:user}",
        "gone": None,
    }
    trace = "org.postgresql.util.PSQLException: login tiger22 failed\n\tat jdbc:mysql://u:tiger22@h/librarydb"
    provided = [
        ProvidedValue("vault", "url", "jdbc:mysql://h:3306/librarydb"),
        ProvidedValue("vault", "pw", "tiger22"),
    ]
    with ConnectStandIn(worker({"a": config}, state="FAILED", trace=trace)) as server:
        snapshot = read(server, provided=provided)
    connector = one(snapshot, "a")
    assert connector.config == {
        **JDBC,
        "connection.url": "jdbc:mysql://h:3306/librarydb",
        "connection.password": "<redacted>",
        "connection.user": "${file:/x:user}",
    }
    assert connector.task_configs == (connector.config,)
    assert connector.trace == (
        "org.postgresql.util.PSQLException: login <redacted> failed\n\tat jdbc:mysql://<redacted>@h/librarydb"
    )
    assert "tiger22" not in repr(snapshot) + codec.snapshots().dump(snapshot) + repr(provided)


def test_an_empty_cluster_is_a_complete_snapshot() -> None:
    with ConnectStandIn(worker({})) as server:
        snapshot = read(server)
    assert snapshot.connectors == ()
    assert not snapshot.not_read


def test_many_connectors_with_one_fault_each_kind_are_read_together() -> None:
    names = [fault[0] for fault in FAULTS] + [f"good{number}" for number in range(20)]
    with ConnectStandIn(worker(dict.fromkeys(names, DEBEZIUM))) as server:
        for name, fault, _ in FAULTS:
            server.fault(f"/connectors/{name.replace(' ', '%20')}/topics", fault)
        snapshot = read(server, concurrency=8)
    assert len(snapshot.connectors) == len(names)
    assert [connector.name for connector in snapshot.connectors if connector.topics is not None] == sorted(names[-20:])


@pytest.mark.parametrize(
    ("config", "offsets"),
    [
        ({"connector.class": "PostgresSource"}, True),
        ({"connector.class": "PostgresCdcSource"}, False),
        ({"connector.class": "io.debezium.connector.mysql.MySqlConnector", "topic.prefix": "${env:P}"}, True),
        ({"connector.class": "io.debezium.connector.mysql.MySqlConnector", "topic.prefix": "p"}, False),
    ],
)
def test_sources_are_asked_for_offsets_that_name_tables_or_a_hidden_prefix(config, offsets):
    assert default_wants(config, "source").offsets is offsets


def test_versions_are_those_of_plugins_that_are_there_once() -> None:
    answers = worker({"a": SINK})
    listed = [("com.acme.One", "1.2"), ("com.acme.Two", "1"), ("com.acme.Two", "2"), ("com.acme.None", None)]
    answers["/connector-plugins?connectorsOnly=false"] = [
        {"class": name, "type": "sink", "version": version} for name, version in listed
    ]
    with ConnectStandIn(answers) as server:
        snapshot = read(server)
    assert dict(snapshot.plugin_versions) == {"com.acme.One": "1.2"}
    assert codec.snapshots().load(codec.snapshots().dump(snapshot)) == snapshot
