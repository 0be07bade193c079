"""Schemas of a registry: the paths of their fields are those that DataHub's own Kafka source leads to."""

from __future__ import annotations

import json

import pytest

from kc_lineage_dagster.catalog.field_paths import columns_of
from kc_lineage_dagster.catalog.registry_schemas import Subject, read_schema

VALUE = {
    "type": "record",
    "name": "Value",
    "fields": [
        {"name": "id", "type": {"type": "int", "connect.default": 0}},
        {"name": "name", "type": ["null", "string"]},
        {"name": "tags", "type": {"type": "array", "items": "string"}},
        {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}},
    ],
}
ENVELOPE = {
    "type": "record",
    "name": "Envelope",
    "namespace": "srv.public.users",
    "fields": [
        {"name": "before", "type": ["null", VALUE], "default": None},
        {"name": "after", "type": ["null", "Value"], "default": None},
        {
            "name": "source",
            "type": {
                "type": "record",
                "name": "Source",
                "namespace": "io.debezium.connector.postgresql",
                "fields": [{"name": "db", "type": "string"}],
            },
        },
        {"name": "op", "type": "string"},
    ],
}
ORDER = {
    "type": "record",
    "name": "Order",
    "namespace": "com.acme",
    "fields": [
        {
            "name": "addr",
            "type": ["null", {"type": "record", "name": "Addr", "fields": [{"name": "city", "type": "string"}]}],
        },
        {
            "name": "lines",
            "type": {
                "type": "array",
                "items": {"type": "record", "name": "Line", "fields": [{"name": "sku", "type": "string"}]},
            },
        },
        {"name": "attrs", "type": {"type": "map", "values": "int"}},
        {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["A"]}},
        {"name": "u", "type": ["string", "int"]},
    ],
}


def avro(schema) -> Subject:
    return read_schema("AVRO", json.dumps(schema), {})


def test_an_envelope_of_debezium():
    """Columns lie below ``before`` and ``after``; the record is named after its table."""
    found = avro(ENVELOPE)
    inside = ("id", "name", "tags", "price")
    assert found.name == "srv.public.users.Envelope"
    assert found.fields == (
        "before",
        *(f"before.{one}" for one in inside),
        "after",
        *(f"after.{one}" for one in inside),
        "source",
        "source.db",
        "op",
    )


@pytest.mark.parametrize("schema", [ENVELOPE, ORDER], ids=["envelope", "order"])
def test_avro_paths_are_those_of_datahub(schema):
    """As DataHub's own translator and the simple form of its paths give them."""
    from datahub.ingestion.extractor.schema_util import avro_schema_to_mce_fields

    paths = [one.fieldPath for one in avro_schema_to_mce_fields(json.dumps(schema))]
    assert set(avro(schema).fields or ()) == set(columns_of(paths)[0])


def test_avro_with_references():
    """A record of another subject is looked into."""
    address = json.dumps(
        {"type": "record", "name": "Addr", "namespace": "com.acme", "fields": [{"name": "city", "type": "string"}]}
    )
    order = {
        "type": "record",
        "name": "Order",
        "namespace": "com.acme",
        "fields": [{"name": "to", "type": "com.acme.Addr"}],
    }
    assert read_schema("AVRO", json.dumps(order), {"com.acme.Addr": address}).fields == ("to", "to.city")


def test_avro_that_is_no_record():
    """A primitive has no fields; a record that holds itself ends."""
    assert read_schema("AVRO", '"string"', {}) == Subject(None, ())
    node = {
        "type": "record",
        "name": "N",
        "fields": [{"name": "v", "type": "int"}, {"name": "next", "type": ["null", "N"]}],
    }
    assert avro(node) == Subject("N", ("v", "next"))


def test_json_schema_of_connect():
    """Nullable structures are one of two; dotted titles and array items add no step."""
    value = {"type": "object", "title": "srv.public.users.Value", "properties": {"id": {"type": "integer"}}}
    schema = {
        "type": "object",
        "title": "srv.public.users.Envelope",
        "properties": {
            "op": {"type": "string", "connect.index": 1},
            "after": {"connect.index": 0, "oneOf": [{"type": "null"}, value]},
            "lines": {
                "connect.index": 2,
                "type": "array",
                "items": {"$ref": "#/definitions/Line"},
            },
        },
        "definitions": {"Line": {"type": "object", "properties": {"sku": {"type": "string"}}}},
    }
    found = read_schema("JSON", json.dumps(schema), {})
    assert found == Subject("srv.public.users.Envelope", ("after", "after.id", "op", "lines", "lines.sku"))


def test_json_schema_with_references():
    """A reference names a schema of the registry; one that leads nowhere, or to itself, ends."""
    other = json.dumps({"definitions": {"A": {"properties": {"city": {}}}}})
    schema = {"properties": {"to": {"$ref": "addr.json#/definitions/A"}, "no": {"$ref": "x.json"}, "me": {"$ref": "#"}}}
    fields = read_schema("JSON", json.dumps(schema), {"addr.json": other}).fields or ()
    assert fields[:2] == ("to", "to.city")
    assert "me.me.to.city" in fields


PROTO = """
syntax = "proto3"; // a comment { with a brace
package com.acme;
import "addr.proto";
option java_package = "com.acme.x";
message Order {
  int64 id = 1 [deprecated = true];
  optional string name = 2;
  repeated Line lines = 3;
  map<string, int32> attrs = 4;
  oneof pay { string card = 5; Iban iban = 6; }
  enum Kind { A = 0; }
  message Line { string sku = 1; Order parent = 2; }
  com.acme.Addr addr = 8;
  reserved 9;
}
message Iban { string no = 1; }
"""


def test_protobuf():
    """The first message counts; nested types are found from the inside out, references by name."""
    addr = 'syntax = "proto3"; package com.acme; message Addr { string city = 1; }'
    found = read_schema("PROTOBUF", PROTO, {"addr.proto": addr})
    assert found.name == "com.acme.Order"
    assert found.fields == (
        "id",
        "name",
        "lines",
        "lines.sku",
        "lines.parent",
        "attrs",
        "card",
        "iban",
        "iban.no",
        "addr",
        "addr.city",
    )


@pytest.mark.parametrize("kind", ["AVRO", "JSON", "PROTOBUF", "THRIFT"])
@pytest.mark.parametrize(
    "text", ["", "{", "[" * 5000, "null", '{"type": "record"}', '{"type":"record","fields":[7]}', "message {"]
)
def test_what_cannot_be_read_has_no_known_fields(kind, text):
    """Odd texts give no fields, and never an exception."""
    assert not read_schema(kind, text, {}).fields
