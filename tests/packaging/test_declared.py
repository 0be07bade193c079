"""What the package imports is what it declares."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import entry_points, packages_distributions, requires
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "kc_lineage_dagster"


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_import_is_a_declared_dependency():
    """Nothing works by luck of what another package happens to bring along."""
    # pydantic pins its own core to one version
    declared = {"pydantic-core"} | {
        normal(re.match(r"[\w.-]+", line)[0]) for line in requires("kc-lineage-dagster") or ()
    }
    known = packages_distributions()
    missing = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            for name in {one.partition(".")[0] for one in names} - sys.stdlib_module_names - {"kc_lineage_dagster"}:
                if not {normal(one) for one in known.get(name, [name])} & declared:
                    missing.add(f"{path.name}: {name}")
    assert not missing


def test_every_bound_is_declared():
    """Each dependency has a lower bound, and one whose next major version may break it an upper one."""
    lines = [line for line in requires("kc-lineage-dagster") or () if "extra ==" not in line]
    assert all(">=" in line for line in lines)
    walked = {"dagster", "dagster-webserver", "sqlglot", "pydantic", "click", "requests", "urllib3", "sqlalchemy"}
    assert {normal(re.match(r"[\w.-]+", line)[0]) for line in lines if "<" in line} >= walked


def test_entry_points_lead_somewhere():
    """The command and the registration of the component with `dg` can be loaded."""
    [command] = [one for one in entry_points(group="console_scripts") if one.name == "kc-lineage"]
    assert callable(command.load())
    [module] = [one for one in entry_points(group="dagster_dg_cli.registry_modules") if "kc_lineage" in one.value]
    assert module.load().KafkaConnectLineageComponent


def test_one_version_is_released_next():
    """Images of the deployment are tagged with the version of pyproject.toml, and the changelog has not released it."""
    [version] = re.findall(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    tag = re.compile(r"(?:kc-lineage-dagster:|^ *tag: )(\d\S*)", re.MULTILINE)
    files = [path for path in (*(ROOT / "deploy").rglob("*.*"), *(ROOT / "docs").glob("*.md")) if path.is_file()]
    tags = {path.name: set(tag.findall(path.read_text(encoding="utf-8"))) for path in files}
    tagged = {"manifests.yaml", "helm-values.yaml", "deploying.md"}
    assert {name: found for name, found in tags.items() if found} == {name: {version} for name in tagged}
    sections = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert version not in sections[1:]
    assert sections[0] in ("Unreleased", version)
