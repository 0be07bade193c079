"""The shape of the code: who may import whom, how long files and functions may be, what loading costs."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
import yaml

from tests.modules import MODULES, PACKAGE, statements, tree

ROOT = Path(__file__).resolve().parents[1]

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


@cache
def imported(path: Path) -> frozenset[str]:
    """The names of all modules, and of what is taken from them, that a module imports anywhere."""
    found: set[str] = set()
    for node in statements(path):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(found)


# folders whose files have one shape, so that docs/architecture.md names the folder alone
OF_ONE_SHAPE = (
    *("cli", "demo", "java_regex", "page", "state/migrations"),
    *("connect/forms", "connect/secrets", "derive/families", "derive/readers", "derive/transforms"),
)


def test_the_architecture_page_names_every_module_and_no_other():
    """A reader who wonders where something is decided finds every file there, under the name that it has today."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = {name.rpartition("/")[2] for name in re.findall(r"`([\w/]+\.py)`", page)}
    folders = tuple(f"{folder}/" for folder in OF_ONE_SHAPE)
    modules = {path.name for path in MODULES if not path.name.startswith("__")}
    single = {path.name for path in MODULES if not path.relative_to(PACKAGE).as_posix().startswith(folders)}
    assert {name for name in single if not name.startswith("__")} - named == set()
    assert named - modules - {path.name for path in (ROOT / "tests").rglob("*.py")} == set()


def test_the_way_of_a_connector_names_functions_that_are_there():
    """Who reads the functions of the table in their order finds each in its file."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    _, _, way = page.partition("## The way of a connector")
    steps = re.findall(r"`([\w/]+\.py)`: `([\w.]+)`", way.partition("\n## ")[0])
    assert len(steps) > 10
    for file, name in steps:
        node: ast.AST = ast.parse((PACKAGE / file).read_text(encoding="utf-8"))
        for part in name.split("."):
            inside = [one for one in ast.iter_child_nodes(node) if getattr(one, "name", "") == part]
            assert inside, f"{file}: {name}"
            node = inside[0]


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_imports_run_one_way(folder):
    """connect, catalog, derive and emit know neither each other nor Dagster."""
    for path in (PACKAGE / folder).rglob("*.py"):
        for name in imported(path):
            assert not any(name == bad or name.startswith(f"{bad}.") for bad in FORBIDDEN[folder]), f"{path}: {name}"


def test_no_module_imports_in_a_circle():
    """What imports what has a lowest floor, within the folders too, so that every file can be read before its users."""
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in MODULES}
    names = {name.removesuffix(".__init__"): path for name, path in names.items()}
    graph = {}
    for name, path in names.items():
        given = {found if found in names else found.rpartition(".")[0] for found in imported(path)}
        graph[name] = {one for one in given & names.keys() - {name} if names[one].name != "__init__.py"}
    assert list(TopologicalSorter(graph).static_order())


def test_only_defs_know_dagster():
    """The core works without Dagster."""
    allowed = {PACKAGE / "definitions.py", PACKAGE / "demo/__init__.py", PACKAGE / "__init__.py"}
    for path in set(MODULES) - allowed - set((PACKAGE / "defs").rglob("*.py")):
        assert not any(name.split(".")[0] == "dagster" for name in imported(path)), path


def test_files_and_functions_stay_small():
    """Far beyond these sizes nobody reads on: a file of 450 lines, a function of 60 (without its docstring)."""
    long = [str(path) for path in MODULES if len(path.read_text(encoding="utf-8").splitlines()) > 450]
    for path in MODULES:
        for node in statements(path):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not _builds_definitions(node):
                documented = ast.get_docstring(node, clean=False) is not None
                start = node.body[min(1, len(node.body) - 1)].lineno if documented else node.body[0].lineno
                long += [f"{path}: {node.name}"] if (node.end_lineno or 0) - start >= 60 else []
    assert long == []


def _builds_definitions(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    # a function that declares a decorated one inside it is as long as that declaration
    return any(isinstance(inner, ast.FunctionDef) and inner.decorator_list for inner in node.body)


_ASKED_OF_TEXTS = {"search", "match", "fullmatch", "startswith", "endswith", "removeprefix", "partition", "rpartition"}


def test_nobody_decides_by_the_text_of_an_error():
    """An error's class and fields say what happened; its text is for people, and may be worded anew."""
    found = []
    for path in MODULES:
        for handler in (node for node in statements(path) if isinstance(node, ast.ExceptHandler) and node.name):
            text = f"str({handler.name})"
            for node in ast.walk(handler):
                if isinstance(node, ast.Compare):
                    asked = text in map(ast.unparse, (node.left, *node.comparators))
                else:
                    asked = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
                    asked = asked and node.func.attr in _ASKED_OF_TEXTS
                    asked = asked and text in map(ast.unparse, (node.func.value, *node.args))
                found += [f"{path}:{node.lineno}"] if asked else []
    assert found == []


def test_names_say_something():
    """No module is a drawer for the rest."""
    assert not {path.name for path in MODULES} & {"utils.py", "common.py", "helpers.py", "constants.py", "misc.py"}


FAMILY_MODULES = sorted((PACKAGE / "derive" / "families").glob("*.py"))


def defined(path: Path) -> set[str]:
    """The names that a module defines at its top level."""
    body = tree(path).body
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


LOADING = """
import gc, json, signal, socket, sys, dagster

def process():
    return gc.get_threshold(), gc.get_freeze_count(), gc.isenabled(), str(signal.getsignal(15))

def refuse(*args, **kwargs):
    raise SystemExit("a connection was opened")

before, socket.socket.connect = process(), refuse
import kc_lineage_dagster.definitions as loaded
assert loaded.defs.resolve_job_def("sync_far")
print(json.dumps({"before": before, "after": process(), "modules": sorted(sys.modules)}))
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """What a process that has loaded the definitions of a recipe says of itself."""
    folder = tmp_path_factory.mktemp("loaded")
    recipe = folder / "far.yml"
    recipe.write_text(
        "source: {type: kafka-connect, config: {connect_uri: 'http://127.0.0.1:1', password: '${NOT_SET_ANYWHERE}'}}\n"
        "sink: {type: datahub-rest, config: {server: 'http://127.0.0.1:1', token: '${NOT_SET_EITHER}'}}\n"
    )
    environment = {"KC_LINEAGE_RECIPES": str(recipe), "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    run = subprocess.run([sys.executable, "-c", LOADING], env=environment, capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads(run.stdout)


@pytest.mark.slow
def test_loading_definitions_opens_no_connection_and_needs_no_secret(loaded):
    """The code location loads without network, the environment's secrets, or what derives and sends."""
    ours = {
        f"kc_lineage_dagster.{name}"
        for name in ("derive.derive", "java_regex", "run.sync", "run.preview", "run.doctor")
    }
    unwanted = {"datahub", "sqlglot", "requests", *ours}
    assert not unwanted & set(loaded["modules"])


@pytest.mark.slow
def test_loading_leaves_the_process_as_it_was(loaded):
    """Loading the definitions changes nothing that other code of the process shares: garbage collector, signals."""
    assert loaded["after"] == loaded["before"]


def test_only_public_parts_of_dagster():
    """No module imports a private one of Dagster, which another release may lack."""
    private = [(str(path), name) for path in MODULES for name in imported(path) if name.startswith("dagster._")]
    assert private == []


def test_dagster_keeps_its_own_storages():
    """The shipped `dagster.yaml` names no class and no storage, so that a user may add `storage: postgres`."""
    settings = yaml.safe_load((ROOT / "dagster.yaml").read_text(encoding="utf-8"))
    assert not [name for name in settings if "storage" in name]
    assert "class:" not in (ROOT / "dagster.yaml").read_text(encoding="utf-8")
    assert settings["run_monitoring"]["enabled"]
    assert settings["run_monitoring"]["max_runtime_seconds"] > 0
