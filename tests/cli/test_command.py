"""`kc-lineage` as a whole: help, exit codes, the demo, colors, and what an unknown word gets."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from kc_lineage_dagster.cli.main import main
from tests.cli.run import kc_lineage
from tests.defs.clusters import CONNECTORS, save_cluster

COMMANDS = sorted(main.list_commands(None))  # type: ignore[arg-type]


def test_help_lists_every_command():
    """The help names each subcommand and says what the exit codes mean."""
    shown = kc_lineage("--help").stdout
    assert all(f"  {name} " in shown for name in COMMANDS)
    assert "Exit codes" in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_how_it_is_used(name):
    """The help of each subcommand has an example to copy."""
    assert f"kc-lineage {name}" in kc_lineage(name, "--help").stdout.partition("Options:")[0].split("]...", 1)[-1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["lineag"], "lineage"), (["lineage", "x", "--formt", "json"], "--format"), (["lineage"], "Missing argument")],
)
def test_a_wrong_command_line_is_exit_code_2(arguments, words):
    """Unknown words are told with what was perhaps meant."""
    done = kc_lineage(*arguments)
    assert done.exit_code == 2
    assert words in done.stderr
    assert not done.stdout


def test_colors_are_for_terminals_that_want_them(tmp_path, monkeypatch):
    """Colors only when asked for, and never with NO_COLOR (no-color.org)."""
    from click.testing import CliRunner

    cluster = save_cluster(tmp_path, CONNECTORS)
    assert "\x1b[" in CliRunner().invoke(main, ["lineage", str(cluster)], color=True).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in CliRunner().invoke(main, ["lineage", str(cluster)], color=True).stdout


@pytest.mark.slow
def test_the_demo_runs_anywhere(tmp_path):
    """The demo is Dagster's own run of the main job, needs only the package, and writes below the current folder."""
    environment = {
        name: value for name, value in os.environ.items() if name not in ("DAGSTER_HOME", "KC_LINEAGE_STATE")
    }
    command = [sys.executable, "-m", "kc_lineage_dagster", "demo"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "13 connectors, 31 jobs, 32 edges, 0 unresolved items" in done.stdout
    assert (tmp_path / ".dagster" / "demo-datahub-lite.sqlite").is_file()
    assert [path.name for path in tmp_path.iterdir()] == [".dagster"]


def test_a_demo_that_finds_no_folder_to_write_to_says_so_in_one_line(tmp_path, monkeypatch):
    """A current folder or a DAGSTER_HOME that cannot be written is one line that says what to set."""
    (tmp_path / "home").write_text("no folder")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    done = kc_lineage("demo")
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
    assert "set DAGSTER_HOME to a folder" in done.stderr


@pytest.mark.slow
def test_a_demo_that_fails_says_why_in_one_line(tmp_path):
    """What Dagster writes as an error with two stacks is the error here."""
    (tmp_path / ".dagster").mkdir()
    (tmp_path / ".dagster" / "kc_lineage").write_text("a file, where a folder is needed")
    own = ("DAGSTER_HOME", "KC_LINEAGE_STATE")
    environment = {name: value for name, value in os.environ.items() if name not in own}
    command = [sys.executable, "-m", "kc_lineage_dagster", "demo"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    command_line, *said = done.stderr.splitlines()
    assert command_line.startswith("dagster job execute")
    assert len(said) == 1, said
    assert said[0].startswith("Error: ")
    assert "kc_lineage" in said[0]


@pytest.mark.slow
def test_json_survives_a_terminal_without_unicode(tmp_path):
    """In a C locale the JSON is ASCII with escapes, and says the same."""
    cluster = save_cluster(tmp_path, CONNECTORS)
    command = [sys.executable, "-m", "kc_lineage_dagster", "lineage", str(cluster), "--format", "json"]
    found = []
    for encoding in ("ascii", "utf-8"):
        environment = {**os.environ, "PYTHONIOENCODING": encoding}
        found.append(json.loads(subprocess.run(command, env=environment, capture_output=True, check=True).stdout))
    assert found[0] == found[1]
    assert "ödd ../name" in {one["connector"] for one in found[0][0]["connectors"]}
