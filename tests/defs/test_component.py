"""The component: a folder with a `defs.yaml` whose attributes are the recipe. The YAML is that of docs/embedding.md."""

from __future__ import annotations

import json
import re
import shutil
from importlib.metadata import entry_points
from pathlib import Path

import jsonschema
import pytest
import yaml
from dagster import AssetKey, ComponentTree, DagsterInstance, ScaffoldRequest
from dagster.components.testing import create_defs_folder_sandbox

from kc_lineage_dagster import KafkaConnectLineageComponent
from kc_lineage_dagster.defs.scaffold import KafkaConnectLineageScaffolder
from kc_lineage_dagster.defs.translator import DatasetProps
from kc_lineage_dagster.lineage import Dataset
from tests.defs.clusters import CONNECTORS, execute, save_cluster
from tests.tries import quick_if

pytestmark = pytest.mark.filterwarnings(  # Dagster's own loading of components
    "ignore::dagster.BetaWarning", "ignore::pydantic.warnings.PydanticDeprecatedSince20"
)

EMBEDDING = Path(__file__).resolve().parents[2] / "docs/embedding.md"


def documented(kind: str) -> list[str]:
    """The code blocks of docs/embedding.md in one language."""
    return re.findall(rf"```{kind}\n(.*?)```", EMBEDDING.read_text(encoding="utf-8"), re.DOTALL)


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
    body["attributes"] = {name: value for name, value in attributes.items() if value is not None}
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_without_cluster_name_the_folder_names_it(sandbox):
    """The component's folder is its name where the recipe gives none."""
    place(sandbox, "crm", source={"type": "kafka-connect", "config": {"connect_uri": "cluster.json"}})
    with sandbox.build_all_defs() as definitions:
        assert definitions.resolve_job_def("sync_crm")


@pytest.mark.slow
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


MISTAKES = {
    "source missing": ({"source": None}, "source: Field required"),
    "an unknown key": ({"sinc": {"type": "file"}}, "sinc: unknown field; did you mean sink?"),
    "an unknown field": (
        {"options": {"sensor_enable": True}},
        "sensor_enable: unknown field; did you mean sensor_enabled?",
    ),
    "a wrong type": ({"source": "kafka-connect"}, "source: "),
    "options that are a list": ({"options": ["sensor_enabled"]}, "options: "),
    "a variable that is not set": (
        {"sink": {"type": "datahub-rest", "config": {"token": "{{ env.NOT_SET_ANYWHERE }}"}}},
        "sink: the environment variable NOT_SET_ANYWHERE is not set",
    ),
    "the other form of it": ({"pipeline_name": "{{ env('NOT_SET_EITHER') }}"}, "NOT_SET_EITHER"),
    "a template that is none": ({"pipeline_name": "{{ nonsense.x }}"}, "nonsense"),
    "a template that does not end": ({"pipeline_name": "{{ env("}, "pipeline_name: "),
    "an unknown key of translation": ({"translation": {"owner": ["team:bi"]}}, "translation: owner: "),
    "an owner that is none": ({"translation": {"owners": ["nobody at all"]}}, "nobody at all"),
    "a translation template": ({"translation": {"group_name": "{{ props.nothing }}"}}, "nothing"),
    "a state that is none": ({"defs_state": {"management_type": "ELSEWHERE"}}, "defs_state: management_type: "),
}


@pytest.fixture(scope="module")
def mistaken():
    """A project with a component for every mistake and a good one: where each is, its definitions, an instance."""
    good = {"type": "kafka-connect", "config": {"connect_uri": "cluster.json"}}
    with create_defs_folder_sandbox() as sandbox:
        place(sandbox, "payments", source=good)
        folders = {
            mistake: place(sandbox, f"m{at}", **{"source": good, **changes})
            for at, (mistake, (changes, _)) in enumerate(MISTAKES.items())
        }
        with sandbox.build_all_defs() as definitions, DagsterInstance.ephemeral() as instance:
            yield folders, definitions, instance


@pytest.mark.parametrize("mistake", quick_if(MISTAKES, {"source missing", "a variable that is not set"}))
def test_a_mistake_is_a_job_that_says_so(mistaken, monkeypatch, tmp_path, mistake):
    """Whatever is wrong in one component's YAML: its job names the real file and the mistake, all others load."""
    monkeypatch.setenv("KC_LINEAGE_STATE", str(tmp_path / "state"))
    folders, definitions, instance = mistaken
    folder, (_, says) = folders[mistake], MISTAKES[mistake]
    result = execute(definitions, instance, f"sync_{folder.name}")
    assert definitions.resolve_job_def("sync_payments")
    assert definitions.resolve_sensor_def(f"{folder.name}_connector_changes")
    assert not result.success
    (told,) = {
        event.step_failure_data.user_failure_data.description for event in result.all_events if event.is_step_failure
    }
    assert says in told
    assert str(folder / "defs.yaml") in told
    assert "\n" not in told


@pytest.mark.slow
def test_no_attributes_at_all_are_a_job_that_says_so(sandbox, instance):
    """A component with `attributes: {}`, or without attributes, loads, and its job says what is missing."""
    for name, text in (("empty", "attributes: {}\n"), ("none", "")):
        folder = sandbox.defs_folder_path / name
        folder.mkdir(parents=True)
        (folder / "defs.yaml").write_text(f"type: kc_lineage_dagster.KafkaConnectLineageComponent\n{text}")
    with sandbox.build_all_defs() as definitions:
        for name in ("empty", "none"):
            result = execute(definitions, instance, f"sync_{name}")
            assert "source: Field required" in str([event.event_specific_data for event in result.all_events])


@pytest.mark.slow
def test_two_components_of_one_name(sandbox, instance):
    """The first one works; the second one's job names both files and the field that would tell them apart."""
    source = {"type": "kafka-connect", "config": {"cluster_name": "payments", "connect_uri": "cluster.json"}}
    first, second = (place(sandbox, name, source=source) for name in ("east", "west"))
    for _ in ("once", "loaded again"):
        with sandbox.build_all_defs() as definitions:
            assert execute(definitions, instance, "sync_payments").success
            result = execute(definitions, instance, "sync_payments_2")
        said = str([event.event_specific_data for event in result.all_events])
        assert all(str(folder / "defs.yaml") in said for folder in (first, second))
        assert "cluster_name" in said


@pytest.mark.slow
def test_translation_in_yaml(sandbox):
    """Owners, tags and groups as in Dagster's own components, also by template."""
    good = {"type": "kafka-connect", "config": {"connect_uri": "cluster.json"}}
    translation = {"owners": ["team:bi"], "tags": {"cluster": "{{ props.cluster }}"}, "group_name": "ours"}
    place(sandbox, "crm", source=good, translation=translation)
    with sandbox.build_all_defs() as definitions:
        specs = list(definitions.resolve_all_asset_specs())
    assert len(specs) == 4
    assert {(tuple(one.owners), one.tags["cluster"], one.group_name) for one in specs} == {
        (("team:bi",), "crm", "ours")
    }


@pytest.mark.slow
def test_the_asset_graph_is_kept_as_state(sandbox, instance, tmp_path):
    """What the last sync found is written for images that are built apart, and read from there."""
    source = {"type": "kafka-connect", "config": {"connect_uri": "cluster.json", "cluster_name": "crm"}}
    place(sandbox, "crm", source=source, options={"external_assets": {"enabled": True}})
    with sandbox.build_all_defs() as definitions:
        assert execute(definitions, instance, "sync_crm").success
    with sandbox.load_component_and_build_defs(sandbox.defs_folder_path / "crm") as (component, _):
        component.write_state_to_path(tmp_path / "kept")
    shutil.rmtree(tmp_path / "state")
    with sandbox.build_all_defs() as definitions:
        assert graph_of(definitions) == 4
    context = ComponentTree.for_test().load_context
    kept = component.build_defs_from_state(context, tmp_path / "kept")
    assert AssetKey(["crm", "kafka", "pg.public.users"]) in {one.key for one in kept.resolve_all_asset_specs()}


def graph_of(definitions):
    return len(list(definitions.resolve_all_asset_specs()))


def test_a_state_that_cannot_be_written_keeps_the_old_one(sandbox, tmp_path, monkeypatch):
    """When the last sync cannot be read, the graph stays as it was."""
    monkeypatch.setenv("KC_LINEAGE_STATE", str(tmp_path / "state"))
    (tmp_path / "state").mkdir()
    (tmp_path / "state/state.sqlite").write_text("no database")
    source = {"type": "kafka-connect", "config": {"connect_uri": "cluster.json", "cluster_name": "crm"}}
    component = KafkaConnectLineageComponent(source=source, options={"external_assets": {"enabled": True}})
    (tmp_path / "kept").write_text("[]")
    component.write_state_to_path(tmp_path / "kept")
    assert (tmp_path / "kept").read_text() == "[]"


def test_the_schema_describes_the_fields():
    """`dg` completes, explains and checks the YAML down to the fields of the recipe; templates pass everywhere."""
    schema = KafkaConnectLineageComponent.get_model_cls().model_json_schema()
    check = jsonschema.Draft202012Validator(schema)
    good = yaml.safe_load(documented("yaml")[0])["attributes"]
    assert not list(check.iter_errors(good))
    connect = {"request_timeout": "${SECONDS}", "verify": "{{ env.VERIFY }}"}
    assert not list(check.iter_errors({**good, "options": {"connect": connect}}))
    for wrong in (
        {"sinc": {}},
        {"source": {"config": {}}},
        {"options": {"sensor_enable": True}},
        {"options": {"timezone": 1}},
    ):
        assert list(check.iter_errors({**good, **wrong})), wrong
    assert list(check.iter_errors({}))
    config = schema["properties"]["source"]["properties"]["config"]["properties"]
    assert all("description" in config[name] for name in ("connect_uri", "password", "connector_patterns"))
    assert "$ref" not in json.dumps(schema)


@pytest.mark.slow
def test_what_is_scaffolded_loads(sandbox, instance):
    """`dg scaffold defs` writes a recipe to fill in, which loads as it is."""
    folder = sandbox.defs_folder_path / "inventory"
    folder.mkdir(parents=True)
    scaffolder = KafkaConnectLineageScaffolder()
    params = scaffolder.get_scaffold_params()(connect_uri="cluster.json")
    name = "kc_lineage_dagster.KafkaConnectLineageComponent"
    scaffolder.scaffold(ScaffoldRequest(name, folder, "yaml", sandbox.project_root, params, append=False))
    body = yaml.safe_load((folder / "defs.yaml").read_text())
    body["attributes"]["sink"] = {"type": "file", "config": {"filename": "out.json"}}
    (folder / "defs.yaml").write_text(yaml.safe_dump(body))
    save_cluster(folder, CONNECTORS)
    with sandbox.build_all_defs() as definitions:
        assert execute(definitions, instance, "sync_inventory").success


def test_dg_finds_the_component():
    """An installed package is listed by `dg list components` without a line in the user's pyproject.toml."""
    points = entry_points(group="dagster_dg_cli.registry_modules")
    assert "kc_lineage_dagster" in {one.value for one in points}


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
