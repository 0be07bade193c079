"""Run this project and ``datahub ingest`` on the same generated cluster, and measure the cost of each run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.generate import cluster
from bench.measure import Measured, measured

ROOT = Path(__file__).resolve().parents[1]
SLUG = "bench"
INGEST, EMPTY = "datahub ingest", "empty dagster job"
FIRST, UNCHANGED, ONE = "first sync", "unchanged sync", "one changed"
LINEAGE = "kc-lineage lineage"  # over the cluster as `kc-lineage record` saves it


@dataclass(frozen=True, slots=True)
class Row:
    """One measured run.

    Args:
        latency: Milliseconds that each request to Connect takes.
        size: Number of connectors.
        sink: ``file`` or ``gms``; empty for a run without a sink.
        storage: Dagster's storage; empty for a run without Dagster.
        what: The run, such as ``first sync``.
        cost: Time and memory.
        requests: Number of requests to Connect.
        proposals: Number of proposals to DataHub.
        phases: Phase -> seconds, see ``bench.phases``.
    """

    latency: float
    size: int
    sink: str
    storage: str
    what: str
    cost: Measured
    requests: int
    proposals: int
    phases: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Stage:
    """What all runs on one cluster share.

    Args:
        latency: Seconds that each request to Connect takes.
        size: Number of connectors.
        folder: Folder for recipes, logs and outputs.
        datahub: The Python that has ``datahub ingest``.
        connect: Port of the Connect worker on 127.0.0.1.
        gms: Port of the GMS on 127.0.0.1.
    """

    latency: float
    size: int
    folder: Path
    datahub: Path
    connect: int
    gms: int

    def recipe(self, sink: str) -> dict[str, Any]:
        """Return the recipe that both programs get. ``sink``: ``file`` or ``gms``."""
        config: dict[str, Any] = {"connect_uri": f"http://127.0.0.1:{self.connect}", "cluster_name": SLUG}
        sinks = {
            "file": {"type": "file", "config": {"filename": str(self.folder / "out.json")}},
            "gms": {"type": "datahub-rest", "config": {"server": f"http://127.0.0.1:{self.gms}"}},
        }
        return {"source": {"type": "kafka-connect", "config": config}, "sink": sinks[sink]}


@contextmanager
def stage(size: int, seed: int, latency: float, folder: Path, datahub: Path) -> Iterator[Stage]:
    """Generate a cluster, and serve Connect and a GMS until the block ends.

    Args:
        size: Number of connectors.
        seed: Seed of their names and kinds.
        latency: Seconds that each request to Connect takes.
        folder: Folder for recipes, logs and outputs; made when it is missing.
        datahub: The Python that has ``datahub ingest``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    answers = folder / "answers.json"
    answers.write_text(json.dumps(cluster(size, seed)))
    with served(["connect", str(answers), str(latency)], ["gms"]) as (connect, gms):
        yield Stage(latency, size, folder, datahub, connect, gms)


@contextmanager
def served(*servers: Sequence[str]) -> Iterator[list[int]]:
    """Run a process of ``bench.serve`` with each list of arguments until the block ends; give their ports."""
    started: list[subprocess.Popen[str]] = []
    try:
        for arguments in servers:
            command = [sys.executable, "-m", "bench.serve", *arguments]
            started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT))
        yield [int(one.stdout.readline()) if one.stdout else 0 for one in started]
    finally:
        for one in started:
            one.terminate()
            one.wait()


def warm_up(at: Stage, say: Callable[[str], None]) -> None:
    """Run each program once without counting it, so that no measured run compiles Python's modules."""
    for _ in contest(at, "gms", {"warm-up": (ROOT / "dagster.yaml").read_text()}, say):
        pass
    for _ in saved(at, say):
        pass


def saved(at: Stage, say: Callable[[str], None]) -> Iterator[Row]:
    """Measure ``kc-lineage lineage`` on the cluster as ``kc-lineage record`` saves it. ``say``: prints progress."""
    command = [sys.executable, "-c", "from kc_lineage_dagster.cli.main import main; main()"]
    file = str(at.folder / "saved.json")
    environ = _environ(at.folder, at.folder)
    measured([*command, "record", f"http://127.0.0.1:{at.connect}", "-o", file], environ, at.folder / "record.log")
    yield _run(at, "", "", LINEAGE, [*command, "lineage", "--format", "json", file], environ, say)


def contest(at: Stage, sink: str, storages: Mapping[str, str], say: Callable[[str], None]) -> Iterator[Row]:
    """Measure ``datahub ingest``, then for each storage a first sync, an unchanged one, one with one changed connector,
    and an empty Dagster job.

    Args:
        at: The cluster and its servers.
        sink: ``file`` or ``gms``.
        storages: Name -> text of ``dagster.yaml``.
        say: Takes progress lines.
    """
    recipe = at.folder / "recipes" / "recipe.yml"
    recipe.parent.mkdir(exist_ok=True)
    recipe.write_text(json.dumps(at.recipe(sink)))
    ingest = [str(at.datahub), "-m", "datahub", "ingest", "run", "-c", str(recipe)]
    yield _run(at, sink, "", INGEST, ingest, _environ(at.folder, recipe.parent), say)
    for storage, settings in storages.items():
        home = at.folder / f"home-{sink}-{storage}"
        home.mkdir()
        (home / "dagster.yaml").write_text(settings)
        yield from _ours(at, sink, storage, _environ(home, recipe.parent), say)


def _ours(at: Stage, sink: str, storage: str, environ: Mapping[str, str], say: Callable[[str], None]) -> Iterator[Row]:
    narrow = at.folder / "one.json"
    narrow.write_text(json.dumps(_run_config(changed_name(at))))
    job = ["job", "execute", "-m", "kc_lineage_dagster.definitions", "-j", f"sync_{SLUG}"]
    watched = [sys.executable, "-m", "bench.phases", str(at.folder / "phases.json")]
    empty = ["job", "execute", "-f", str(ROOT / "bench" / "empty.py"), "-j", "empty"]
    yield _run(at, sink, storage, FIRST, [*watched, *job], environ, say)
    yield _run(at, sink, storage, UNCHANGED, [*watched, *job], environ, say)
    change(at)
    yield _run(at, sink, storage, ONE, [*watched, *job, "-c", str(narrow)], environ, say)
    yield _run(at, sink, storage, EMPTY, [*watched, *empty], environ, say)


def _environ(home: Path, recipes: Path) -> dict[str, str]:
    """Return the environment of both programs, with telemetry off, so that nothing leaves the machine."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {
        **inherited,
        "DAGSTER_HOME": str(home),
        "KC_LINEAGE_RECIPES": str(recipes),
        "PYTHONPATH": str(ROOT),
        "DATAHUB_TELEMETRY_ENABLED": "false",
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }


def _run_config(name: str) -> dict[str, Any]:
    config = {"config": {"connectors": [name]}}
    return {"ops": {f"{SLUG}__raw_connector_configs": config, f"{SLUG}__sync": config}}


def _run(
    at: Stage,
    sink: str,
    storage: str,
    what: str,
    command: list[str],
    environ: Mapping[str, str],
    say: Callable[[str], None],
) -> Row:
    counts(at.connect), counts(at.gms)
    found = at.folder / "phases.json"
    found.unlink(missing_ok=True)
    cost = measured(command, environ, at.folder / f"{sink}-{what.replace(' ', '-')}.log")
    phases = json.loads(found.read_text()) if found.exists() else {}
    requests = counts(at.connect)["requests"]
    proposals = _in_file(at.folder / "out.json", what) if sink == "file" else counts(at.gms)["proposals"]
    say(f"{at.size} connectors{f' to {sink}' if sink else ''}: {what} {storage} {cost.wall:.1f} s")
    return Row(at.latency * 1000, at.size, sink, storage, what, cost, requests, proposals, phases)


def _in_file(path: Path, what: str) -> int:
    return 0 if what == EMPTY else len(json.loads(path.read_text()))


def changed_name(at: Stage) -> str:
    """Return the name of the connector that is changed: the first of the listing."""
    return str(_get(at.connect, "/connectors")[0])


def change(at: Stage) -> None:
    """Add an entry to a connector's list of tables or topics, through Connect's REST API."""
    name = changed_name(at)
    config = _get(at.connect, f"/connectors/{name}")["config"]
    key = next((key for key in ("table.include.list", "table.whitelist", "topics") if key in config), "topics")
    config[key] = f"{config.get(key, '')},public.added".lstrip(",")
    body = json.dumps(config).encode()
    path = f"http://127.0.0.1:{at.connect}/connectors/{name}/config"
    with urllib.request.urlopen(urllib.request.Request(path, body, method="PUT")):
        pass


def counts(port: int) -> dict[str, int]:
    """Return the numbers of requests and proposals of a server since they were last asked for."""
    return dict(_get(port, "/_count"))


def _get(port: int, path: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
        return json.load(answer)
