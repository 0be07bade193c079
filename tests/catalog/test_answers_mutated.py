"""Catalogs that answer almost as they should: whatever stands where, the outcome is a note, never a crash."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from kc_lineage_dagster.catalog.holdings import Holdings
from kc_lineage_dagster.catalog.json_api import Access
from kc_lineage_dagster.catalog.kafka_rest import KafkaRest
from kc_lineage_dagster.catalog.metadata_files import read_metadata_files
from kc_lineage_dagster.catalog.questions import Questions
from kc_lineage_dagster.catalog.registry_schemas import read_schema
from kc_lineage_dagster.catalog.schema_registry import SchemaRegistries, access_for
from kc_lineage_dagster.catalog.stream_catalog import described_connectors
from tests.catalog.metadata import dataset_urn, schema_aspect
from tests.catalog.server import Server
from tests.catalog.test_datahub import provider
from tests.emit.gms import Answer, Gms
from tests.odd_json import ODDER, mutations
from tests.tries import Share, by_share

pytestmark = pytest.mark.usefixtures("no_collection")

TOPICS = "/kafka/v3/clusters/lkc-1/topics"
USERS = dataset_urn("postgres", "shop.public.users")
RECORD = {
    "type": "record",
    "name": "Row",
    "namespace": "shop",
    "fields": [
        {"name": "id", "type": ["null", {"type": "record", "name": "Id", "fields": [{"name": "x", "type": "int"}]}]},
        {"name": "all", "type": {"type": "array", "items": "shop.Id"}},
    ],
}
OBJECT = {
    "title": "Row",
    "properties": {"a": {"properties": {"b": {}}, "connect.index": 1}, "c": {"oneOf": [{"$ref": "#/definitions/d"}]}},
    "definitions": {"d": {"properties": {"e": {}}, "items": {"allOf": []}}},
}


def check(found: Holdings) -> None:
    """What derivation, state and people do with an answer."""
    view = found.seen_from("c", lambda *_: None)
    names = [*view.topics(), *found.notes]
    for platform, known in found.platforms.items():
        names += [*view.datasets(platform), *known.by_lower]
        for schema in known.names.values():
            names += [*(schema.fields or ()), *(schema.key_fields or ()), *schema.value_names]
    "\n".join(names).encode()
    assert not [note for note in found.notes if "\n" in note]


@pytest.fixture
def asked(share: Share) -> Iterator[Callable[[dict[str, Any], Callable[[str], None]], None]]:
    """Ask a server about the mutations of its answers; a question is its path, or all there is."""
    held: dict[str, Any] = {}

    def answer(question: str) -> tuple[int, Any]:
        path = unquote(question)
        known = held.get(path, held.get("*"))
        return (200, json.dumps(known)) if path in held or "*" in held else (404, {"error_code": 404})

    with Server(answer) as server:

        def ask(answers: dict[str, Any], question: Callable[[str], None]) -> None:
            for what, odd in share.of(mutations(answers)):
                held.clear()
                held.update(odd)
                try:
                    question(server.url)
                except Exception as error:
                    raise AssertionError(what) from error

        yield ask


@by_share
def test_a_list_of_topics(asked):
    """Kafka's REST API: topics that are none are a note."""
    page = {"metadata": {"next": None}, "data": [{"topic_name": "a", "is_internal": False}, {"topic_name": "b"}]}
    answers = {"/kafka/v3/clusters": {"data": [{"cluster_id": "lkc-1"}]}, TOPICS: page}
    asked(answers, lambda url: check(KafkaRest(Access(url)).answer(Questions(list_topics=True))))


@by_share
def test_a_registry(asked):
    """A schema registry: subjects and references that are none are not known."""
    reference = {"subject": "other", "name": "other.avsc", "version": 1}
    answers = {
        "/subjects/t-value/versions/latest": {"schema": json.dumps(RECORD), "references": [reference]},
        "/subjects/other/versions/1": {"schema": json.dumps(RECORD), "schemaType": "AVRO"},
    }
    converter = {"value.converter": "io.confluent.connect.avro.AvroConverter"}

    def ask(url: str) -> None:
        registry = SchemaRegistries({"c": converter}, access_for(None), url, lambda _, topic: topic)
        check(registry.answer(Questions(topics=frozenset({("c", "t")}))))

    asked(answers, ask)


@by_share
def test_a_stream_catalog(asked):
    """Confluent's Stream Catalog: rows that are none say nothing."""
    row = {"name": "c", "tags": ["PII"], "business_metadata": [{"name": "o", "value": 1}], "topics": [{"name": "t"}]}

    def ask(url: str) -> None:
        found, notes = described_connectors(Access(url))
        parts = [(name, *one.topics, *one.tags, *one.properties.items()) for name, one in found.items()]
        assert json.dumps([parts, notes], ensure_ascii=False).encode()

    asked({"*": {"data": {"cn_connector": [row]}}}, ask)


@by_share
def test_datahub(share):
    """DataHub's pages and entities: what its client cannot read is a note that names the dataset."""
    entity = {
        "urn": USERS,
        "schemaMetadata": {"fields": [{"fieldPath": "id"}]},
        "subTypes": {"typeNames": ["View"]},
        "viewProperties": None,
    }
    page = {"data": {"scrollAcrossEntities": {"nextScrollId": None, "searchResults": [{"entity": entity}]}}}
    aspects = {"schemaMetadata": schema_aspect(["id"]).to_obj(), "subTypes": {"typeNames": ["View"]}}
    batch = [{"urn": USERS, **{name: {"value": aspect} for name, aspect in aspects.items()}}]
    with Gms() as gms:
        held: dict[str, Any] = {}
        gms.fault = lambda request: next(
            (Answer(200, json.dumps(one)) for name, one in held.items() if name in request.path), None
        )
        for what, odd in share.of(mutations({"graphql": page, "batchGet": batch})):
            held.update(odd)
            for question in (Questions(frozenset({"postgres"})), Questions(datasets=frozenset({("postgres", "a.b")}))):
                try:
                    check(provider(gms).answer(question))
                except Exception as error:
                    raise AssertionError(what) from error


def test_one_dataset_that_the_client_cannot_read_leaves_the_others():
    """An aspect that DataHub's client refuses costs that dataset alone, and is told by its name."""
    with Gms() as gms:
        for number in range(5):
            urn = dataset_urn("postgres", f"t{number}")
            gms.aspects[urn, "schemaMetadata"] = schema_aspect(["id"]).to_obj()
        gms.aspects[urn, "schemaMetadata"]["fields"][0]["type"]["type"] = "text"
        wanted = frozenset(("postgres", f"t{number}") for number in range(5))
        found = provider(gms).answer(Questions(datasets=wanted))
    assert set(found.platforms["postgres"].names) == {"t0", "t1", "t2", "t3"}
    assert [note.rpartition(": ")[2] for note in found.notes] == ["t4"]


@pytest.mark.parametrize(("kind", "schema"), [("AVRO", RECORD), ("JSON", OBJECT)])
def test_schemas(kind, schema):
    """The text of a schema: what it is worth is read."""
    for what, odd in mutations({kind: schema}, ODDER):
        found = read_schema(kind, json.dumps(odd[kind]), {"other": json.dumps(odd[kind])})
        assert "".join((*(found.fields or ()), found.name or "")).encode() is not None, what


@by_share
def test_metadata_files(tmp_path: Path, share: Share):
    """Files of DataHub's file sink: records that are none are counted."""
    file = tmp_path / "datasets.json"
    aspect = {"json": schema_aspect(["id"]).to_obj()}
    record = {"entityType": "dataset", "entityUrn": USERS, "aspectName": "schemaMetadata", "aspect": aspect}
    for _, odd in share.of(mutations({"records": [record]}, ODDER)):
        file.write_text(json.dumps(odd["records"]), encoding="utf-8")
        check(read_metadata_files([file], "PROD"))
