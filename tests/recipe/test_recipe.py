"""Recipes: DataHub's fields, clear refusals, variables looked up in the run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from datahub.configuration.common import AllowDenyPattern
from hypothesis import given
from hypothesis import strategies as st

from kc_lineage_dagster.errors import RecipeError
from kc_lineage_dagster.recipe.files import find_recipes, read_recipe, recipe_of, slug_of
from kc_lineage_dagster.recipe.model import ENVIRONMENTS, Patterns, Recipe
from kc_lineage_dagster.state.cluster_state import state_folder

MINIMAL = {"source": {"type": "kafka-connect"}}
FULL = """
source:
  type: kafka-connect
  config:
    connect_uri: http://connect:8083
    username: admin
    password: ${CONNECT_PASSWORD}
    cluster_name: my cluster
    env: dev
    platform_instance: pi
    platform_instance_map: {bigquery: bq}
    connect_to_platform_map: {c: {postgres: pg}}
    convert_lineage_urns_to_lowercase: ${LOWER:-true}
    connector_patterns: {allow: ["a.*"], deny: [], ignoreCase: false}
    generic_connectors: [{connector_name: g, source_dataset: d, source_platform: p}]
    provided_configs: [{provider: env, path_key: K, value: 5}]
    stateful_ingestion: {enabled: true, remove_stale_metadata: true, fail_safe_threshold: 20}
sink: {type: datahub-rest, config: {server: "http://gms:8080"}}
pipeline_name: p
"""


@given(
    allow=st.lists(st.sampled_from(["a", ".*", "^b$", "A.c", "x|y"]), max_size=3),
    deny=st.lists(st.sampled_from(["a", ".*z", "^B", "b.c"]), max_size=2),
    ignore_case=st.booleans(),
    name=st.text(alphabet="abcxyzAB.", max_size=4),
)
def test_connector_patterns_decide_as_datahub_does(allow, deny, ignore_case, name):
    """`connector_patterns` let the same names through as DataHub's AllowDenyPattern."""
    given_patterns = {"allow": allow, "deny": deny, "ignoreCase": ignore_case}
    assert Patterns(**given_patterns).allows(name) == AllowDenyPattern(**given_patterns).allowed(name)


def problem(recipe: dict) -> str:
    return recipe_of(recipe, Path("/r/one.yml")).problem or ""


def with_config(**config: object) -> dict:
    return {"source": {"type": "kafka-connect", "config": config}}


def test_every_documented_field_is_taken():
    """A recipe with every documented field loads, and its variables are looked up when it is resolved."""
    file = recipe_of(yaml.safe_load(FULL), Path("/r/one.yml"))
    assert file.problem is None
    assert file.slug == "my_cluster"
    config = file.resolve({"CONNECT_PASSWORD": "pw"}).source.config
    assert config.password
    assert config.password.get_secret_value() == "pw"
    assert config.convert_lineage_urns_to_lowercase is True
    assert config.env == "DEV"
    assert config.provided_configs[0].value == "5"


def test_defaults_are_datahubs():
    """Without fields the worker is local, the environment PROD, the cluster named after the file."""
    file = recipe_of(MINIMAL, Path("/r/one.yml"))
    config = file.resolve({}).source.config
    assert (config.connect_uri, config.env, config.cluster_name) == (
        "http://localhost:8083/",
        "PROD",
        "connect-cluster",
    )
    assert file.slug == "one"


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        (with_config(conect_uri="x"), ["source.config.conect_uri", "did you mean connect_uri"]),
        (
            with_config(connector_patterns={"deny": ["("]}),
            ["source.config.connector_patterns.deny", "regular expression"],
        ),
        (with_config(connector_patterns={"alow": []}), ["source.config.connector_patterns.alow", "did you mean allow"]),
        (with_config(env="PRODUCTION"), ["source.config.env", "PROD"]),
        (with_config(platform_instance_map=["a"]), ["source.config.platform_instance_map", "dictionary"]),
        (with_config(stateful_ingestion={"fail_safe_threshold": 101}), ["fail_safe_threshold", "100"]),
        (with_config(generic_connectors=[{"connector_name": "x", "source_dataset": "d"}]), ["must be given together"]),
        (with_config(generic_connectors=[{"connector_name": "x"}]), ["generic_connectors.0"]),
        ({"source": {"type": "kafka"}}, ["source.type", "kafka-connect"]),
        ({**MINIMAL, "transformers": [{"type": "simple_add_dataset_tags"}]}, ["transformers are not supported"]),
        ({**MINIMAL, "options": {"cluster_alias": {}}}, ["options.cluster_alias", "did you mean cluster_aliases"]),
        ({"sink": {"type": "file"}}, ["source", "required"]),
        ([], ["a mapping"]),
    ],
)
def test_refusals_name_file_and_field(recipe, words):
    """What is wrong is said in one line with the file and the field."""
    text = problem(recipe)
    assert text.startswith("/r/one.yml: ")
    assert all(word in text for word in words), text


def test_values_never_show_in_refusals():
    """A refusal never repeats the value, which may be a secret."""
    text = problem(with_config(password=["hunter2"], username={"x": "hunter2"}))
    assert "source.config.password" in text
    assert "hunter2" not in text


def test_unset_variable_names_file_and_field():
    """A variable that is not set is an error of the run that names the field, not of loading."""
    file = recipe_of(with_config(password="${NOT_SET}"), Path("/r/one.yml"))
    assert file.problem is None
    with pytest.raises(RecipeError, match=r"/r/one\.yml: source\.config\.password: .*NOT_SET"):
        file.resolve({})


def test_fields_without_effect_warn():
    """DataHub's fields that this project does not use are accepted, and said to have no effect."""
    recipe = {**with_config(use_schema_resolver=True), "reporting": []}
    warnings = " ".join(recipe_of(recipe, Path("/r/one.yml")).warnings)
    assert "use_schema_resolver" in warnings
    assert "reporting" in warnings


def test_options_taken_away_leave_a_datahub_recipe():
    """Without `options` the demo recipe is one that DataHub's own pipeline configuration accepts."""
    from datahub.ingestion.run.pipeline_config import PipelineConfig

    data = yaml.safe_load((Path(__file__).parents[2] / "recipes" / "demo.yml").read_text())
    data.pop("options")
    assert PipelineConfig.from_dict(data).source.type == "kafka-connect"


def test_environments_are_datahubs():
    """Every environment of the installed DataHub is known."""
    from datahub.configuration.source_common import ALL_ENV_TYPES

    assert set(ALL_ENV_TYPES) <= ENVIRONMENTS


def test_source_fields_are_datahubs():
    """Every field of the installed DataHub source is known here, so that any recipe can be pasted."""
    from datahub.ingestion.source.kafka_connect.common import KafkaConnectSourceConfig

    ours = set(Recipe.model_fields["source"].annotation.model_fields["config"].annotation.model_fields)
    assert set(KafkaConnectSourceConfig.model_fields) <= ours


def test_folder_of_recipes(tmp_path):
    """A folder gives its recipes; a broken one does not take the others down; equal short names are both refused."""
    (tmp_path / "a.yml").write_text(yaml.safe_dump(MINIMAL))
    (tmp_path / "b.json").write_text(json.dumps(with_config(cluster_name="Same")))
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(with_config(cluster_name="same")))
    (tmp_path / "d.yml").write_text("source: [")
    (tmp_path / "notes.txt").write_text("not a recipe")
    found = {file.path.name: file for file in find_recipes({"KC_LINEAGE_RECIPES": str(tmp_path)})}
    assert set(found) == {"a.yml", "b.json", "c.yaml", "d.yml"}
    assert found["a.yml"].problem is None
    assert "line 1" in (found["d.yml"].problem or "")
    for name in ("b.json", "c.yaml"):
        assert "same short name" in (found[name].problem or "")
    assert len({file.slug.lower() for file in found.values()}) == 4


def test_no_recipes_is_said(tmp_path):
    """A place without recipes is named, with what to do."""
    with pytest.raises(RecipeError, match="KC_LINEAGE_RECIPES"):
        find_recipes({"KC_LINEAGE_RECIPES": str(tmp_path / "none")})


@pytest.mark.parametrize(("name", "slug"), [("a-b c", "a_b_c"), ("Zürich", "Z_rich"), ("", "_"), ("ok_1", "ok_1")])
def test_slugs(name, slug):
    """Slugs hold letters, digits and underscores."""
    assert slug_of(name) == slug


def test_state_goes_where_it_was_told(tmp_path):
    """KC_LINEAGE_STATE, else below DAGSTER_HOME, else .dagster beside the recipes."""
    home = recipe_of(MINIMAL, tmp_path / "recipes" / "one.yml").home
    assert state_folder("s", home, {"KC_LINEAGE_STATE": "/st", "DAGSTER_HOME": "/dh"}) == Path("/st/s")
    assert state_folder("s", home, {"DAGSTER_HOME": "/dh"}) == Path("/dh/kc_lineage/s")
    assert state_folder("s", home, {}) == tmp_path / ".dagster" / "kc_lineage" / "s"


def test_unreadable_file(tmp_path):
    """A file that is no text is a problem of that recipe."""
    path = tmp_path / "x.yml"
    path.write_bytes(b"\xff\xfe\x00")
    assert "cannot be read" in (read_recipe(path).problem or "")
