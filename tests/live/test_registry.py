"""The project against a real schema registry (Apicurio's, through Confluent's API)."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote

import pytest

from kc_lineage_dagster.catalog.holdings import View
from kc_lineage_dagster.catalog.json_api import Access
from kc_lineage_dagster.catalog.questions import Questions
from kc_lineage_dagster.catalog.schema_registry import SchemaRegistries
from kc_lineage_dagster.lineage import Dataset
from tests.catalog.test_schemas import ENVELOPE, PROTO
from tests.live.parts import MOST_LISTED

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("default")]
ADDRESS = {"type": "record", "name": "Addr", "namespace": "com.acme", "fields": [{"name": "city", "type": "string"}]}
ORDER = {
    "type": "record",
    "name": "Order",
    "namespace": "com.acme",
    "fields": [{"name": "to", "type": "com.acme.Addr"}],
}
VALUE = {"type": "object", "title": "srv.public.users.Value", "properties": {"id": {"type": "integer"}}}
PROTO_ADDRESS = 'syntax = "proto3"; package com.acme; message Addr { string city = 1; }'


@pytest.fixture(scope="module")
def url(registry: str) -> str:
    """Confluent's API of the registry."""
    return f"{registry}/apis/ccompat/v7"


def register(
    url: str, subject: str, schema: Any, kind: str = "AVRO", references: list[dict[str, Any]] | None = None
) -> None:
    text = schema if isinstance(schema, str) else json.dumps(schema)
    body = {"schema": text, "schemaType": kind, "references": references or []}
    request = urllib.request.Request(
        f"{url}/subjects/{quote(subject, safe='')}/versions",
        json.dumps(body).encode(),
        {"Content-Type": "application/vnd.schemaregistry.v1+json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200


def asked(url: str, *topics: str) -> tuple[View, tuple[str, ...]]:
    """What is known of these topics, of a connector whose converters are Apicurio's."""
    own = url.replace("/apis/ccompat/v7", "/apis/registry/v2")
    config = {
        f"{part}.{key}": value
        for part in ("key", "value")
        for key, value in (
            ("converter", "io.apicurio.registry.utils.converter.AvroConverter"),
            ("converter.apicurio.registry.url", own),
        )
    }
    provider = SchemaRegistries({"c": config}, Access, None, lambda _, topic: topic)
    found = provider.answer(Questions(topics=frozenset(("c", topic) for topic in topics)))
    return found.seen_from("c", lambda *_: None), found.notes


def test_schemas_of_every_kind_are_found_by_subject(url):
    """Avro, JSON Schema and Protobuf, key and value, references, and a subject that nobody registered."""
    register(url, "srv.public.users-value", ENVELOPE)
    key = {"type": "record", "name": "Key", "fields": [{"name": "id", "type": "int"}]}
    register(url, "srv.public.users-key", key)
    register(url, "addresses/all", ADDRESS)
    reference = [{"name": "com.acme.Addr", "subject": "addresses/all", "version": 1}]
    register(url, "orders-value", ORDER, references=reference)
    register(url, "plain-value", VALUE, "JSON")
    register(url, "addr.proto", PROTO_ADDRESS, "PROTOBUF")
    imported = [{"name": "addr.proto", "subject": "addr.proto", "version": 1}]
    register(url, "proto-value", PROTO, "PROTOBUF", imported)
    view, notes = asked(url, "srv.public.users", "orders", "plain", "proto", "nobody")
    assert notes == ()
    assert "after.id" in (view.fields(Dataset("kafka", "srv.public.users")) or ())
    assert view.key_fields(Dataset("kafka", "srv.public.users")) == ("id",)
    assert view.value_names("srv.public.users") == ("srv.public.users.Envelope",)
    assert view.fields(Dataset("kafka", "orders")) == ("to", "to.city")
    assert view.fields(Dataset("kafka", "plain")) == ("id",)
    assert {"id", "lines.sku", "addr.city"} <= set(view.fields(Dataset("kafka", "proto")) or ())
    assert view.fields(Dataset("kafka", "nobody")) is None


def test_a_subject_beyond_those_that_are_listed_is_found(url):
    """The registry's list of subjects ends in silence where its setting says; asked by name they are all there."""
    count = MOST_LISTED + 5
    for number in range(count):
        record = {"type": "record", "name": f"R{number}", "fields": [{"name": "x", "type": "int"}]}
        register(url, f"many{number}-value", record)
    with urllib.request.urlopen(f"{url}/subjects", timeout=30) as answer:
        assert len(json.load(answer)) == MOST_LISTED
    view, _ = asked(url, *(f"many{number}" for number in range(count)))
    assert all(view.fields(Dataset("kafka", f"many{number}")) == ("x",) for number in range(count))
