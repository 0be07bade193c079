"""The files of ``deploy/``, as far as a machine without Docker and Kubernetes can tell: linters, schemas, commands."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
MODULES = ("compose_spec", "dagster_k8s", "dagster_postgres", "kubernetes_validate")
MISSING = [name for name in MODULES if importlib.util.find_spec(name) is None]

pytestmark = [
    pytest.mark.deploy,
    pytest.mark.filterwarnings("default"),
    pytest.mark.skipif(bool(MISSING), reason=f"{', '.join(MISSING)}: pip install -e '.[deploy]'"),
]


def manifests() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / "kubernetes/manifests.yaml").read_text()))


def config_map(name: str) -> dict[str, str]:
    return next(one["data"] for one in manifests() if one["kind"] == "ConfigMap" and one["metadata"]["name"] == name)


def dagster_settings() -> dict[str, dict[str, Any]]:
    """Every ``dagster.yaml`` that a deployment reads."""
    return {
        "deploy/dagster.yaml": yaml.safe_load((DEPLOY / "dagster.yaml").read_text()),
        "kubernetes": yaml.safe_load(config_map("kc-lineage-instance")["dagster.yaml"]),
    }


def commands() -> dict[str, list[str]]:
    """Every command that image, compose file and manifests start a process with."""
    instruction = re.compile(r"^CMD (\[.*\])$", re.MULTILINE)
    found = {"image": yaml.safe_load(instruction.findall((DEPLOY / "Dockerfile").read_text())[-1])}
    compose = yaml.safe_load((DEPLOY / "docker-compose.yaml").read_text())
    for name, service in compose["services"].items():
        if "command" in service:
            found[f"compose {name}"] = service["command"]
    for one in manifests():
        if one["kind"] == "Deployment":
            found[f"kubernetes {one['metadata']['name']}"] = one["spec"]["template"]["spec"]["containers"][0]["args"]
    return found


def test_the_image_passes_a_linter():
    """hadolint has nothing to say about the Dockerfile."""
    linter = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
    assert linter
    done = subprocess.run([linter, str(DEPLOY / "Dockerfile")], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_runs_as_nobody_special_and_holds_no_secret():
    """The last USER is not root, and no instruction sets what looks like a credential."""
    text = (DEPLOY / "Dockerfile").read_text()
    assert re.findall(r"^USER (\S+)$", text, re.MULTILINE)[-1] == "10001"
    assert not re.search(r"(?i)(password|token|secret)\s*=", text)


def test_what_the_image_copies_is_not_ignored():
    """Every path that the Dockerfile names is let through by .dockerignore."""
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert all((ROOT / one).exists() for one in allowed)
    named = {
        "deploy/dagster.yaml",
        "deploy/workspace.yaml",
        "requirements-dev.lock",
        "pyproject.toml",
        "kc_lineage_dagster",
    }
    assert named <= allowed


def test_the_compose_file_fits_its_schema():
    """Compose's own schema, unknown keys included, takes the file."""
    from compose_spec.models import ComposeSpecification, Service

    document = yaml.safe_load((DEPLOY / "docker-compose.yaml").read_text())
    ComposeSpecification.model_validate(document)
    for name, service in document["services"].items():
        assert set(service) <= {field.alias or key for key, field in Service.model_fields.items()}, name
    assert document["services"]["web"]["ports"] == ["127.0.0.1:3000:3000"]


def test_manifests_fit_kubernetes_schemas():
    """Kubernetes' schemas take the manifests, and no field in them is unknown."""
    import kubernetes_validate

    for one in manifests():
        kubernetes_validate.validate(one, "1.31", strict=True)


def test_pods_get_only_what_exists():
    """Mounted volumes are declared, their config maps are in the file, and secrets come by reference."""
    maps = {one["metadata"]["name"] for one in manifests() if one["kind"] == "ConfigMap"}
    for one in manifests():
        if one["kind"] != "Deployment":
            continue
        pod = one["spec"]["template"]["spec"]
        volumes = {volume["name"]: volume["configMap"]["name"] for volume in pod["volumes"]}
        assert set(volumes.values()) <= maps
        (container,) = pod["containers"]
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes.keys()
        assert all("valueFrom" in variable for variable in container["env"])
        assert pod["securityContext"]["runAsNonRoot"] is True
    assert not [one for one in manifests() if one["kind"] == "Secret"]


@pytest.mark.parametrize("name", ["deploy/dagster.yaml", "kubernetes"])
def test_dagster_takes_its_settings(name, tmp_path):
    """Dagster itself accepts each dagster.yaml (it reads all of it before it asks the database)."""
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(dagster_settings()[name]))
    environ = {
        **os.environ,
        "DAGSTER_HOME": str(tmp_path),
        "DAGSTER_POSTGRES_HOST": "127.0.0.1",
        "DAGSTER_POSTGRES_PORT": "1",
        "DAGSTER_POSTGRES_USER": "nobody",
        "DAGSTER_POSTGRES_PASSWORD": "-",
        "DAGSTER_POSTGRES_DB": "none",
    }
    command = [str(Path(sys.executable).parent / "dagster"), "instance", "info"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, cwd=tmp_path)
    assert "DagsterInvalidConfigError" not in done.stderr
    assert "Connection refused" in done.stderr or done.returncode == 0


@pytest.mark.parametrize("name", sorted(commands()) if not MISSING else [])
def test_commands_exist(name):
    """Each command is one that the image has, with options it knows."""
    program, *arguments = commands()[name]
    script = Path(sys.executable).parent / program
    assert script.exists()
    words = [
        word
        for word in arguments
        if re.fullmatch(r"[a-z]+", word) and word in ("api", "grpc", "run", "instance", "migrate")
    ]
    helped = subprocess.run([str(script), *words, "--help"], capture_output=True, text=True)
    assert helped.returncode == 0
    for option in (word for word in arguments if word.startswith("-")):
        assert re.search(rf"(^|[\s,]){re.escape(option)}[\s,]", helped.stdout), option


def test_recipes_of_the_manifests_are_recipes():
    """The example in the config map loads without a problem."""
    from kc_lineage_dagster.recipe.files import recipe_of

    for name, text in config_map("kc-lineage-recipes").items():
        assert recipe_of(yaml.safe_load(text), Path(name)).problem is None
