"""What README.md wants typed works as it stands; installing and the long targets are tried by `make package` and CI."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.connect.stand_in import ConnectStandIn, worker
from tests.defs.clusters import CONNECTORS, POSTGRES

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS: list[str] = re.findall(r"(?ms)^ *```sh\n(.*?)^ *```$", README)
LINES = [line.partition(" #")[0].strip() for block in BLOCKS for line in block.splitlines()]
SHOWN = [line for line in LINES if line.startswith("kc-lineage ") and line != "kc-lineage doctor"]
# tried elsewhere: `make` by CI's own steps, installing by `make package`, the demo's job by tests/cli/test_command.py
ELSEWHERE = ("make ", "python3 -m venv ", "pip install ", "dagster job execute ")
OWN = "export KC_LINEAGE_RECIPES="


def shell(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run lines of the README with this environment's programs first on the path."""
    named = ("DAGSTER_HOME", "KC_LINEAGE_RECIPES", "KC_LINEAGE_STATE", "CONNECT_USER", "CONNECT_PASSWORD")
    environment = {name: value for name, value in os.environ.items() if name not in named}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    return subprocess.run(["bash", "-ec", script], cwd=folder, env=environment, capture_output=True, text=True)


def recipe() -> str:
    """The recipe that the README shows, as somebody copies it."""
    [text] = re.findall(r"(?ms)^ *```yaml\n(.*?# recipes/payments.yml\n.*?)^ *```$", README)
    return "\n".join(line.removeprefix("   ") for line in text.splitlines()) + "\n"


@pytest.fixture
def folder(tmp_path):
    """A folder as the README's reader has it: a recipe, connectors as files, those of the base branch beside them."""
    for name, tables in (("connectors", "public.users,public.orders"), ("base/connectors", "public.users")):
        (tmp_path / name).mkdir(parents=True)
        config = {**POSTGRES, "table.include.list": tables}
        (tmp_path / name / "cdc.json").write_text(json.dumps({"name": "cdc", "config": config}))
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "payments.yml").write_text(recipe(), encoding="utf-8")
    return tmp_path


@pytest.mark.slow
def test_one_machine_as_deploying_says(folder):
    """The steps of docs/deploying.md on one machine, below a folder instead of /, lead to definitions that load."""
    page = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8").partition("## One machine")[2]
    block = page.partition("```sh\n")[2].partition("```")[0]
    (folder / "dagster.yaml").write_text((ROOT / "dagster.yaml").read_text(encoding="utf-8"))
    (folder / "payments.yml").write_text("source: {type: kafka-connect, config: {connect_uri: /nowhere}}\n")
    lines = [line for line in block.splitlines() if "pip install" not in line and "-m venv" not in line]
    script = re.sub(r"(?<=[=:])/(opt|var|etc)/", rf"{folder}/\1/", "\n".join(lines))
    script = script.replace("kc-lineage doctor", "kc-lineage doctor || true").replace("dagster dev", "dagster job list")
    done = shell(script, folder)
    assert done.returncode == 0, done.stderr
    assert "sync_payments" in done.stdout
    assert (folder / "var/lib/dagster/dagster.yaml").exists()


def test_every_line_is_tried_somewhere():
    """A line that is added to the README is one of the lines that a test runs."""
    [own] = [block for block in BLOCKS if OWN in block]
    known = {line.partition(" #")[0].strip() for line in own.splitlines()} | set(SHOWN)
    assert [line for line in LINES if line and line not in known and not line.startswith(ELSEWHERE)] == []
    assert len(SHOWN) >= 6


@pytest.mark.slow
@pytest.mark.parametrize("line", SHOWN)
def test_what_needs_neither_dagster_nor_datahub(folder, line):
    """Each line ends well and shows or writes something; the worker is one on loopback."""
    with ConnectStandIn(worker(CONNECTORS)) as connect:
        text = recipe().replace("https://connect.example.com:8083", connect.uri)
        text = re.sub(r" *(username|password): .*\n", "", text)
        (folder / "recipes" / "payments.yml").write_text(text, encoding="utf-8")
        done = shell(line.replace("http://connect:8083", connect.uri), folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() or list(folder.glob("*.*")), done.stderr


@pytest.mark.slow
def test_ones_own_cluster(folder):
    """The steps work in an empty folder: the doctor names what is missing first, and Dagster can load the recipe."""
    [block] = [block for block in BLOCKS if OWN in block]
    script = "\n".join(line.strip() for line in block.splitlines())
    script = script.replace("kc-lineage doctor", "kc-lineage doctor || true").replace(
        "dagster dev -m", "dagster definitions validate -m"
    )
    done = shell(script, folder)
    assert done.returncode == 0, done.stderr
    assert "MISSING  recipe" in done.stdout
    assert "CONNECT_USER is not set" in done.stdout
    assert "sync_payments" in shell("dagster job list -m kc_lineage_dagster.definitions", folder).stdout
