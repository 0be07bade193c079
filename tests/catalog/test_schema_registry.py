"""Schema registries: what is asked, with which credentials, and what one that fails costs."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import unquote

import pytest

from kc_lineage_dagster.catalog.json_api import Access
from kc_lineage_dagster.catalog.questions import Questions
from kc_lineage_dagster.catalog.schema_registry import SchemaRegistries, access_for, registration_of, subjects_of
from kc_lineage_dagster.lineage import Dataset
from tests.catalog.server import Server
from tests.catalog.test_schemas import ENVELOPE

MISSING = (404, {"error_code": 40401, "message": "Subject not found."})
KEY = {"type": "record", "name": "Key", "namespace": "srv.public.users", "fields": [{"name": "id", "type": "int"}]}


def registered(**subjects: Any):
    """A registry that holds these subjects, each under its latest version."""

    def answers(path: str):
        found = subjects.get(subject := unquote(path).split("/")[2])
        return (200, {"subject": subject, "id": 1, "version": 1, **found}) if found else MISSING

    return answers


SRV = {
    "srv.public.users-value": {"schema": json.dumps(ENVELOPE)},
    "srv.public.users-key": {"schema": json.dumps(KEY)},
}


def avro(url: str, **more: str) -> dict[str, str]:
    return {
        "value.converter": "io.confluent.connect.avro.AvroConverter",
        "value.converter.schema.registry.url": url,
        "key.converter": "io.confluent.connect.avro.AvroConverter",
        "key.converter.schema.registry.url": url,
        **more,
    }


def ask(config: dict[str, str], *topics: str, own: Access | None = None, seconds: float = 30.0):
    registry = SchemaRegistries({"c": config}, access_for(own), own and own.url, lambda _, topic: topic, seconds)
    found = registry.answer(Questions(topics=frozenset(("c", topic) for topic in topics or ("srv.public.users",))))
    return found, found.seen_from("c", lambda *_: None)


JSON = "org.apache.kafka.connect.json.JsonConverter"
STRATEGY = "value.converter.value.subject.name.strategy"
CONFLUENT = "io.confluent.kafka.serializers.subject"
RESOLVER = "value.converter.apicurio.registry.artifact-resolver-strategy"
TOPIC = Dataset("kafka", "srv.public.users")


def test_fields_and_names_come_by_subject():
    """Value and key of a topic, each asked for by its own name; the list of subjects is never asked for."""
    with Server(registered(**SRV)) as server:
        found, view = ask(avro(server.url))
        assert found.notes == ()
        assert view.key_fields(TOPIC) == ("id",)
        assert "after.id" in view.fields(TOPIC)
        assert view.value_names("srv.public.users") == ("srv.public.users.Envelope",)
        assert sorted(server.asked) == [
            f"/subjects/srv.public.users-{part}/versions/latest" for part in ("key", "value")
        ]


def test_versions_are_asked_for_where_several_tables_may_share_the_topic():
    """Records called after another topic than theirs: the subject's older versions tell of the other tables."""
    names = ("srv.a.Envelope", "srv.b.Envelope", "srv.b.Envelope")
    texts = [json.dumps({"type": "record", "name": name, "fields": []}) for name in names]

    def answers(path: str):
        *_, subject, _, version = unquote(path).split("/") if not path.endswith("/versions") else (0, path, 0, "")
        if "all-value" not in str(subject):
            return MISSING
        if not version:
            return 200, [1, 2, 3]
        at = 3 if version == "latest" else int(version)
        return 200, {"version": at, "schema": texts[at - 1]}

    with Server(answers) as server:
        assert ask(avro(server.url), "all")[1].value_names("all") == ("srv.b.Envelope", "srv.a.Envelope")
        assert len([path for path in server.asked if "all-value" in path]) == 4
    with Server(registered(**SRV)) as server:
        ask(avro(server.url))
        assert not [path for path in server.asked if path.endswith("/versions")]


def test_a_topic_that_is_not_registered_is_no_failure():
    """404 with the registry's own error code means that nothing is known."""
    with Server(registered(other={})) as server:
        found, view = ask(avro(server.url))
        assert (found.notes, view.fields(TOPIC)) == ((), None)


def test_references_are_followed_by_version():
    """A schema may name others: each is asked for once, in the version that is named, and circles end."""
    line = json.dumps({"type": "record", "name": "L", "namespace": "a", "fields": [{"name": "sku", "type": "string"}]})
    order = json.dumps({"type": "record", "name": "O", "namespace": "a", "fields": [{"name": "line", "type": "a.L"}]})
    reference = [{"name": "a.L", "subject": "lines/x", "version": 3}]
    held = {"lines/x": {"schema": line, "references": reference}, "t-value": {"schema": order, "references": reference}}

    def answers(path: str):
        subject, version = unquote(path).removeprefix("/subjects/").rsplit("/versions/", 1)
        found = held.get(subject)
        return (200, {"version": version, **found}) if found else MISSING

    with Server(answers) as server:
        assert ask(avro(server.url), "t")[1].fields(Dataset("kafka", "t")) == ("line", "line.sku")
        assert server.asked.count("/subjects/lines/x/versions/3") == 1


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"value.converter": JSON, "value.converter.schema.registry.url": "http://r"}, None),
        (avro("http://r:8081/"), ("http://r:8081", ("t-value",))),
        (avro("http://one:1,http://two:2"), ("http://one:1", ("t-value",))),
        (avro("${env:URL}"), ("http://own", ("t-value",))),
        (avro("http://user:pass@r:8081"), ("http://r:8081", ("t-value",))),
        ({}, ("http://own", ("t-value",))),
        (
            avro("http://r", **{STRATEGY: f"{CONFLUENT}.RecordNameStrategy"}),
            ("http://r", ("t.Envelope", "t.Value")),
        ),
        (
            avro("http://r", **{STRATEGY: f"{CONFLUENT}.TopicRecordNameStrategy"}),
            ("http://r", ("t-t.Envelope", "t-t.Value")),
        ),
        (avro("http://r", **{STRATEGY: "com.acme.Own"}), None),
        (
            {
                "value.converter": "io.apicurio.registry.utils.converter.AvroConverter",
                "value.converter.apicurio.registry.url": "http://r:8080/apis/registry/v2",
            },
            ("http://r:8080/apis/ccompat/v7", ("t-value",)),
        ),
        (
            {
                "value.converter": "io.apicurio.registry.utils.converter.AvroConverter",
                "value.converter.apicurio.registry.url": "http://r:8080/apis/registry/v3",
                RESOLVER: "io.apicurio.registry.serde.strategy.SimpleTopicIdStrategy",
            },
            ("http://r:8080/apis/ccompat/v7", ("t",)),
        ),
    ],
)  # fmt: skip
def test_the_converter_says_where_and_how(config, expected):
    """Address and naming strategy are the converter's; a converter that registers nothing is not asked about."""
    place = registration_of(config, "value", "http://own")
    assert (place and (place.url, subjects_of(place, "t", "value"))) == expected


def test_credentials_go_to_the_recipes_registry_only():
    """The recipe's credentials never follow an address that a connector names."""
    own, other = Server(registered(**SRV)), Server(registered(**SRV))
    with own, other:
        access = Access(own.url, {"X-Key": "h3ader-secret"}, "user", "p4ssword")
        ask(avro(other.url), own=access)
        ask(avro(own.url), own=access)
        assert not any("Authorization" in headers or "X-Key" in headers for headers in other.headers)
        expected = f"Basic {base64.b64encode(b'user:p4ssword').decode()}"
        assert {headers["Authorization"] for headers in own.headers} == {expected}
        assert "p4ssword" not in repr(access)


def test_nobody_elses_credentials_are_used(tmp_path, monkeypatch):
    """``~/.netrc`` is not looked into."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login l password n3trc\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with Server(registered(**SRV)) as server:
        ask(avro(server.url))
        assert not any("Authorization" in headers for headers in server.headers)


MANY = tuple(f"t{number}" for number in range(100))


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        (lambda path: (401, {"error_code": 40101, "message": "s3cret"}), "401"),
        (lambda path: (500, "s3cret"), "500"),
        (lambda path: (200, "<html>s3cret</html>"), "JSON"),
        (lambda path: (302, ""), "302"),
        pytest.param(lambda path: (404, "<html>not here</html>"), "address", marks=pytest.mark.slow),
        (lambda path: None, "cannot be reached"),
        pytest.param(lambda path: (200, '{"schema": "' + "x" * 21_000_000 + '"}'), "too long", marks=pytest.mark.slow),
    ],
    ids=["401", "500", "a page", "elsewhere", "wrong path", "breaks", "endless"],
)
def test_a_registry_that_fails_costs_one_note(answers, says):
    """Whatever it does: one note without secrets, and it is left alone soon."""
    with Server(answers) as server:
        found, view = ask(avro(server.url), *MANY)
        assert len(found.notes) == 1
        assert says in found.notes[0]
        assert "s3cret" not in found.notes[0]
        assert view.fields(Dataset("kafka", "t1")) is None
        assert len(server.asked) <= (200 if says == "address" else 20)


@pytest.mark.parametrize("body", [[], 7, None, {"schema": 5}, {"schema": "{"}, {"schema": "{}", "references": "x"}])
def test_absurd_answers_are_no_schemas(body):
    """An answer of another shape says nothing."""
    with Server(lambda path: (200, body)) as server:
        assert ask(avro(server.url))[1].fields(TOPIC) is None


def test_a_slow_registry_is_left():
    """All requests together are bounded in time, whatever the number of topics."""
    with Server(registered(), delay=0.2) as server:
        found, _ = ask(avro(server.url), *MANY, seconds=0.5)
        assert len(server.asked) < len(MANY)
        assert "took too long" in found.notes[0]


def test_nothing_is_asked_that_nobody_needs():
    """Without questions, and for connectors without a registering converter, there is no request."""
    with Server(registered(**SRV)) as server:
        ask({"value.converter": "org.apache.kafka.connect.storage.StringConverter"} | {"key.converter": "x.Y"})
        SchemaRegistries({}, access_for(None), server.url, lambda _, topic: topic).answer(Questions())
        assert server.asked == []
