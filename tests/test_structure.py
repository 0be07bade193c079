"""The shape of the code: who may import whom, how long files and functions may be, what loading costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "kc_lineage_dagster"
MODULES = sorted(PACKAGE.rglob("*.py"))

# folder -> packages it must not import
FORBIDDEN = {
    "connect": {
        "dagster",
        "datahub",
        "kc_lineage_dagster.catalog",
        "kc_lineage_dagster.derive",
        "kc_lineage_dagster.emit",
        "kc_lineage_dagster.defs",
    },
    "catalog": {
        "dagster",
        "kc_lineage_dagster.connect",
        "kc_lineage_dagster.derive",
        "kc_lineage_dagster.emit",
        "kc_lineage_dagster.defs",
    },
    "derive": {
        "dagster",
        "datahub",
        "requests",
        "logging",
        "kc_lineage_dagster.catalog",
        "kc_lineage_dagster.connect",
        "kc_lineage_dagster.emit",
        "kc_lineage_dagster.defs",
    },
    "emit": {
        "dagster",
        "kc_lineage_dagster.catalog",
        "kc_lineage_dagster.connect",
        "kc_lineage_dagster.derive",
        "kc_lineage_dagster.defs",
    },
}


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_imports_run_one_way(folder):
    """connect, catalog, derive and emit know neither each other nor Dagster."""
    for path in (PACKAGE / folder).rglob("*.py"):
        for name in imported(path):
            assert not any(name == bad or name.startswith(f"{bad}.") for bad in FORBIDDEN[folder]), f"{path}: {name}"


def test_only_defs_know_dagster():
    """The core works without Dagster."""
    allowed = {PACKAGE / "definitions.py", PACKAGE / "demo/__init__.py", PACKAGE / "__init__.py"}
    for path in set(MODULES) - allowed - set((PACKAGE / "defs").rglob("*.py")):
        assert not any(name.split(".")[0] == "dagster" for name in imported(path)), path


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_and_functions_stay_small(path):
    """Far beyond these sizes nobody reads on: a file of 450 lines, a function of 60 (without its docstring)."""
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 450
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not _builds_definitions(node):
            documented = ast.get_docstring(node, clean=False) is not None
            start = node.body[min(1, len(node.body) - 1)].lineno if documented else node.body[0].lineno
            assert (node.end_lineno or 0) - start < 60, f"{path.name}: {node.name}"


def _builds_definitions(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    # a function that declares a decorated one inside it is as long as that declaration
    return any(isinstance(inner, ast.FunctionDef) and inner.decorator_list for inner in node.body)


def test_names_say_something():
    """No module is a drawer for the rest."""
    assert not {path.name for path in MODULES} & {"utils.py", "common.py", "helpers.py", "constants.py", "misc.py"}


FAMILY_MODULES = sorted((PACKAGE / "derive" / "families").glob("*.py"))


def defined(path: Path) -> set[str]:
    """The names that a module defines at its top level."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    targets = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
    named = {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
    return named | {node.name for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}


def test_a_family_offers_itself_and_nothing_else():
    """Public in a family's file are FAMILY or FAMILIES, the TABLES of a Debezium connector, and what others import."""
    used = {name.rpartition(".")[2] for path in FAMILY_MODULES for name in imported(path) if ".families." in name}
    odd = {
        path.name: found
        for path in FAMILY_MODULES
        if (found := defined(path) - used - {"FAMILY", "FAMILIES", "TABLES"})
    }
    assert {file: names for file, found in odd.items() if (names := {n for n in found if not n.startswith("_")})} == {}


def test_loading_definitions_opens_no_connection_and_needs_no_secret(tmp_path):
    """The code location loads without network, without the environment's secrets, and without datahub or sqlglot."""
    recipe = tmp_path / "far.yml"
    recipe.write_text(
        "source: {type: kafka-connect, config: {connect_uri: 'http://127.0.0.1:1', password: '${NOT_SET_ANYWHERE}'}}\n"
        "sink: {type: datahub-rest, config: {server: 'http://127.0.0.1:1', token: '${NOT_SET_EITHER}'}}\n"
    )
    code = (
        "import socket, sys\n"
        "def refuse(*args, **kwargs): raise SystemExit('a connection was opened')\n"
        "socket.socket.connect = refuse\n"
        "import kc_lineage_dagster.definitions as loaded\n"
        "assert loaded.defs.resolve_job_def('sync_far')\n"
        "heavy = {'datahub', 'sqlglot'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    environment = {"KC_LINEAGE_RECIPES": str(recipe), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr[-2000:]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_public_parts_of_dagster(path):
    """No module imports a private one of Dagster, which another release may lack."""
    assert not [name for name in imported(path) if name.startswith("dagster._")]


def test_dagster_keeps_its_own_storages():
    """The shipped `dagster.yaml` names no class and no storage, so that a user may add `storage: postgres`."""
    settings = yaml.safe_load((ROOT / "dagster.yaml").read_text(encoding="utf-8"))
    assert not [name for name in settings if "storage" in name]
    assert "class:" not in (ROOT / "dagster.yaml").read_text(encoding="utf-8")
    assert settings["run_monitoring"]["enabled"]
    assert settings["run_monitoring"]["max_runtime_seconds"] > 0


def test_loading_leaves_the_process_as_it_was(tmp_path):
    """Loading the definitions changes nothing that other code of the process shares: garbage collector, signals."""
    code = (
        "import gc, signal, dagster\n"
        "def state(): return gc.get_threshold(), gc.get_freeze_count(), gc.isenabled(), signal.getsignal(15)\n"
        "before = state()\n"
        "import kc_lineage_dagster.definitions\n"
        "assert state() == before, (before, state())\n"
    )
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr[-2000:]
