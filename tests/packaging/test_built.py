"""What people install: the wheel works alone, and the sdist is the whole repository. Needs PyPI (make package)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.test_tutorials import TUTORIALS, follow

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.package
# of the repository itself, not of what is built from it
LEFT_OUT = (".git", ".pre-commit", "MANIFEST.in")


@dataclass(frozen=True)
class Built:
    """The sdist, the wheel made from it, and the environment with nothing but the wheel."""

    sdist: Path
    wheel: Path
    bin: Path


def run(command: Sequence[object], cwd: Path, **variables: str) -> str:
    """Run a command without what this process has in its environment; its stdout."""
    own = ("DAGSTER_HOME", "KC_LINEAGE_RECIPES", "KC_LINEAGE_STATE", "PYTHONPATH", "VIRTUAL_ENV")
    environment = {name: value for name, value in os.environ.items() if name not in own}
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env={**environment, **variables}, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("built")
    # a copy, because a build leaves folders behind, and takes in what an earlier one left
    source = folder / "source"
    ignored = shutil.ignore_patterns(
        ".venv*", ".dagster*", "*.egg-info", "build", "dist", "__pycache__", ".*_cache", ".hypothesis"
    )
    shutil.copytree(ROOT, source, ignore=ignored)
    run([sys.executable, "-m", "build", "--outdir", folder / "dist", source], folder)
    [sdist], [wheel] = (folder / "dist").glob("*.tar.gz"), (folder / "dist").glob("*.whl")
    run([sys.executable, "-m", "venv", folder / "venv"], folder)
    pip = [folder / "venv" / "bin" / "pip", "install", "-q", "--disable-pip-version-check"]
    run([*pip, "-c", ROOT / "requirements-dev.lock", wheel, "pytest", "hypothesis"], folder)
    return Built(sdist, wheel, folder / "venv" / "bin")


def test_the_sdist_is_the_repository(built: Built) -> None:
    """Every file under version control is in the sdist, but for the repository's own settings."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a clone: nothing says which files belong here")
    tracked = set(run(["git", "ls-files"], ROOT).splitlines())
    with tarfile.open(built.sdist) as archive:
        held = {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}
    assert {name for name in tracked - held if not name.startswith(LEFT_OUT)} == set()


def test_tests_run_from_the_sdist(built: Built, tmp_path: Path) -> None:
    """Whoever packages the sdist can run its tests: all are collected, and those of a folder pass."""
    with tarfile.open(built.sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    [source] = tmp_path.iterdir()
    python = built.bin / "python"
    assert "error" not in run([python, "-m", "pytest", "--collect-only", "-q"], source)
    assert "passed" in run([python, "-m", "pytest", "-v", "tests/cli", "tests/recipe", "tests/test_docs.py"], source)


def test_the_demo_runs_from_the_wheel_alone(built: Built, tmp_path: Path) -> None:
    """In an empty folder: the command runs the main job and leaves nothing but .dagster."""
    shown = run([built.bin / "kc-lineage", "demo"], tmp_path)
    assert "13 connectors" in shown
    assert [path.name for path in tmp_path.iterdir()] == [".dagster"]


def test_the_first_tutorial_works_with_the_wheel(built: Built, tmp_path: Path) -> None:
    """Whoever installed the wheel and nothing else sees what the tutorial says."""
    for step, output in follow(TUTORIALS / "first-sync.md", tmp_path, built.bin):
        assert step.is_shown_in(output) is None, f"{step.commands}\n{output}"


def test_the_wheel_is_a_code_location(built: Built, tmp_path: Path) -> None:
    """Dagster loads the definitions of the installed package, and `kc-lineage` says its version."""
    command = [built.bin / "dagster", "definitions", "validate", "-m", "kc_lineage_dagster.definitions"]
    run(command, tmp_path, DAGSTER_HOME=str(tmp_path))
    assert run([built.bin / "kc-lineage", "--version"], tmp_path).split()[-1] in built.wheel.name


def test_the_wheel_says_its_licences(built: Built, tmp_path: Path) -> None:
    """The licence of the project, as SPDX expression and text, and those of the scripts it carries."""
    shutil.unpack_archive(built.wheel, tmp_path, "zip")
    [info] = tmp_path.glob("*.dist-info")
    assert "License-Expression: Apache-2.0" in (info / "METADATA").read_text()
    assert len(list((info / "licenses").rglob("*LICENSE*"))) == 3
