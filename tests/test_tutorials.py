"""The tutorials, followed literally: every command is run as it stands there, and shows what the page says it shows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TUTORIALS = ROOT / "docs" / "tutorials"
_BLOCK = re.compile(r"(?ms)^(<!-- by hand -->\n)?```(\w+)\n(.*?)^```$")
_END = "--- end of step {} ---"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")]


@dataclass
class Step:
    """A block of commands, and the block of text behind it: ``…`` in it stands for anything."""

    commands: str
    shown: str = ""

    def is_shown_in(self, output: str) -> str | None:
        """Return the first line of the page that the output lacks, in this order; None when it has them all."""
        at = 0
        for line in filter(None, map(str.strip, self.shown.splitlines())):
            found = re.search(".*".join(map(re.escape, line.split("…"))), output[at:])
            if found is None:
                return line
            at += found.end()
        return None


def steps(page: Path) -> Iterator[Step]:
    """Yield what a page wants typed, without what is marked as not for a test (installing, servers)."""
    step = None
    for by_hand, language, text in _BLOCK.findall(page.read_text(encoding="utf-8")):
        if language == "sh" and not by_hand:
            if step:
                yield step
            step = Step(text)
        elif language == "text" and step:
            step.shown = text
    if step:
        yield step


def follow(page: Path, folder: Path, programs: Path, **variables: str) -> list[tuple[Step, str]]:
    """Run a page's commands in one shell, as a reader does; each step with its output."""
    found = list(steps(page))
    script = "\n".join(f"{step.commands}\necho '{_END.format(number)}'" for number, step in enumerate(found))
    own = ("DAGSTER_HOME", "KC_LINEAGE_RECIPES", "KC_LINEAGE_STATE", "GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE")
    environment = {name: value for name, value in os.environ.items() if name not in own}
    environment |= {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "PYTHONWARNINGS": "ignore", **variables}
    done = subprocess.run(
        ["bash", "-e"],
        input=script,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    outputs = re.split(r"--- end of step \d+ ---\n", done.stdout)
    return list(zip(found, outputs, strict=False))


@pytest.mark.parametrize("name", ["first-sync.md", "pull-request-check.md"])
def test_a_tutorial_works_as_it_stands(name, tmp_path):
    """Whoever types what stands there, in an empty folder, sees what stands there."""
    for step, output in follow(TUTORIALS / name, tmp_path, Path(sys.executable).parent):
        assert step.is_shown_in(output) is None, f"{step.commands}\n{output}"


def test_a_connector_is_added_as_the_tutorial_says(tmp_path):
    """In a clone, the two files of the tutorial are all that a new connector needs."""
    for name in ("kc_lineage_dagster", "tests/families"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "tests/__init__.py", "tests/examples.py", "tests/tries.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    programs = Path(sys.executable).parent
    for step, output in follow(TUTORIALS / "add-a-connector.md", tmp_path, programs, PYTHONPATH=str(tmp_path)):
        assert step.is_shown_in(output) is None, f"{step.commands}\n{output}"
