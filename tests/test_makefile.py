"""The Makefile: one clear line where Python does not fit, and an exported DAGSTER_HOME is kept."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def make(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run make in a folder that holds what the first targets depend on."""
    for name in ("Makefile", "pyproject.toml", "requirements-dev.lock", "dagster.yaml"):
        shutil.copy(ROOT / name, folder / name)
    environment = {name: value for name, value in os.environ.items() if name not in ("DAGSTER_HOME", "MAKEFLAGS")}
    return subprocess.run(
        ["make", *arguments], cwd=folder, env={**environment, **variables}, capture_output=True, text=True
    )


def fake_python(folder: Path, version: str) -> str:
    """A program that says it is Python of this version, makes environments, and installs nothing."""
    python = folder / f"python{version}"
    python.write_text(
        "#!/bin/sh\n"
        f'case "$1" in -c) echo {version};; -m) mkdir -p "$3/bin" && echo {version} > "$3/version" '
        '&& printf "#!/bin/sh\\nexit 0\\n" > "$3/bin/pip" && chmod +x "$3/bin/pip";; esac\n'
    )
    python.chmod(0o755)
    return str(python)


@pytest.mark.parametrize(("python", "words"), [("python3.9", "Python 3.9"), ("no-such-python", "no no-such-python")])
def test_a_python_that_does_not_fit_is_one_line(tmp_path, python, words):
    """Neither a resolver's error nor a stack: which Python is needed, and how to name it."""
    given = fake_python(tmp_path, "3.9") if python == "python3.9" else python
    done = make(tmp_path, "setup", f"PYTHON={given}")
    assert done.returncode != 0
    said = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert len(said) == 1
    assert words in said[0]
    assert "make setup PYTHON=python3.12" in said[0]
    assert not (tmp_path / ".venv").exists()


def test_another_python_makes_the_environment_anew(tmp_path):
    """After a first try with one version, `PYTHON=` of another is what is used; the same again changes nothing."""
    for version in ("3.10", "3.12"):
        done = make(tmp_path, "setup", f"PYTHON={fake_python(tmp_path, version)}")
        assert done.returncode == 0, done.stderr
        assert (tmp_path / ".venv" / "version").read_text().strip() == version
    mark = tmp_path / ".venv" / "mark"
    mark.touch()
    assert make(tmp_path, "setup", f"PYTHON={fake_python(tmp_path, '3.12')}").returncode == 0
    assert mark.exists()


def test_an_exported_dagster_home_is_kept(tmp_path):
    """DAGSTER_HOME of the environment is where dagster.yaml goes; without it, .dagster here."""
    python = f"PYTHON={fake_python(tmp_path, '3.11')}"
    home = tmp_path / "home"
    assert make(tmp_path, "setup", python, DAGSTER_HOME=str(home)).returncode == 0
    (home / "dagster.yaml").write_text("telemetry: {enabled: true}")
    os.utime(home / "dagster.yaml", (0, 0))
    assert make(tmp_path, "setup", python, DAGSTER_HOME=str(home)).returncode == 0
    assert (home / "dagster.yaml").read_text() == "telemetry: {enabled: true}"
    assert not (tmp_path / ".dagster").exists()
    assert make(tmp_path, "setup", python).returncode == 0
    assert (tmp_path / ".dagster" / "dagster.yaml").exists()
