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
from kc_lineage_dagster.recipe.files import DEMO, find_recipes, read_recipe, recipe_of, slug_of
from kc_lineage_dagster.recipe.model import Recipe
from kc_lineage_dagster.recipe.source import ENVIRONMENTS, ConnectorPatterns
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.state.place import place_of

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
    provided_configs: [{provider: env, path_key: K, value: 5}, {provider: env, path_key: B, value: true}]
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
    assert ConnectorPatterns(**given_patterns).allows(name) == AllowDenyPattern(**given_patterns).allowed(name)


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
    assert [one.value for one in config.provided_configs] == ["5", "True"]


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
        (with_config(platform_instance_map=["a"]), ["source.config.platform_instance_map", "mapping"]),
        (with_config(stateful_ingestion={"fail_safe_threshold": 101}), ["fail_safe_threshold", "100"]),
        (with_config(generic_connectors=[{"connector_name": "x", "source_dataset": "d"}]), ["must be given together"]),
        (with_config(generic_connectors=[{"connector_name": "x"}]), ["generic_connectors.0"]),
        ({"source": {"type": "kafka"}}, ["source.type", "kafka-connect"]),
        (with_config(confluent_cloud_environment_id="env-1"), ["source.config", "confluent_cloud_cluster_id"]),
        (with_config(confluent_cloud_cluster_id="lkc-1"), ["source.config", "confluent_cloud_environment_id"]),
        (with_config(kafka_api_key="k"), ["source.config", "kafka_api_key is of no use without kafka_api_secret"]),
        (with_config(cluster_name="c" * 300), ["source.config.cluster_name", "150"]),
        ({**MINIMAL, "options": {"cluster_alias": {}}}, ["options.cluster_alias", "did you mean cluster_aliases"]),
        ({"sink": {"type": "file"}}, ["source", "required"]),
        ({**MINIMAL, "options": {"external_url": "https://u:p@h/{connector}"}}, ["options.external_url", "no user"]),
        ({**MINIMAL, "options": {"external_url": "akhq/{connector}"}}, ["options.external_url", "https://"]),
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


def test_all_variables_that_are_not_set_are_told_at_once():
    """Whoever sets one after the other would have to run as often."""
    with pytest.raises(RecipeError) as error:
        recipe_of(with_config(username="${USER_X}", password="${A}:${B}"), Path("/r/one.yml")).resolve({"A": "s3cret"})
    assert str(error.value) == (
        "/r/one.yml: source.config.username: the environment variable USER_X is not set; "
        "/r/one.yml: source.config.password: the environment variable B is not set"
    )


def test_fields_without_effect_warn():
    """DataHub's fields that this project does not use are accepted, and said to have no effect."""
    recipe = {**with_config(), "reporting": [], "transformers": [{"type": "add_dataset_tags"}]}
    file = recipe_of(recipe, Path("/r/one.yml"))
    warnings = " ".join(file.warnings)
    assert file.problem is None
    assert "transformers are not applied" in warnings
    assert "reporting" in warnings


@pytest.mark.parametrize(
    ("config", "asked"),
    [
        ({}, False),
        ({"use_schema_resolver": True}, True),
        ({"confluent_cloud_environment_id": "env-1", "confluent_cloud_cluster_id": "lkc-1"}, True),
        ({"connect_uri": "https://api.confluent.cloud/connect/v1/environments/env-1/clusters/lkc-1"}, True),
        ({"connect_uri": "https://api.confluent.cloud/connect/v1/environments/e", "use_schema_resolver": False}, False),
    ],
)
def test_the_schema_resolver_is_on_where_datahubs_is(config, asked):
    """``use_schema_resolver`` is off by default and on by itself for Confluent Cloud, as in DataHub's source."""
    assert Recipe.model_validate(with_config(**config)).source.config.resolves_schemas is asked


def test_options_taken_away_leave_a_datahub_recipe():
    """Without `options` the demo recipe is one that DataHub's own pipeline configuration accepts."""
    from datahub.ingestion.run.pipeline_config import PipelineConfig

    data = yaml.safe_load(DEMO.read_text())
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


def test_recipes_that_share_a_short_name_take_nobody_elses(tmp_path):
    """What tells two equal short names apart is not the short name of a third recipe."""
    for name, slug in (("a", "eu"), ("b", "EU"), ("c", "eu_1"), ("d", "EU_2")):
        (tmp_path / f"{name}.yml").write_text(yaml.safe_dump(with_config(cluster_name=slug)))
    found = {file.path.stem: file for file in find_recipes({"KC_LINEAGE_RECIPES": str(tmp_path)})}
    assert len({file.slug.lower() for file in found.values()}) == 4
    assert (found["c"].slug, found["d"].slug) == ("eu_1", "EU_2")
    assert {name for name, file in found.items() if file.problem} == {"a", "b"}


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
    assert place_of(home, {"KC_LINEAGE_STATE": "/st", "DAGSTER_HOME": "/dh"}).folder_of("s") == Path("/st/s")
    assert place_of(home, {"DAGSTER_HOME": "/dh"}).folder_of("s") == Path("/dh/kc_lineage/s")
    assert place_of(home, {}).folder_of("s") == tmp_path / ".dagster" / "kc_lineage" / "s"


LAUGHS = "flags: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{one}: &{one} [{', '.join([f'*{before}'] * 9)}]\n" for before, one in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "flags: &a {x: 1}\n" + "".join(
    f"{one}: &{one} {{<<: [*{before}, *{before}, *{before}, *{before}]}}\n"
    for before, one in zip("abcdefghijklm", "bcdefghijklmn", strict=True)
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("run_id: 2026-13-45", "line 4: no usable timestamp"),
        ("run_id: 2001-12-14t21:59:43.10+99:99", "line 4: no usable timestamp"),
        ("run_id: !!int x", "line 4: no usable int"),
        ("run_id: !!int ''", "line 4: no usable int"),
        ("run_id: !!float x", "line 4: no usable float"),
        ("run_id: !!bool maybe", "line 4: no usable bool"),
        ("run_id: !!timestamp x", "line 4: no usable timestamp"),
        ("run_id: !!set x", "line 4"),
        ("run_id: " + "7" * 5_000, "line 4: no usable int"),
        ("run_id: 0x" + "f" * 5_000, "line 4: no usable int"),
        ("run_id: {[1]: 2}", "line 4"),
        ("flags: " + "[" * 3_000, "line 4: nested too deeply"),
        ("flags: " + "[" * 100_000 + "]" * 100_000, "line 4: nested too deeply"),
        ("flags: " + "{a: " * 300 + "1" + "}" * 300, "line 4: nested too deeply"),
        ("flags: &a [*a]", "line 4: an alias repeats the value that it is part of"),
        ("flags: &a {<<: *a}", "line 4: an alias repeats the value that it is part of"),
        (LAUGHS, "aliases repeat more than 100000 values"),
        (MERGES, "aliases repeat more than 100000 values"),
        ("sink: {type: file, type: console}", "line 4: the key 'type' stands twice"),
        ("source: {}", "line 4: the key 'source' stands twice"),
        ("--- {}", "2 documents"),
        ("a: \x07", "malformed YAML"),
        ("a: [", "malformed YAML in line 4"),
    ],
    ids=lambda text: text[:30],
)
def test_what_no_recipe_may_hold_is_one_line_of_that_recipe(tmp_path, text, words):
    """Whatever a file holds is one line about it, and the recipe beside it loads."""
    (tmp_path / "bad.yml").write_text(f"source:\n  type: kafka-connect\n  config: {{password: hunter2}}\n{text}\n")
    (tmp_path / "good.yml").write_text(yaml.safe_dump(MINIMAL))
    found = {file.path.stem: file for file in find_recipes({"KC_LINEAGE_RECIPES": str(tmp_path)})}
    problem = found["bad"].problem
    assert problem
    assert words in problem
    assert "\n" not in problem
    assert "hunter2" not in problem
    assert len(problem) < 300
    assert found["good"].problem is None


def test_merged_keys_may_be_overridden(tmp_path):
    """`<<` gives defaults; a key that it brings and the mapping sets again is no repetition."""
    text = "source: {type: kafka-connect}\nflags: &f {a: 1}\nreporting: {<<: *f, a: 2}\n"
    (tmp_path / "one.yml").write_text(text)
    file = read_recipe(tmp_path / "one.yml")
    assert file.problem is None
    assert file.data["reporting"] == {"a": 2}


def test_a_pattern_that_python_takes_for_ever_over_answers():
    """Forty letters keep Python's own matcher busy for hours with this one."""
    assert ConnectorPatterns(allow=["(a+)+$"]).allows("a" * 41)
    assert not ConnectorPatterns(allow=["(a+)+$"]).allows("a" * 41 + "!")


@pytest.mark.slow
def test_a_pattern_that_takes_too_long_is_named():
    """The pattern, the name and what to avoid are said in one line."""
    with pytest.raises(
        RecipeError, match=r"connector_patterns: '\(x\|xx\)\+\[yz\]' takes more than 1 s for the name 'xxx"
    ):
        ConnectorPatterns(deny=["(x|xx)+[yz]"]).allows("x" * 60)


def test_unreadable_files_are_one_line_each(tmp_path):
    """What cannot be read as a text is a problem of that recipe; hidden files are none."""
    (tmp_path / "latin.yml").write_bytes("source: {type: kafka-connect, x: Zürich}".encode("latin-1"))
    (tmp_path / "utf16.yml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "folder.yml").mkdir()
    (tmp_path / "gone.yml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "device.yml").symlink_to("/dev/zero")
    (tmp_path / "bom.yml").write_text(yaml.safe_dump(MINIMAL), encoding="utf-8-sig")
    (tmp_path / ".#hidden.yml").symlink_to("nobody@here.1")
    found = {file.path.stem: file.problem or "" for file in find_recipes({"KC_LINEAGE_RECIPES": str(tmp_path)})}
    assert {name for name, problem in found.items() if problem} == {"latin", "utf16", "folder", "gone", "device"}
    assert "not UTF-8 text (at byte" in found["latin"]
    assert "is a folder, not a recipe" in found["folder"]
    assert all("cannot be read" in found[name] for name in ("latin", "utf16", "gone", "device"))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("hunter2${NOT_SET}", "the environment variable NOT_SET is not set"),
        ("${NOT_SET:?hunter2}", "the environment variable NOT_SET is not set"),
        ("hunter2${a b}{${", "cannot be read as a variable"),
        ("hunter2${a b}", "cannot be read as a variable"),
        ("hunter2${ NAME }", "cannot be read as a variable"),
        ("hunter2${1}", "cannot be read as a variable"),
    ],
)
def test_what_is_wrong_with_a_variable_never_repeats_the_value(value, words):
    """The field and the variable are named, the text around the variable is not: it may be a password."""
    file = recipe_of(with_config(password=value), Path("/r/one.yml"))
    with pytest.raises(RecipeError) as caught:
        file.resolve({})
    assert str(caught.value).startswith("/r/one.yml: source.config.password: ")
    assert words in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("uri", "called"),
    [
        ({}, "https://api.confluent.cloud/connect/v1/environments/env-1/clusters/lkc-1"),
        (
            {"connect_uri": "http://localhost:8083"},
            "https://api.confluent.cloud/connect/v1/environments/env-1/clusters/lkc-1",
        ),
        ({"connect_uri": "http://127.0.0.1:9/own"}, "http://127.0.0.1:9/own"),
    ],
)
def test_confluent_clouds_key_goes_to_confluent_cloud(uri, called):
    """With Cloud's ids and no other address the worker is Confluent Cloud's, never the default on localhost."""
    ids = {"confluent_cloud_environment_id": "env-1", "confluent_cloud_cluster_id": "lkc-1"}
    file = recipe_of(with_config(**ids, **uri, username="k", password="s"), Path("/r/one.yml"))
    assert Cluster.of(file).connect_settings().base == called


CLOUD = "https://api.confluent.cloud/connect/v1/environments/env-1/clusters/lkc-1"


@pytest.mark.parametrize(
    ("recipe", "url"),
    [
        (with_config(connect_uri="http://connect:8083"), None),
        (with_config(connect_uri="/saved"), None),
        (with_config(connect_uri=CLOUD), "https://confluent.cloud/environments/env-1/clusters/lkc-1/connectors"),
        (with_config(connect_uri=CLOUD.replace("clusters/lkc-1", "")), None),
        (
            with_config(confluent_cloud_environment_id="env-1", confluent_cloud_cluster_id="lkc-1"),
            "https://confluent.cloud/environments/env-1/clusters/lkc-1/connectors",
        ),
        (
            {**with_config(connect_uri=CLOUD), "options": {"external_url": "https://ui/c/{connector}?tab=1"}},
            "https://ui/c/a%2Fb%3F?tab=1",
        ),
    ],
)
def test_the_page_about_a_connector(recipe, url):
    """The recipe's page, Confluent Cloud's console, or none: a worker's REST address would show configurations."""
    assert Cluster.of(recipe_of(recipe, Path("/r/one.yml"))).external_url("a/b?") == url


def test_unreadable_file(tmp_path):
    """A file that is no text is a problem of that recipe."""
    path = tmp_path / "x.yml"
    path.write_bytes(b"\xff\xfe\x00")
    assert "cannot be read" in (read_recipe(path).problem or "")


def test_without_a_variable_the_current_folder_decides(tmp_path, monkeypatch):
    """Without KC_LINEAGE_RECIPES: the folder `recipes` here, and without that the demo, whose state goes here too."""
    monkeypatch.chdir(tmp_path)
    [demo] = find_recipes({})
    assert (demo.slug, demo.home) == ("demo", tmp_path / ".dagster")
    assert demo.path_of(demo.data["source"]["config"]["connect_uri"]).is_file()
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "own.yml").write_text(yaml.safe_dump(MINIMAL))
    assert [file.slug for file in find_recipes({})] == ["own"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sink: {password: ${VAR}}", "inside {...} a ${VAR} needs quotes"),
        ('sink: {server: "http://x", token: ${TOKEN}}', "inside {...} a ${VAR} needs quotes"),
        ("sink: {{ env.SINK }}", "begins with {{ needs quotes"),
        ("sink:\n\ttype: file", "by a tab"),
        ("sink: @file", "begins with @"),
        ("pipeline_name: a: b", "holds `: ` needs quotes"),
        ("pipeline_name: *hunter2", "begins with * needs quotes"),
        ("pipeline_name: !hunter2 x", "begins with ! needs quotes"),
        ("pipeline_name: 'it's'", "every quote closed"),
        ('pipeline_name: "C:\\hunter2"', "backslash"),
        ("sink: [1, 2\npipeline_name: x", "begins in line 2"),
    ],
)
def test_malformed_yaml_is_told_with_its_usual_cause(tmp_path, text, words):
    """The parser's own words, the line, what it usually is; never a piece of the text, which may be a password."""
    (tmp_path / "bad.yml").write_text(f"source: {{type: kafka-connect}}\n{text}\n")
    problem = read_recipe(tmp_path / "bad.yml").problem or ""
    assert words in problem
    assert "in line" in problem
    assert "hunter2" not in problem
