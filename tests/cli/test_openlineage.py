"""`kc-lineage lineage --format openlineage`: what consumers of OpenLineage get."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from tests.cli.run import kc_lineage
from tests.defs.clusters import CONNECTORS, save_cluster, write_recipe

pytest.importorskip("openlineage.client", reason="openlineage-python is not installed (extra `openlineage`)")

from kc_lineage_dagster.cli.openlineage import identity
from kc_lineage_dagster.lineage import Dataset

QUERY = {
    "connector.class": "io.confluent.connect.jdbc.JdbcSourceConnector",
    "connection.url": "jdbc:postgresql://pg:5432/shop",
    "connection.user": "joe",
    "connection.password": "hunter2-very-secret",
    "mode": "bulk",
    "query": "SELECT id, upper(name) AS label FROM public.customers",
    "topic.prefix": "customers",
    "transforms": "hide",
    "transforms.hide.type": "org.apache.kafka.connect.transforms.MaskField$Value",
    "transforms.hide.fields": "label",
}
STRANGE = {"connector.class": "com.acme.OwnSinkConnector", "topics": "orders"}
EVERY = {**CONNECTORS, "customers": QUERY, "strange": STRANGE}

# What the specification demands of a JobEvent (OpenLineage 2-0-2) and of the facets that are written
# (ColumnLineageDatasetFacet 1-2-0, JobTypeJobFacet 2-0-4, DocumentationJobFacet 1-1-0), in our words.
TEXT, URI = {"type": "string"}, {"type": "string", "format": "uri", "pattern": "^[a-z]+:"}


def entity(required: dict, **optional: dict) -> dict:
    return {"type": "object", "required": list(required), "properties": {**required, **optional}}


def facet(**required: dict) -> dict:
    return entity({"_producer": URI, "_schemaURL": URI, **required})


TRANSFORMATION = entity(
    {"type": {"enum": ["DIRECT", "INDIRECT"]}}, subtype=TEXT, description=TEXT, masking={"type": "boolean"}
)
INPUT_FIELD = entity(
    {"namespace": TEXT, "name": TEXT, "field": TEXT}, transformations={"type": "array", "items": TRANSFORMATION}
)
COLUMN = entity({"inputFields": {"type": "array", "items": INPUT_FIELD}})
COLUMN_LINEAGE = facet(fields={"type": "object", "additionalProperties": COLUMN})
JOB_FACETS = entity(
    {
        "jobType": facet(processingType={"enum": ["STREAMING"]}, integration=TEXT, jobType=TEXT),
        "documentation": facet(description=TEXT),
    }
)
DATASET = entity({"namespace": TEXT, "name": TEXT}, facets=entity({}, columnLineage=COLUMN_LINEAGE))
DATASETS = {"type": "array", "items": DATASET}
JOB_EVENT = entity(
    {
        "eventTime": {
            "type": "string",
            "format": "date-time",
            "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$",
        },
        "producer": URI,
        "schemaURL": {"const": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/JobEvent"},
        "job": entity({"namespace": TEXT, "name": TEXT, "facets": JOB_FACETS}),
        "inputs": DATASETS,
        "outputs": DATASETS,
    }
)


def events(*arguments: object) -> dict[str, dict]:
    done = kc_lineage("lineage", *arguments, "--format", "openlineage")
    assert done.exit_code == 0, done.output
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {one["job"]["name"]: one for one in found}


def ends(event: dict, side: str) -> set[tuple[str, str]]:
    return {(one["namespace"], one["name"]) for one in event[side]}


@pytest.fixture
def recipe(tmp_path):
    save_cluster(tmp_path, EVERY)
    return write_recipe(tmp_path)


def test_every_connector_is_a_job_event(recipe):
    """One JSON document a line, each as the specification demands, for connectors without edges too."""
    found = events(recipe)
    assert found.keys() == EVERY.keys()
    validator = Draft202012Validator(JOB_EVENT, format_checker=FormatChecker())
    for event in found.values():
        assert [error.message for error in validator.iter_errors(event)] == []
        assert "run" not in event
        assert event["job"]["namespace"] == "kafka-connect://shop"
    assert found["cdc"]["job"]["facets"]["jobType"]["jobType"] == "SOURCE_CONNECTOR"
    assert "Copies" in found["cdc"]["job"]["facets"]["documentation"]["description"]


def test_inputs_and_outputs_are_those_of_the_lineage(recipe):
    """The datasets are those of `--format json`; a topic of the source is the same dataset as that of the sink."""
    found = events(recipe)
    [cluster] = json.loads(kc_lineage("lineage", recipe, "--format", "json").stdout)
    for one in cluster["connectors"]:
        event = found[one["connector"]]
        upstream = {(end["platform"], end["name"]) for edge in one["edges"] if (end := edge["upstream"])}
        downstream = {(edge["downstream"]["platform"], edge["downstream"]["name"]) for edge in one["edges"]}
        assert ends(event, "inputs") - {("kafka", "orders")} == upstream
        assert ends(event, "outputs") == downstream
    assert ends(found["cdc"], "outputs") & ends(found["dw/sink"], "inputs")


def test_what_is_unresolved_is_told(recipe):
    """A sink whose target is unknown reads its topic all the same, and its description says why there is no output."""
    event = events(recipe)["strange"]
    assert ends(event, "inputs") == {("kafka", "orders")}
    assert event["outputs"] == []
    assert "Unresolved:\n\n- " in event["job"]["facets"]["documentation"]["description"]


def test_columns_and_what_changes_them(recipe):
    """An output's columns name the columns that they are made of; a masked one is said to be masked."""
    [topic] = events(recipe)["customers"]["outputs"]
    fields = topic["facets"]["columnLineage"]["fields"]
    table = {"namespace": "postgres", "name": "shop.public.customers"}
    [made_of] = fields["id"]["inputFields"]
    assert made_of == {
        **table,
        "field": "id",
        "transformations": [{"type": "DIRECT", "subtype": "IDENTITY", "masking": False}],
    }
    for field in fields["label"]["inputFields"]:
        assert {key: field[key] for key in table} == table
        assert all(one["subtype"] == "TRANSFORMATION" for one in field["transformations"])


def test_platform_instances_are_the_authorities(tmp_path):
    """A dataset's platform instance stands where OpenLineage has the address, also of a topic without an edge."""
    save_cluster(tmp_path, EVERY)
    recipe = write_recipe(tmp_path, platform_instance_map={"postgres": "core", "kafka": "eu"})
    found = events(recipe)
    assert ends(found["customers"], "inputs") == {("postgres://core", "shop.public.customers")}
    assert ends(found["strange"], "inputs") == {("kafka://eu", "orders")}


def test_namespaces_that_others_use(recipe):
    """`--namespace` gives a platform the address with which other producers name its datasets, in columns too."""
    event = events(recipe, "--namespace", "postgres=postgres://pg:5432", "--namespace", "kafka=kafka://b:9092")[
        "customers"
    ]
    assert ends(event, "inputs") == {("postgres://pg:5432", "shop.public.customers")}
    assert {namespace for namespace, _ in ends(event, "outputs")} == {"kafka://b:9092"}
    fields = event["outputs"][0]["facets"]["columnLineage"]["fields"]
    assert {one["namespace"] for one in fields["id"]["inputFields"]} == {"postgres://pg:5432"}


@pytest.mark.parametrize(
    ("dataset", "expected"),
    [
        (Dataset("postgres", "shop.public.users"), ("postgres", "shop.public.users")),
        (Dataset("mssql", "shop.dbo.users", "core"), ("sqlserver://core", "shop.dbo.users")),
        (Dataset("s3", "lake/raw/users", "aws"), ("s3://lake", "raw/users")),
        (Dataset("gcs", "lake"), ("gs://lake", "/")),
        (Dataset("bigquery", "p.d.users", "x"), ("bigquery", "p.d.users")),
        (Dataset("kafka", "users", "eu"), ("kafka://eu-1:9092", "users")),
        (Dataset("kafka", "users", "us"), ("kafka://us", "users")),
        (Dataset("kafka", "users"), ("kafka://here:9092", "users")),
    ],
)
def test_names(dataset, expected):
    """Names are OpenLineage's where configurations tell them; a given namespace is that of its own instance alone."""
    assert identity(dataset, {"kafka": "kafka://here:9092", "kafka:eu": "kafka://eu-1:9092"}) == expected


def test_no_secret_is_written(recipe):
    """Nothing of a configuration but its lineage leaves it."""
    done = kc_lineage("lineage", recipe, "--format", "openlineage")
    assert "hunter2" not in done.output
    assert "joe" not in done.output


def test_failed_arguments_leave_the_others(recipe, tmp_path):
    """An argument that fails is an error on stderr; events of the others are complete."""
    done = kc_lineage("lineage", tmp_path / "nowhere.yml", recipe, "--format", "openlineage")
    assert done.exit_code == 1
    assert len(done.stdout.splitlines()) == len(EVERY)


@pytest.mark.parametrize("options", [("--namespace", "kafka"), ("--namespace", "=x"), ("--namespace", "kafka=k")])
def test_a_namespace_that_cannot_be_used(recipe, options):
    """A namespace without its platform, or for another format, is wrong usage."""
    form = "json" if options[1] == "kafka=k" else "openlineage"
    done = kc_lineage("lineage", recipe, *options, "--format", form)
    assert done.exit_code == 2
    assert "--namespace" in done.output or "PLATFORM=NAMESPACE" in done.output


@pytest.mark.slow
def test_the_package_is_not_everybodys(recipe):
    """Without openlineage-python it is one line that says what to install, before anything is read."""
    code = (
        "import sys\nsys.modules['openlineage'] = None\nfrom kc_lineage_dagster.cli.main import main\n"
        f"main(['lineage', {str(recipe)!r}, '--format', sys.argv[1]])"
    )
    without, other = (
        subprocess.run([sys.executable, "-c", code, form], capture_output=True, text=True)
        for form in ("openlineage", "json")
    )
    assert without.returncode == 1
    assert without.stdout == ""
    assert len(without.stderr.strip().splitlines()) == 1
    assert "pip install 'kc-lineage-dagster[openlineage]'" in without.stderr
    assert other.returncode == 0
