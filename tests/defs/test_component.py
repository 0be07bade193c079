"""The component: a folder with a `defs.yaml` whose attributes are the recipe. The YAML is that of docs/embedding.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from dagster import AssetKey, DagsterInstance
from dagster.components.testing import create_defs_folder_sandbox

from kc_lineage_dagster import KafkaConnectLineageComponent
from kc_lineage_dagster.defs.translator import DatasetProps
from kc_lineage_dagster.lineage import Dataset
from tests.defs.clusters import CONNECTORS, execute, save_cluster

pytestmark = pytest.mark.filterwarnings(  # Dagster's own loading of components
    "ignore::dagster.BetaWarning", "ignore::pydantic.warnings.PydanticDeprecatedSince20"
)

EMBEDDING = Path(__file__).resolve().parents[2] / "docs/embedding.md"


def documented(kind: str) -> list[str]:
    """The code blocks of docs/embedding.md in one language."""
    return re.findall(rf"```{kind}\n(.*?)```", EMBEDDING.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def instance(tmp_path, monkeypatch):
    monkeypatch.setenv("KC_LINEAGE_STATE", str(tmp_path / "state"))
    with DagsterInstance.ephemeral(tempdir=str(tmp_path)) as ephemeral:
        yield ephemeral


@pytest.fixture
def sandbox():
    with create_defs_folder_sandbox() as folder:
        yield folder


def place(sandbox, name, **changes):
    """The documented component in a folder of its own, over a saved cluster and into a file."""
    body = yaml.safe_load(documented("yaml")[0])
    attributes = body["attributes"]
    attributes["source"]["config"]["connect_uri"] = "cluster.json"
    attributes["sink"] = {"type": "file", "config": {"filename": "out.json"}}
    attributes.update(changes)
    folder = sandbox.defs_folder_path / name
    folder.mkdir(parents=True)
    save_cluster(folder, CONNECTORS)
    (folder / "defs.yaml").write_text(yaml.safe_dump(body))
    return folder


def test_the_documented_component_syncs(sandbox, instance, monkeypatch):
    """Assets, job, sensor and schedules come from one YAML file; paths are relative to it."""
    monkeypatch.setenv("CONNECT_USER", "me")
    monkeypatch.setenv("CONNECT_PASSWORD", "s3cr3t")
    folder = place(sandbox, "payments")
    with sandbox.build_all_defs() as definitions:
        assert execute(definitions, instance, "sync_payments").success
        assert definitions.resolve_sensor_def("payments_connector_changes")
        assert definitions.resolve_schedule_def("payments_sync")
    assert (folder / "out.json").exists()


def test_several_components_in_one_project(sandbox, instance):
    """Each cluster is a component; external assets of one do not clash with those of another."""
    for name in ("east", "west"):
        source = {"type": "kafka-connect", "config": {"cluster_name": name, "connect_uri": "cluster.json"}}
        place(sandbox, name, source=source, options={"external_assets": {"enabled": True}})
    for _ in ("before the first sync", "after it"):
        with sandbox.build_all_defs() as definitions:
            for name in ("east", "west"):
                assert execute(definitions, instance, f"sync_{name}").success
            keys = definitions.resolve_asset_graph().get_all_asset_keys()
    assert AssetKey(["east", "kafka", "pg.public.users"]) in keys
    assert AssetKey(["west", "kafka", "pg.public.users"]) in keys


def test_without_cluster_name_the_folder_names_it(sandbox):
    """The component's folder is its name where the recipe gives none."""
    place(sandbox, "crm", source={"type": "kafka-connect", "config": {"connect_uri": "cluster.json"}})
    with sandbox.build_all_defs() as definitions:
        assert definitions.resolve_job_def("sync_crm")


def test_a_wrong_recipe_is_a_job_that_says_so(sandbox, instance):
    """A mistake in one component does not take the project's other definitions along."""
    place(sandbox, "crm", source={"type": "kafka-connect", "config": {"conect_uri": "x"}})
    with sandbox.build_all_defs() as definitions:
        result = execute(definitions, instance, "sync_crm")
    assert not result.success
    assert "did you mean connect_uri" in str([event.event_specific_data for event in result.all_events])


def test_specs_by_subclass():
    """A subclass decides how assets look, as its project does; keys of datasets begin with the cluster's name."""

    class Ours(KafkaConnectLineageComponent):
        def get_asset_spec(self, props):
            return super().get_asset_spec(props).replace_attributes(owners=["team:bi"])

    spec = Ours(source={}).get_asset_spec(DatasetProps("a", Dataset("kafka", "t")))
    assert (spec.key, spec.owners) == (AssetKey(["a", "kafka", "t"]), ["team:bi"])


def test_the_schema_describes_the_fields():
    """`dg` completes and explains the YAML's fields."""
    schema = KafkaConnectLineageComponent.get_model_cls().model_json_schema()
    assert {"source", "sink", "pipeline_name", "options"} <= schema["properties"].keys()
    assert all("description" in schema["properties"][name] for name in ("source", "sink", "pipeline_name", "options"))


def test_the_documented_python_loads(tmp_path, monkeypatch):
    """Every Python example of docs/embedding.md runs as it stands."""
    recipes = tmp_path / "recipes"
    recipes.mkdir()
    save_cluster(recipes, CONNECTORS)
    for name in ("payments", "crm"):
        config = {"connect_uri": "cluster.json", "cluster_name": name, "platform_instance": name}
        recipe = {"source": {"type": "kafka-connect", "config": config}, "sink": {"type": "console"}}
        (recipes / f"{name}.yml").write_text(yaml.safe_dump(recipe))
    monkeypatch.chdir(tmp_path)
    for code in documented("python"):
        space: dict = {"__name__": "example", "__file__": str(tmp_path / "definitions.py")}
        exec(compile(code, "docs/embedding.md", "exec", dont_inherit=True), space)
        if "defs" in space:
            assert space["defs"].resolve_job_def("sync_payments")
