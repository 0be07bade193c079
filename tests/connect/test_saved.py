"""Saved clusters: every form gives the answers of a worker, and one broken file does not take the others along."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kc_lineage_dagster.connect.fetch import list_only, read
from kc_lineage_dagster.connect.saved import Saved, is_saved, open_saved
from kc_lineage_dagster.connect.snapshot import Snapshot
from kc_lineage_dagster.errors import ConnectError, ConnectNotFound, ConnectRefused, ConnectUnavailable
from kc_lineage_dagster.state import codec
from tests.connect.stand_in import EXPANDED, worker

SOURCE = {
    "connector.class": "io.debezium.connector.mysql.MySqlConnector",
    "topic.prefix": "shop",
    "database.password": "pw1",
}


def configs(snapshot: Snapshot) -> dict[str, dict[str, str]]:
    return {connector.name: dict(connector.config) for connector in snapshot.connectors}


def write(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


REDACTED = {**SOURCE, "database.password": "<redacted>"}


@pytest.mark.parametrize(
    ("uri", "saved"),
    [
        ("http://h:8083/", False),
        ("HTTPS://h", False),
        ("cluster.json", True),
        ("/var/c", True),
        ("file:///var/c", True),
        ("C:\\clusters", True),
    ],
)
def test_anything_that_is_not_http_is_saved(uri: str, saved: bool) -> None:
    assert is_saved(uri) is saved


@pytest.mark.parametrize("prefix", ["", "file:", "file://", "file://localhost"])
def test_the_answer_of_the_expanded_listing_is_a_cluster(tmp_path: Path, prefix: str) -> None:
    path = write(tmp_path / "my cluster.json", worker({"crm": SOURCE}, state="PAUSED")[EXPANDED])
    snapshot = read(open_saved(prefix + str(path))).whole()
    assert configs(snapshot) == {"crm": REDACTED}
    (crm,) = snapshot.connectors
    assert (crm.kind, crm.state, crm.topics, crm.notes) == ("source", "PAUSED", None, ())
    assert not snapshot.not_read
    assert snapshot.source == str(path)


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_file_of_request_paths_answers_bare_or_with_a_status(tmp_path: Path, wrapped: bool) -> None:
    answers = worker({"a/b 100%": SOURCE}, topics={"a/b 100%": ["t"]})
    document = {path: {"status": 200, "body": body} for path, body in answers.items()} if wrapped else answers
    snapshot = read(open_saved(write(tmp_path / "c.json", document))).whole()
    assert configs(snapshot) == {"a/b 100%": REDACTED}
    assert snapshot.connectors[0].topics == ("t",)
    assert snapshot.version == "3.9.1"


def test_saved_errors_are_what_the_worker_answered(tmp_path: Path) -> None:
    statuses = {"/401": 401, "/404": 404, "/500": 500}
    document = {path: {"status": status, "body": {"message": "password=pw1"}} for path, status in statuses.items()}
    saved = open_saved(write(tmp_path / "c.json", document))
    for path, kind in {
        "/401": ConnectRefused,
        "/404": ConnectNotFound,
        "/500": ConnectUnavailable,
        "/x": ConnectNotFound,
    }.items():
        with pytest.raises(kind) as caught:
            saved.get(path)
        assert "pw1" not in str(caught.value)


@pytest.mark.parametrize("left_out", [[EXPANDED], [EXPANDED, "/connectors"], [EXPANDED, "/connectors?expand=info"]])
def test_a_listing_is_put_together_from_what_was_saved(tmp_path: Path, left_out: list[str]) -> None:
    answers = worker({"crm": SOURCE}, state="PAUSED")
    listing = answers[EXPANDED]
    answers["/connectors?expand=info"] = {name: {"info": entry["info"]} for name, entry in listing.items()}
    answers["/connectors?expand=status"] = {"crm": {"status": listing["crm"]["status"]}}
    kept = {path: body for path, body in answers.items() if path not in left_out}
    snapshot = read(open_saved(write(tmp_path / "c.json", kept))).whole()
    assert configs(snapshot) == {"crm": REDACTED}
    assert snapshot.connectors[0].state == "PAUSED"


def test_a_folder_holds_one_connector_per_file_as_it_is_posted(tmp_path: Path) -> None:
    write(tmp_path / "one.json", {"name": "crm", "config": SOURCE, "initial_state": "STOPPED"})
    write(tmp_path / "bare-name.json", SOURCE)
    write(tmp_path / "team" / "named.json", {**SOURCE, "name": "inside"})
    write(
        tmp_path / "types.json",
        {"name": "types", "config": {**SOURCE, "tasks.max": 2, "on": True, "a.list": ["a", 1], "n": None}},
    )
    write(tmp_path / ".hidden" / "x.json", "{")
    write(tmp_path / "README.md", "no connector")
    snapshot = read(open_saved(tmp_path)).whole()
    assert configs(snapshot) == {
        "bare-name": REDACTED,
        "crm": REDACTED,
        "inside": {**REDACTED, "name": "inside"},
        "types": {**REDACTED, "tasks.max": "2", "on": "true", "a.list": "a,1"},
    }
    assert [connector.state for connector in snapshot.connectors] == ["UNKNOWN", "STOPPED", "UNKNOWN", "UNKNOWN"]
    assert not snapshot.not_read


STRIMZI = """
apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaConnector
metadata: {name: crm, labels: {strimzi.io/cluster: c}}
spec:
  class: io.debezium.connector.mysql.MySqlConnector
  tasksMax: 2
  state: stopped
  config:
    topic.prefix: shop
    database.password: ${secrets:ns/s:pw}
    table.include.list: [shop.users, shop.orders]
    include.schema.changes: no
    snapshot.lock.timeout.ms: 1_000
    since: 2026-01-02
    nothing: null
---
apiVersion: v1
kind: ConfigMap
metadata: {name: other}
data: {connector.class: not one}
---
apiVersion: v1
kind: List
items:
- apiVersion: kafka.strimzi.io/v1beta2
  kind: KafkaConnector
  metadata: {name: second}
  spec: {class: FileStreamSink, pause: true}
- apiVersion: kafka.strimzi.io/v1
  kind: KafkaConnector
  metadata: {name: broken}
  spec: nothing
"""


def test_strimzi_resources_become_connectors(tmp_path: Path) -> None:
    for place in (write(tmp_path / "k8s.yaml", STRIMZI), tmp_path):
        snapshot = read(open_saved(place)).whole()
        assert configs(snapshot) == {
            "crm": {
                "connector.class": "io.debezium.connector.mysql.MySqlConnector",
                "tasks.max": "2",
                "name": "crm",
                "topic.prefix": "shop",
                "database.password": "${secrets:ns/s:pw}",
                "table.include.list": "shop.users,shop.orders",
                "include.schema.changes": "false",
                "snapshot.lock.timeout.ms": "1000",
                "since": "2026-01-02",
            },
            "second": {"connector.class": "FileStreamSink", "name": "second"},
        }
        assert [connector.state for connector in snapshot.connectors] == ["STOPPED", "PAUSED"]
        assert dict(snapshot.unread) == {"broken": "spec is a string, not an object, in k8s.yaml"}


MALFORMED = [
    ('{"name": "b", "config": {', "malformed JSON at line 1"),
    ('{"name": "b", "config": {"connector.class": "X",}} // a comment', "malformed JSON at line 1"),
    ("", "malformed JSON"),
    ("[" * 100_000, "malformed JSON"),
    ('{"name": "{{ .Values.name }}", "config": {{ .Values.config }}}', "it looks like a template"),
]
UNUSABLE = [
    ('{"name": "broken", "config": "x"}', "config is a string, not an object"),
    ('{"name": "broken", "config": null}', "config is null"),
    ('{"name": "broken", "config": {"connector.class": "X", "a": {"b": "pw1"}}}', "config.a is an object"),
    ('{"name": "broken", "config": {"connector.class": "X", "a": [["pw1"]]}}', "config.a is a list"),
    ('{"name": ["x"], "config": {"connector.class": "X"}}', "name is a list"),
]
ELSE = [
    ('"text"', "a string"),
    ("null", "null"),
    ("[]", "nothing"),
    ('{"name": "app", "version": "1.0", "scripts": {}, "config": {"eslint": true}}', "an object of name, version"),
    ('{"name": "x", "config": {"eslint": true}}', "an object of name, config"),
    ('{"type": "record", "name": "Order", "fields": []}', "an object of type, name, fields"),
]


def folder(tmp_path: Path, name: str, text: str) -> Snapshot:
    """A folder of two connectors in two forms, and one file more."""
    write(tmp_path / "good.json", {"name": "crm", "config": SOURCE})
    write(tmp_path / name, text)
    write(tmp_path / "k8s.yml", STRIMZI.partition("---")[0].replace("name: crm", "name: other"))
    snapshot = read(open_saved(tmp_path)).whole()
    assert sorted(configs(snapshot)) == ["crm", "other"]
    assert "pw1" not in codec.snapshots().dump(snapshot)
    return snapshot


@pytest.mark.parametrize(("text", "reason"), MALFORMED)
def test_a_malformed_file_is_unread_under_its_own_name(tmp_path: Path, text: str, reason: str) -> None:
    snapshot = folder(tmp_path, "broken.json", text)
    assert (list(snapshot.unread_files), dict(snapshot.unread)) == (["broken.json"], {})
    assert reason in snapshot.unread_files["broken.json"]
    assert snapshot.not_read


@pytest.mark.parametrize(("text", "reason"), UNUSABLE)
def test_a_connector_that_cannot_be_used_is_unread_with_its_file(tmp_path: Path, text: str, reason: str) -> None:
    snapshot = folder(tmp_path, "broken.json", text)
    assert (list(snapshot.unread), dict(snapshot.unread_files)) == (["broken"], {})
    assert reason in snapshot.unread["broken"]
    assert snapshot.unread["broken"].endswith(", in broken.json")


@pytest.mark.parametrize(("text", "what"), ELSE)
def test_what_plainly_is_something_else_is_passed_over_with_its_kind(tmp_path: Path, text: str, what: str) -> None:
    snapshot = folder(tmp_path, "else.json", text)
    assert not snapshot.not_read
    assert what in snapshot.passed_over["else.json"]


def test_while_a_file_is_unread_nothing_counts_as_gone(tmp_path: Path) -> None:
    """The connector that a broken file held has another name than the file, as most have."""
    snapshot = folder(tmp_path, "file5.json", '{"name": "orders-5", "config": {"connector.class": "X",}}')
    assert snapshot.gone(["crm", "orders-5"]) == ()
    (tmp_path / "file5.json").unlink()
    assert read(open_saved(tmp_path)).whole().gone(["crm", "orders-5"]) == ("orders-5",)


def test_the_name_of_a_file_hides_no_reason(tmp_path: Path) -> None:
    """``secret-aws.yaml: ...`` has the shape of a secret."""
    snapshot = folder(tmp_path, "secret-aws.json", '{"name": "broken", "config": "x"}')
    assert snapshot.unread["broken"] == "config is a string, not an object, in secret-aws.json"
    assert folder(tmp_path, "password.json", "{").unread_files["password.json"].startswith("malformed JSON")


@pytest.mark.parametrize("text", ["a: [", "a: *nobody", "\t- x", "a: !!python/object:os.system {}", "a: \x01"])
def test_malformed_yaml_names_its_place_and_nothing_else(tmp_path: Path, text: str) -> None:
    write(tmp_path / "good.json", {"name": "crm", "config": SOURCE})
    write(tmp_path / "bad.yaml", f"kind: KafkaConnector\npassword: pw1\n{text}\n")
    snapshot = read(open_saved(tmp_path)).whole()
    assert "malformed YAML" in snapshot.unread_files["bad.yaml"]
    assert "pw1" not in snapshot.unread_files["bad.yaml"]


def test_yaml_that_is_something_else_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "good.json", {"name": "crm", "config": SOURCE})
    write(tmp_path / "docker-compose.yml", "services: {connect: {image: kafka}}")
    write(tmp_path / "service.yaml", "kind: Service\nname: {{ .Values.name }}: {{ x }}")
    write(tmp_path / "deploy.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}")
    snapshot = read(open_saved(tmp_path)).whole()
    assert not snapshot.not_read
    assert snapshot.passed_over["docker-compose.yml"] == "an object of services"
    assert snapshot.passed_over["deploy.yaml"] == "kind Deployment (apps)"
    assert "it looks like a template" in snapshot.passed_over["service.yaml"]


def test_files_that_are_no_text_are_unread(tmp_path: Path) -> None:
    write(tmp_path / "good.json", {"name": "crm", "config": SOURCE})
    (tmp_path / "latin.json").write_bytes(b'{"name": "caf\xe9"}')
    (tmp_path / "marked.json").write_bytes(b"\xef\xbb\xbf" + json.dumps({"name": "bom", "config": SOURCE}).encode())
    snapshot = read(open_saved(tmp_path)).whole()
    assert sorted(configs(snapshot)) == ["bom", "crm"]
    assert dict(snapshot.unread_files) == {"latin.json": "not UTF-8 text: save it as UTF-8"}


def test_two_files_of_one_name_are_unread_and_both_named(tmp_path: Path) -> None:
    write(tmp_path / "one.json", {"name": "crm", "config": SOURCE})
    write(tmp_path / "two.json", {"name": "crm", "config": SOURCE})
    write(tmp_path / "three.json", {"name": "Crm", "config": SOURCE})
    snapshot = read(open_saved(tmp_path)).whole()
    assert sorted(configs(snapshot)) == ["Crm"]
    assert dict(snapshot.unread) == {"crm": "two files name it: one.json and two.json"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"error_code": 409, "message": "rebalance, password=pw1"}', "an error's answer: 409"),
        ('{"a": {', "malformed JSON at line 1"),
        ('{"/": {"version": "3"}}', "holds no answer to /connectors"),
        ("[]", "no connector in it"),
        ('{"services": {}}', "no connector in it: c.json: an object of services"),
        (
            '{"connectors": [{"connectorArn": "arn:x", "connectorName": "n"}]}',
            "ListConnectors answers no configuration",
        ),
    ],
)
def test_a_file_that_is_no_cluster_is_refused_in_one_line(tmp_path: Path, content: str, reason: str) -> None:
    path = write(tmp_path / "c.json", content)
    with pytest.raises(ConnectError) as caught:
        list_only(open_saved(path))
    assert reason in str(caught.value)
    assert str(path) in str(caught.value)
    assert "pw1" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("uri", ["nowhere.json", "localhost:8083", "file:///nowhere"])
def test_a_place_where_nothing_is_says_so(uri: str) -> None:
    with pytest.raises(ConnectError, match="no such file or folder"):
        open_saved(uri)


def test_an_empty_folder_is_no_empty_cluster(tmp_path: Path) -> None:
    with pytest.raises(ConnectError, match=r"no \.json"):
        open_saved(tmp_path)


def test_an_empty_listing_is_an_empty_cluster(tmp_path: Path) -> None:
    assert read(open_saved(write(tmp_path / "c.json", {}))).whole().connectors == ()


def test_a_listing_with_broken_entries_reports_them_one_by_one(tmp_path: Path) -> None:
    listing = {**worker({"crm": SOURCE})[EXPANDED], "x": None, "y": {"status": {}}}
    snapshot = read(open_saved(write(tmp_path / "c.json", listing))).whole()
    assert configs(snapshot) == {"crm": REDACTED}
    assert sorted(snapshot.unread) == ["x", "y"]


def test_a_saved_clusters_repr_shows_no_answer() -> None:
    assert "pw1" not in repr(Saved("here", worker({"crm": SOURCE})))
