"""Metadata files: what DataHub's file sink writes is found, and what is odd costs a note, never a failure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kc_lineage_dagster.catalog.field_paths import columns_of, simple_path
from kc_lineage_dagster.catalog.metadata_files import read_metadata_files
from kc_lineage_dagster.lineage import Dataset
from tests.catalog import metadata

USERS = Dataset("postgres", "shop.public.users")


def view(paths, env="PROD", instance=None):
    return read_metadata_files(paths, env).seen_from("c", lambda connector, dataset: instance)


@pytest.mark.parametrize(
    ("path", "simple"),
    [
        ("id", "id"),
        ("address.city", "address.city"),
        ("[version=2.0].[type=Order].[type=long].id", "id"),
        ("[version=2.0].[type=Order].[type=Addr].addr.[type=string].city", "addr.city"),
        ("[version=2.0].[type=Order].[type=array].[type=Line].lines.[type=string].sku", "lines.sku"),
        ("[version=2.0].[type=Order].[type=map].[type=int].attrs", "attrs"),
        ("[version=2.0].[type=Envelope].[type=Value].after.[type=int].id", "after.id"),
        ("[version=2.0].[key=True].[type=Key].[type=int].id", "id"),
        ("[version=2.0].[key=True].[type=string]", ""),
        (
            "[version=2.0].[type=srv.public.users.Envelope].[type=union].[type=srv.public.users.Value].after."
            "[type=integer].id",
            "after.id",
        ),
        ("[version=2.0].[type=struct].[type=struct].MyCol.[type=string].c", "MyCol.c"),
        ("[version=2.0].[type=com_acme_Order].[type=long].id", "id"),
    ],
)
def test_types_leave_a_path(path, simple):
    """Of a path of version 2 only the names stay, also where a type has dots in its name."""
    assert simple_path(path) == simple


def test_key_and_value_are_told_apart():
    """Fields of the key stand in the same schema; those of a union stand there once for each of its types."""
    paths = [
        "[version=2.0].[key=True].[type=Key].[type=int].id",
        "[version=2.0].[type=Value].[type=int].id",
        "[version=2.0].[type=Value].[type=union].u",
        "[version=2.0].[type=Value].[type=union].[type=string].u",
    ]
    assert columns_of(paths) == (("id", "u"), ("id",))


def test_a_file_of_datahubs_file_sink_is_read(tmp_path):
    """Datasets of every platform with their columns, sorted; without a schema they exist all the same."""
    tables = {("postgres", "shop.public.users"): ["id", "name"], ("postgres", "shop.a"): None, ("kafka", "t"): ["x"]}
    catalog = view([metadata.write(tmp_path / "all.json", tables)])
    assert list(catalog.datasets("postgres")) == ["shop.a", "shop.public.users"]
    assert list(catalog.datasets("oracle")) == []
    assert catalog.fields(USERS) == ("id", "name")
    assert catalog.fields(Dataset("postgres", "shop.a")) is None
    assert catalog.fields(Dataset("postgres", "SHOP.public.Users")) == ("id", "name")
    assert catalog.key_fields(Dataset("kafka", "t")) is None


def test_instance_and_environment_choose(tmp_path):
    """Only datasets of the recipe's environment count, and of the platform instance that it gives to the connector."""
    one = metadata.write(tmp_path / "1.json", {("postgres", "eu.shop.public.users"): ["id"]})
    metadata.write(tmp_path / "2.json", {("postgres", "eu.shop.public.other"): ["id"]}, env="DEV")
    eu, no_instance = view([tmp_path], instance="eu"), view([one])
    assert list(eu.datasets("postgres")) == ["shop.public.users"]
    assert eu.fields(USERS) == ("id",)
    assert no_instance.fields(USERS) is None
    assert list(view([tmp_path], env="DEV", instance="eu").datasets("postgres")) == ["shop.public.other"]
    assert list(view([one], instance="us").datasets("postgres")) == []


def test_the_last_record_wins(tmp_path):
    """As in DataHub: later files and records replace earlier ones, and a removed dataset is none."""
    urn = metadata.dataset_urn("postgres", "shop.public.users")
    early, late = metadata.records(urn, ["id"]), metadata.records(urn, ["id", "mail"])
    path = tmp_path / "f.json"
    path.write_text(json.dumps([*early, *late]))
    assert view([path]).fields(USERS) == ("id", "mail")
    path.write_text(json.dumps([*early, *metadata.records(urn, None, removed=True)]))
    assert view([path]).fields(USERS) is None
    assert list(view([path]).datasets("postgres")) == []


def test_other_forms_of_the_same(tmp_path):
    """``aspect.value`` as text, one object a line and the old ``proposedSnapshot`` are read too."""
    urn = metadata.dataset_urn("postgres", "shop.public.users")
    schema = metadata.schema_aspect(["id"])
    as_text = {
        "entityType": "dataset",
        "entityUrn": urn,
        "aspectName": "schemaMetadata",
        "aspect": {"value": json.dumps(schema.to_obj()), "contentType": "application/json"},
    }
    snapshot = {
        "proposedSnapshot": {
            "com.linkedin.pegasus2avro.metadata.snapshot.DatasetSnapshot": {
                "urn": metadata.dataset_urn("kafka", "t"),
                "aspects": [{"com.linkedin.pegasus2avro.schema.SchemaMetadata": schema.to_obj()}],
            }
        }
    }
    path = tmp_path / "lines.json"
    path.write_text(f"{json.dumps(as_text)}\n{json.dumps(snapshot)}\n")
    catalog = view([path])
    assert catalog.fields(USERS) == ("id",)
    assert catalog.fields(Dataset("kafka", "t")) == ("id",)


def test_a_line_ends_where_json_cannot_go_on(tmp_path):
    """U+2028, at which Python ends a line too, is a character of a name like any other."""
    records = [
        one for name in ("a\u2028b", "c") for one in metadata.records(metadata.dataset_urn("postgres", name), ["id"])
    ]
    path = tmp_path / "lines.json"
    path.write_text("\r\n".join(json.dumps(one, ensure_ascii=False) for one in records), encoding="utf-8")
    assert list(view([path]).datasets("postgres")) == ["a\u2028b", "c"]


@pytest.mark.parametrize("text", ["", "[{]", "{", '"a"', "not json", "\xff\x00"])
def test_what_cannot_be_read_is_a_note(tmp_path, text):
    """A file that is broken, empty or something else costs one note; the other files count."""
    good = metadata.write(tmp_path / "good.json", {("kafka", "t"): ["x"]})
    bad = tmp_path / "bad.json"
    bad.write_bytes(text.encode("latin-1"))
    found = read_metadata_files([bad, good, tmp_path / "absent.json"], "PROD")
    assert [note.split(": ")[1] for note in found.notes] == ["bad.json", "absent.json"]
    assert "kafka" in found.platforms


def test_odd_records_are_counted(tmp_path):
    """Records that say nothing are skipped and counted; records about other entities, and patches, are not odd."""
    urn = metadata.dataset_urn("postgres", "shop.public.users")
    odd = [
        7,
        None,
        {},
        {"entityUrn": 5, "aspectName": "status"},
        {"entityUrn": urn, "aspectName": "status", "aspect": {"json": 3}},
    ]
    fine = [
        {
            "entityType": "dataset",
            "entityUrn": urn,
            "changeType": "PATCH",
            "aspectName": "schemaMetadata",
            "aspect": {"value": "[]"},
        },
        {"entityType": "tag", "entityUrn": "urn:li:tag:x", "aspectName": "tagKey", "aspect": {"json": {}}},
    ]
    path = tmp_path / "odd.json"
    path.write_text(json.dumps([*metadata.records(urn, ["id"]), *fine, *odd]))
    found = read_metadata_files([path], "PROD")
    assert found.notes == ("options.catalog: odd.json: 5 of 9 records are not DataHub's: skipped",)
    assert found.seen_from("c", lambda *_: None).fields(USERS) == ("id",)


def test_the_recorded_cluster_is_a_catalog(tmp_path):
    """The tables of the recorded cluster, written as DataHub would, come back as they are."""
    world = json.loads((Path(__file__).parents[1] / "data" / "lab" / "world.json").read_text())
    catalog = view([metadata.write(tmp_path / "lab.json", metadata.lab_tables(world))])
    assert "shop.Mixed-Case.Kunden_Größe" in catalog.datasets("postgres")
    for (platform, name), columns in metadata.lab_tables(world).items():
        assert catalog.fields(Dataset(platform, name)) == tuple(columns)
