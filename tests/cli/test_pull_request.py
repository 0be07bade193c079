"""The examples for pull requests, run literally on a local git repository: what they would comment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.defs.clusters import CONNECTORS, POSTGRES

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")]


def script_of(name: str) -> tuple[str, str]:
    """The step of an example that compares, and the variable in which its service names the base."""
    document = yaml.safe_load((EXAMPLES / name).read_text(encoding="utf-8"))
    if "jobs" in document:
        [step] = [one for one in document["jobs"]["lineage"]["steps"] if one.get("name") == "Compare"]
        return step["run"], "BASE"
    return document["lineage"]["script"][1], "CI_MERGE_REQUEST_DIFF_BASE_SHA"


def git(repository: Path, *arguments: str) -> str:
    own = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", *own, *arguments], cwd=repository, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path):
    """A repository whose last commit takes a table out of a connector."""
    repository = tmp_path / "repository"
    (repository / "connectors").mkdir(parents=True)
    git(repository, "init", "--quiet")
    for tables in ("public.users,public.orders", "public.users"):
        config = {**POSTGRES, "table.include.list": tables}
        (repository / "connectors" / "cdc.json").write_text(json.dumps({"name": "cdc", "config": config}))
        git(repository, "add", "-A")
        git(repository, "commit", "--quiet", "-m", tables)
    return repository


def run(repository: Path, script: str, variable: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, variable: git(repository, "rev-parse", "HEAD~1")}
    return subprocess.run(["bash", "-ec", script], cwd=repository, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("name", ["github-lineage.yml", "gitlab-lineage.yml"])
def test_the_comment_tells_the_difference(repository, name):
    """The edge that the change takes away is a red line of the comment."""
    done = run(repository, *script_of(name))
    assert done.returncode == 0, done.stderr
    lines = (repository / "comment.md").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "**Lineage:** 0 connectors new, 1 changed, 0 gone"
    assert "- postgres:shop.public.orders -> kafka:pg.public.orders" in lines


@pytest.mark.parametrize("name", ["github-lineage.yml", "gitlab-lineage.yml"])
def test_a_file_that_cannot_be_read_fails_the_check(repository, name):
    """The comment is made all the same, and says so."""
    (repository / "connectors" / "sink.json").write_text("{" + json.dumps(CONNECTORS["dw/sink"]))
    done = run(repository, *script_of(name))
    assert done.returncode != 0
    assert "sink.json: malformed JSON" in (repository / "comment.md").read_text(encoding="utf-8")
