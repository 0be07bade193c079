"""Datasets and topics in Dagster's own graph, and columns in its own form."""

from __future__ import annotations

import pytest
import yaml
from dagster import AssetKey, DagsterInstance, TableColumnDep

from kc_lineage_dagster import build_definitions
from kc_lineage_dagster.defs.datasets import column_lineage, default_key, keys_of
from kc_lineage_dagster.defs.external import without_circles
from kc_lineage_dagster.emit.urns import Naming
from kc_lineage_dagster.lineage import Dataset, Edge, FieldEdge
from tests.defs.clusters import CONNECTORS, POSTGRES, SINK, run, save_cluster, write_recipe

TABLE, TOPIC, TARGET = (
    AssetKey(["postgres", "shop.public.users"]),
    AssetKey(["kafka", "pg.public.users"]),
    AssetKey(["postgres", "dw.landing.users"]),
)


def with_options(folder, name="shop", **options):
    path = folder / f"{name}.yml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), "options": options}))
    return path


@pytest.fixture
def instance(tmp_path, monkeypatch):
    monkeypatch.setenv("KC_LINEAGE_STATE", str(tmp_path / "state"))
    save_cluster(tmp_path, CONNECTORS)
    write_recipe(tmp_path)
    with DagsterInstance.ephemeral(tempdir=str(tmp_path)) as ephemeral:
        yield ephemeral


def parents(definitions):
    graph = definitions.resolve_asset_graph()
    return {key: graph.get(key).parent_keys for key in graph.external_asset_keys}


def test_off_unless_asked_for(tmp_path, instance):
    """Without the option there are no external assets, synced or not."""
    run(tmp_path, instance)
    assert parents(build_definitions(tmp_path / "shop.yml")) == {}


def test_table_to_topic_to_table(tmp_path, instance):
    """After a sync the asset graph shows where a topic comes from and goes to; before it, nothing."""
    path = with_options(tmp_path, external_assets={"enabled": True})
    assert parents(build_definitions(path)) == {}
    run(tmp_path, instance)
    found = parents(build_definitions(path))
    assert found[TOPIC] == {TABLE}
    assert found[TARGET] == {TOPIC}
    assert found[TABLE] == set()
    assert len(found) == 7


def test_what_people_see_of_them(tmp_path, instance):
    """Group, kind, description and the URN in DataHub."""
    run(tmp_path, instance)
    definitions = build_definitions(with_options(tmp_path, external_assets={"enabled": True}))
    spec = next(one for one in definitions.resolve_all_asset_specs() if one.key == TOPIC)
    assert spec.group_name == "shop_datasets"
    assert spec.kinds == {"kafka"}
    assert spec.metadata["urn"] == "urn:li:dataset:(urn:li:dataPlatform:kafka,pg.public.users,PROD)"


def test_keys_by_a_translator(tmp_path, instance):
    """A function names the assets, and may leave some out."""
    run(tmp_path, instance)
    path = with_options(tmp_path, external_assets={"enabled": True})

    def key(dataset: Dataset) -> AssetKey | None:
        return None if dataset.platform == "kafka" else AssetKey(["mine", *dataset.name.split(".")])

    assert set(parents(build_definitions(path, translator=key))) == {
        AssetKey(["mine", "shop", "public", "users"]),
        AssetKey(["mine", "shop", "public", "orders"]),
        AssetKey(["mine", "dw", "landing", "users"]),
    }


def test_bounded(tmp_path, instance):
    """No more assets than the limit, and every dependency leads to one of them."""
    run(tmp_path, instance)
    found = parents(build_definitions(with_options(tmp_path, external_assets={"enabled": True, "limit": 2})))
    assert len(found) == 2
    assert {parent for some in found.values() for parent in some} <= found.keys()


@pytest.mark.parametrize("text", ["[", "[1]", '[\n{"connector":"cdc"}\n]\n', '[\n{"of":"another"}\n]\n', "{}", "null"])
def test_damaged_state_does_not_stop_loading(tmp_path, instance, text):
    """A state that cannot be read costs the external assets, not the code location."""
    run(tmp_path, instance)
    (tmp_path / "state/shop/lineage.json").write_text(text)
    definitions = build_definitions(with_options(tmp_path, external_assets={"enabled": True}))
    assert definitions.resolve_job_def("sync_shop")
    assert parents(definitions) == {}


def test_clusters_share_a_topic(tmp_path, instance):
    """A topic that one cluster writes and another reads is one asset: the graph goes on across clusters."""
    folder = tmp_path / "recipes"
    for name, connectors in (("east", {"cdc": POSTGRES}), ("west", {"sink": SINK})):
        (folder / name).mkdir(parents=True)
        save_cluster(folder / name, connectors)
        write_recipe(folder / name, connect_uri=str(folder / name / "cluster.json"), cluster_name=name)
        path = with_options(folder / name, external_assets={"enabled": True})
        path.rename(folder / f"{name}.yml")
    both = build_definitions(folder)
    for name in ("east", "west"):
        assert both.resolve_job_def(f"sync_{name}").execute_in_process(instance=instance).success
    found = parents(build_definitions(folder))
    assert found[TOPIC] == {TABLE}
    assert found[TARGET] == {TOPIC}


def test_circles_are_opened():
    """Mirrors that face each other, and a table copied into itself, leave a graph that Dagster can hold."""
    a, b, c, d = (AssetKey(name) for name in "abcd")
    kept = without_circles({a: [b, a], b: [c], c: [a], d: [a, c]})
    assert kept == {a: [b], b: [c], c: [], d: [a, c]}


@pytest.mark.parametrize(
    ("dataset", "naming", "path"),
    [
        (Dataset("kafka", "t"), Naming(), ["kafka", "t"]),
        (Dataset("kafka", "t"), Naming(env="DEV"), ["dev", "kafka", "t"]),
        (Dataset("kafka", "T"), Naming(lowercase=True), ["kafka", "t"]),
        (Dataset("kafka", "t"), Naming(platform_instance_map={"kafka": "west"}), ["kafka", "west.t"]),
        (Dataset("kafka", "t", "far"), Naming(platform_instance_map={"kafka": "west"}), ["kafka", "far.t"]),
        (Dataset("kafka", "t \ud800"), Naming(), ["kafka", "t ?"]),
        (Dataset("s3", "lake/landing/users"), Naming(), ["s3", "lake", "landing", "users"]),
        (Dataset("file", "/data//in.txt"), Naming(), ["file", "_", "data", "_", "in.txt"]),
    ],
)
def test_default_keys(dataset, naming, path):
    """Platform, then the name as it stands in the URN; other environments than PROD apart."""
    assert keys_of(naming)("any", dataset) == AssetKey(path)


def test_columns_in_dagsters_form():
    """Columns that are known, with those they are made of; made and dropped ones have nothing to say."""
    fields = (FieldEdge(("first", "last"), "name"), FieldEdge(("ssn",), None), FieldEdge((), "at"))
    edge = Edge(Dataset("postgres", "users"), Dataset("kafka", "t"), fields)
    found = column_lineage("c", [edge], keys_of(Naming()), most=5)
    key = default_key(Dataset("postgres", "users"))
    assert found.deps_by_column == {"t.name": [TableColumnDep(key, "first"), TableColumnDep(key, "last")]}
    assert column_lineage("c", [Edge(edge.upstream, edge.downstream)], keys_of(Naming()), most=5) is None


def test_columns_are_bounded():
    """A KB of metadata costs on every event."""
    fields = tuple(FieldEdge((f"c{number}",), f"c{number}") for number in range(1_000))
    edge = Edge(Dataset("postgres", "users"), Dataset("kafka", "t"), fields)
    assert len(column_lineage("c", [edge], keys_of(Naming()), most=25).deps_by_column) == 25
