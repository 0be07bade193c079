"""Datasets and topics in Dagster's own graph, and columns in its own form."""

from __future__ import annotations

from urllib.parse import quote

import pytest
import yaml
from dagster import AssetKey, TableColumnDep

from kc_lineage_dagster import build_definitions
from kc_lineage_dagster.defs.external import column_metadata, without_circles
from kc_lineage_dagster.defs.translator import ASSETS, DatasetProps, KafkaConnectLineageTranslator, default_key
from kc_lineage_dagster.lineage import Dataset, FieldEdge
from tests.defs.clusters import CONNECTORS, POSTGRES, SINK, execute, run, save_cluster, write_recipe

TABLE, TOPIC, TARGET = (
    AssetKey(["postgres", "shop.public.users"]),
    AssetKey(["kafka", "pg.public.users"]),
    AssetKey(["postgres", "dw.landing.users"]),
)


def with_options(folder, name="shop", **options):
    path = folder / f"{name}.yml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), "options": options}))
    return path


def parents(definitions):
    graph = definitions.resolve_asset_graph()
    return {key: graph.get(key).parent_keys for key in graph.external_asset_keys}


@pytest.mark.slow
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


def specs(folder, **options):
    """The specs of the external assets, by key."""
    definitions = build_definitions(with_options(folder, external_assets={"enabled": True}, **options))
    return {one.key: one for one in definitions.resolve_all_asset_specs() if one.group_name == "shop_datasets"}


@pytest.mark.slow
def test_what_people_see_of_them(tmp_path, instance):
    """Group, kind, where it is, its URN and page in DataHub, and the connectors that write and read it."""
    run(tmp_path, instance)
    spec = specs(tmp_path, frontend_url="https://datahub.example.com/")[TOPIC]
    assert spec.kinds == {"kafka"}
    urn = "urn:li:dataset:(urn:li:dataPlatform:kafka,pg.public.users,PROD)"
    shown = {"urn": urn, "dagster/table_name": "pg.public.users", "dagster/uri": "kafka://pg.public.users"}
    assert spec.metadata.items() >= {**shown, "written_by": "cdc", "read_by": "dw/sink"}.items()
    assert spec.metadata["datahub"].url == f"https://datahub.example.com/dataset/{quote(urn, safe='')}"
    assert "Written by `cdc`. Read by `dw/sink`." in spec.description


@pytest.mark.slow
def test_columns_of_a_dataset(tmp_path, instance):
    """A target whose columns are known shows them, and the columns of the topic that they are made of."""
    renamed = {"transforms": "r", "transforms.r.type": "org.apache.kafka.connect.transforms.ReplaceField$Value"}
    save_cluster(tmp_path, {**CONNECTORS, "dw/sink": {**SINK, **renamed, "transforms.r.renames": "id:user_id"}})
    run(tmp_path, instance)
    metadata = specs(tmp_path)[TARGET].metadata
    assert [column.name for column in metadata["dagster/column_schema"].columns] == ["user_id"]
    assert metadata["dagster/column_lineage"].deps_by_column["user_id"] == [TableColumnDep(TOPIC, "id")]


class Ours(KafkaConnectLineageTranslator):
    """A translator as a project would write it."""

    def get_asset_spec(self, props):
        spec = super().get_asset_spec(props)
        if not isinstance(props, DatasetProps):
            key = ["bi", *spec.key.path]
            return spec.replace_attributes(key=key, owners=["team:bi"], tags={"tier": "1"}, group_name="ours")
        if props.dataset.platform == "kafka":
            return None
        return spec.replace_attributes(key=["mine", *props.dataset.name.split(".")])


@pytest.mark.slow
def test_keys_by_a_translator(tmp_path, instance):
    """A translator names the datasets, and may leave some out."""
    run(tmp_path, instance)
    path = with_options(tmp_path, external_assets={"enabled": True})
    assert set(parents(build_definitions(path, translator=Ours()))) == {
        AssetKey(["mine", "shop", "public", "users"]),
        AssetKey(["mine", "shop", "public", "orders"]),
        AssetKey(["mine", "dw", "landing", "users"]),
    }


@pytest.mark.slow
def test_a_translator_decides_how_the_four_assets_look(tmp_path, instance):
    """Key, owners, tags and group are the translator's; job, checks and events follow the keys."""
    definitions = build_definitions(tmp_path / "shop.yml", translator=Ours())
    result = execute(definitions, instance)
    assert result.success
    found = {one.key.path[-1]: one for one in definitions.resolve_all_asset_specs()}
    assert set(found) == set(ASSETS)
    assert {tuple(one.owners) for one in found.values()} == {("team:bi",)}
    assert {one.tags["tier"] for one in found.values()} == {"1"}
    assert {one.group_name for one in found.values()} == {"ours"}
    assert len(instance.get_materialized_partitions(AssetKey(["bi", "shop", "connector_lineage"]))) == len(CONNECTORS)
    assert {one.asset_key.path[0] for one in result.get_asset_check_evaluations()} == {"bi"}


@pytest.mark.slow
def test_bounded(tmp_path, instance):
    """No more assets than the limit, and every dependency leads to one of them."""
    run(tmp_path, instance)
    found = parents(build_definitions(with_options(tmp_path, external_assets={"enabled": True, "limit": 2})))
    assert len(found) == 2
    assert {parent for some in found.values() for parent in some} <= found.keys()


@pytest.mark.slow
@pytest.mark.parametrize("text", ["", "[", "SQLite format 3\0 and no more of it"])
def test_damaged_state_does_not_stop_loading(tmp_path, instance, text):
    """A state that cannot be read costs the external assets, not the code location."""
    run(tmp_path, instance)
    for path in (tmp_path / "state").glob("state.sqlite*"):
        path.unlink()
    (tmp_path / "state/state.sqlite").write_text(text)
    definitions = build_definitions(with_options(tmp_path, external_assets={"enabled": True}))
    assert definitions.resolve_job_def("sync_shop")
    assert parents(definitions) == {}


@pytest.mark.slow
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
    ("props", "path"),
    [
        (DatasetProps("c", Dataset("kafka", "t")), ["kafka", "t"]),
        (DatasetProps("c", Dataset("kafka", "t"), env="DEV"), ["dev", "kafka", "t"]),
        (DatasetProps("c", Dataset("kafka", "T"), lowercase=True), ["kafka", "t"]),
        (DatasetProps("c", Dataset("kafka", "t", "west")), ["kafka", "west.t"]),
        (DatasetProps("c", Dataset("kafka", "t \ud800")), ["kafka", "t ?"]),
        (DatasetProps("c", Dataset("s3", "lake/landing/users")), ["s3", "lake", "landing", "users"]),
        (DatasetProps("c", Dataset("file", "/data//in.txt")), ["file", "_", "data", "_", "in.txt"]),
    ],
)
def test_default_keys(props, path):
    """Platform, then the name as it stands in the URN; other environments than PROD apart."""
    assert default_key(props) == AssetKey(path)


@pytest.mark.slow
def test_instances_are_those_of_the_urns(tmp_path, instance):
    """A topic's key carries the platform instance that its URN has."""
    write_recipe(tmp_path, platform_instance_map={"kafka": "west"})
    run(tmp_path, instance)
    assert AssetKey(["kafka", "west.pg.public.users"]) in specs(tmp_path)


def test_columns_in_dagsters_form():
    """Columns that are known, with those they are made of; a made one has none, and a dropped one is none."""
    key = AssetKey(["postgres", "users"])
    fields = (FieldEdge(("first", "last"), "name"), FieldEdge(("ssn",), None), FieldEdge((), "at"))
    found = column_metadata({"urn:users": fields}, {"urn:users": key})
    deps = {"name": [TableColumnDep(key, "first"), TableColumnDep(key, "last")], "at": []}
    assert found["dagster/column_lineage"].deps_by_column == deps
    assert column_metadata({"urn:users": ()}, {"urn:users": key}) == {}
    made = (FieldEdge((), "ts_ms"),)  # what the connector adds is not all there is
    assert column_metadata({"urn:users": made}, {"urn:users": key}) == {}


def test_columns_are_bounded():
    """The number of columns in a definition is bounded, because every process loads it."""
    fields = tuple(FieldEdge((f"c{number}",), f"c{number}") for number in range(1_000))
    found = column_metadata({"urn:users": fields}, {"urn:users": AssetKey("users")})
    assert len(found["dagster/column_schema"].columns) == 200
