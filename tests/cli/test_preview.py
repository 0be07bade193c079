"""`kc-lineage preview`: the diff between what is and what would be, for people and for pull requests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dagster import DagsterInstance

from kc_lineage_dagster import build_definitions
from tests.cli.run import kc_lineage
from tests.defs.clusters import CONNECTORS, POSTGRES, execute, save_cluster, write_recipe


def connectors(folder: Path, **configs: dict) -> Path:
    folder.mkdir()
    for name, config in configs.items():
        (folder / f"{name}.json").write_text(json.dumps({"name": name, "config": config}))
    return folder


@pytest.fixture
def branches(tmp_path):
    """The folder of a base branch, and that of a branch which adds, changes and deletes a connector."""
    fewer = {**POSTGRES, "table.include.list": "public.users"}
    base = connectors(tmp_path / "base", cdc=POSTGRES, old=CONNECTORS["dw/sink"])
    head = connectors(tmp_path / "head", cdc=fewer, new=CONNECTORS["dw/sink"])
    return base, head


def test_two_branches_are_compared(branches):
    """New, changed and deleted connectors with their edges; the same folder twice gives no line."""
    base, head = branches
    done = kc_lineage("preview", head, "--against", base, "--exit-code")
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert "source cdc" in lines
    assert "  - postgres:shop.public.orders -> kafka:pg.public.orders" in lines
    assert {"sink new (new)", "sink old (gone)"} <= set(lines)
    assert "1 connector new, 1 changed, 1 gone" in lines
    same = kc_lineage("preview", base, "--against", base, "--exit-code")
    assert same.exit_code == 0
    assert same.stdout.splitlines() == ["0 connectors new, 0 changed, 0 gone"]


def test_a_comment_is_a_diff(branches):
    """GitHub and GitLab color a diff by the first character of its lines; nothing in a name ends the block early."""
    base, head = branches
    (head / "odd.json").write_text(json.dumps({"name": "odd", "config": {**POSTGRES, "topic.prefix": "```p"}}))
    lines = kc_lineage("preview", head, "--against", base, "--format", "markdown").stdout.splitlines()
    assert lines[0].startswith("**Lineage:** 2 connectors new")
    assert (lines[2], lines[-1]) == ("```diff", "```")
    assert "- postgres:shop.public.orders -> kafka:pg.public.orders" in lines
    assert sum("```" in line for line in lines) == 2


def test_a_connector_that_cannot_be_read_is_neither_new_nor_gone(branches):
    """A broken file is told as such."""
    base, head = branches
    (head / "old.json").write_text("{")
    done = kc_lineage("preview", head, "--against", base)
    assert "not read: old" in done.stdout
    assert "(gone)" not in done.stdout


def test_what_the_next_sync_would_do(tmp_path, monkeypatch):
    """Without another cluster: compared with what the last sync left; nothing is written."""
    monkeypatch.setenv("KC_LINEAGE_STATE", str(tmp_path / "state"))
    save_cluster(tmp_path, CONNECTORS)
    recipe = write_recipe(tmp_path)
    assert "3 connectors new" in kc_lineage("preview", recipe).stdout
    with DagsterInstance.ephemeral() as instance:
        assert execute(build_definitions(recipe), instance).success
    assert kc_lineage("preview", recipe, "--exit-code").exit_code == 0
    save_cluster(tmp_path, {**CONNECTORS, "cdc": {**POSTGRES, "table.include.list": "public.users"}})
    before = (tmp_path / "out.json").read_text()
    done = kc_lineage("preview", recipe, "--exit-code")
    assert done.exit_code == 1
    assert "  - postgres:shop.public.orders -> kafka:pg.public.orders" in done.stdout
    assert "0 connectors new, 1 changed, 1 entity would be removed" in done.stdout
    assert (tmp_path / "out.json").read_text() == before


def test_a_connector_whose_file_may_be_the_broken_one_is_not_gone(branches):
    """Files are seldom called after their connectors; what plainly is no connector is no line of the diff."""
    base, head = branches
    (head / "file5.json").write_text('{"name": "old", "config": {,}}')
    (head / "package.json").write_text('{"name": "shop", "version": "1"}')
    lines = kc_lineage("preview", head, "--against", base).stdout.splitlines()
    assert "sink old (gone)" not in lines
    assert any(line.startswith("not read: old: it may stand in a file of") for line in lines)
    assert any(line.startswith("not read: file file5.json: malformed JSON") for line in lines)
    assert not any("package.json" in line for line in lines)
    told = kc_lineage("lineage", head).stdout
    assert "no connector in package.json: an object of name, version" in told
