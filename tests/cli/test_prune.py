"""`kc-lineage prune`: old runs go, from the terminal."""

from __future__ import annotations

import pytest
from dagster import DagsterInstance

from tests.cli.run import kc_lineage
from tests.defs.clusters import run, with_own_home


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("KC_LINEAGE_RECIPES", str(with_own_home(tmp_path, monkeypatch)))
    return tmp_path


@pytest.mark.slow
def test_old_runs_go(folder):
    """Of three syncs the one between goes, when it is old enough and no dry run; the recipe says what is old."""
    with DagsterInstance.get() as instance:
        runs = [run(folder, instance).run_id for _ in range(3)]
        assert kc_lineage("prune").stdout.startswith("shop: 0 old runs deleted, 0 kept")
        dry = kc_lineage("prune", "shop", "--older-than-days", 0, "--dry-run")
        assert dry.stdout.startswith("shop: would delete 1 old run and keep 2")
        assert len(instance.get_runs()) == 3
        done = kc_lineage("prune", folder / "shop.yml", "--older-than-days", 0)
        assert done.stdout.startswith("shop: 1 old run deleted, 2 kept")
        assert {one.run_id for one in instance.get_runs()} == {runs[0], runs[2]}


@pytest.mark.slow
def test_a_recipe_that_cannot_be_used_leaves_the_others(folder, monkeypatch):
    """The other clusters are pruned; the exit code says that one was not."""
    (folder / "broken.yml").write_text("source: {type: kafka-connect, config: {conect_uri: x}}\n")
    done = kc_lineage("prune", folder / "broken.yml", "shop")
    assert done.exit_code == 1
    assert done.stdout.startswith("shop: 0 old runs")
    assert "conect_uri" in done.stderr


STORAGES = {
    "no SQLite": "storage: {sqlite: {base_dir: BASE}}",
    "a package that is not installed": "storage: {custom: {module: no_such_package, class: A, config: {}}}",
    "an unknown field": "storages: {}",
    "no YAML": "storage: [",
    "PostgreSQL that is away": "storage: {postgres: {postgres_url: 'postgresql://u:secret-of-the-test@127.0.0.1:1/db'}}",
}


@pytest.mark.parametrize("kind", STORAGES)
def test_a_storage_that_cannot_be_used(folder, monkeypatch, kind):
    """Whatever is wrong with Dagster's storage is one line, without a password."""
    home = folder / "home"
    (home / "dagster.yaml").write_text(STORAGES[kind].replace("BASE", str(home / "base")))
    for name in ("runs.db", "index.db", "schedules.db"):
        for path in (home / "base" / name, home / "base/history/runs" / name, home / "base/schedules" / name):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"no database" * 100)
    done = kc_lineage("prune")
    assert done.exit_code == 1
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith(f"Error: DAGSTER_HOME={home}: ")
    assert "secret-of-the-test" not in line


@pytest.mark.parametrize("home", [None, "nowhere"])
def test_without_an_instance(folder, monkeypatch, home):
    """Where DAGSTER_HOME is not set, or is no folder, it is one line that says so."""
    if home is None:
        monkeypatch.delenv("DAGSTER_HOME")
    else:
        monkeypatch.setenv("DAGSTER_HOME", str(folder / home))
    done = kc_lineage("prune")
    assert done.exit_code == 1
    assert "DAGSTER_HOME" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.slow
def test_the_demo_says_it_too(folder):
    """It runs Dagster in another process, whose traceback is nobody's business."""
    (folder / "home" / "dagster.yaml").write_text(STORAGES["a package that is not installed"])
    done = kc_lineage("demo")
    assert done.exit_code == 1
    assert done.stderr.strip().splitlines()[1:] == [done.stderr.strip().splitlines()[-1]]
    assert "no_such_package" in done.stderr
