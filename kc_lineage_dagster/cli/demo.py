"""``kc-lineage demo``: run the main job from a saved cluster into DataHub Lite, and sum up the result."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from kc_lineage_dagster.emit.sinks import sink_identity
from kc_lineage_dagster.errors import KcLineageError
from kc_lineage_dagster.lineage import ConnectorLineage
from kc_lineage_dagster.recipe.files import DEMO, RECIPES_VARIABLE, read_recipe
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.wording import counted

_MODULE = ("-m", "kc_lineage_dagster.definitions")
_JOB = ("dagster", "job", "execute", *_MODULE, "-j", "sync_demo")
_SHOWN = 30  # connectors that the summary lists
# the line in which Dagster logs a Failure, before its stack
_FAILURE = re.compile(r"(?m)^dagster\.[\w.]*\.Failure: (.+)$")


@click.command()
@click.option("--ui", is_flag=True, help="Then serve Dagster's web interface, until Ctrl-C.")
@click.option("--port", type=int, default=3000, show_default=True, help="Port of the web interface.")
def command(ui: bool, port: int) -> None:
    """Run the main job with Dagster: from a saved cluster (a real worker's answers) to DataHub Lite, an SQLite file.

    Needs nothing but this package. State goes to DAGSTER_HOME, by default .dagster in the current folder. A second demo
    sends nothing, because nothing changed.

    \b
    kc-lineage demo
    kc-lineage demo --ui      and then http://127.0.0.1:3000
    """
    home = Path(os.environ.get("DAGSTER_HOME") or ".dagster").expanduser().absolute()
    log = _log_in(home)
    os.environ.update({"DAGSTER_HOME": str(home), RECIPES_VARIABLE: str(DEMO)})
    os.environ.setdefault("DATAHUB_TELEMETRY_ENABLED", "false")
    click.echo(f"{shlex.join(_JOB)}   (log: {log})", err=True)
    with log.open("w", encoding="utf-8") as output:
        run = [sys.executable, "-m", *_JOB]
        code = subprocess.run(run, stdout=output, stderr=subprocess.STDOUT, check=False).returncode
    if code:
        _try_instance()
        for line in failures(log.read_text(encoding="utf-8", errors="replace")):
            click.secho(f"Error: {line}", fg="red", err=True)
        raise SystemExit(1)
    cluster = Cluster.of(read_recipe(DEMO))
    click.echo("\n".join(summed_up(cluster, os.environ)))
    if ui:
        serve = [sys.executable, "-m", "dagster", "dev", *_MODULE, "--port", str(port)]
        raise SystemExit(subprocess.run(serve, check=False).returncode)


def _log_in(home: Path) -> Path:
    """Return the path of the run's log, which exists by then.

    Raises:
        KcLineageError: When the folder cannot be written.
    """
    log = home / "sync_demo.log"
    try:
        home.mkdir(parents=True, exist_ok=True)
        log.touch()
    except OSError as error:
        reason = error.strerror or error
        raise KcLineageError(
            f"DAGSTER_HOME={home} cannot be written: {reason}; set DAGSTER_HOME to a folder that can"
        ) from error
    return log


def _try_instance() -> None:
    """Open Dagster's storage.

    Raises:
        KcLineageError: When the storage is why no run could begin.
    """
    from kc_lineage_dagster.defs.home import instance_of_home  # imported here: Dagster takes a while to load

    with instance_of_home() as instance:
        instance.get_runs_count()


def failures(log: str) -> Iterable[str]:
    """Return the failures in a run's log, each once and without Dagster's stack; without any, the log's last 20 lines.

    ``log``: what ``dagster job execute`` wrote.
    """
    said = dict.fromkeys(_FAILURE.findall(log))
    return said or log.splitlines()[-20:]


def summed_up(cluster: Cluster, environ: Mapping[str, str]) -> Iterable[str]:
    """Yield the lines that sum up a sync: counts for each connector, the first unresolved items, where to look next.

    ``cluster``: the cluster that was synced.
    ``environ``: the variables of the run, of which the command to repeat it shows DAGSTER_HOME and KC_LINEAGE_RECIPES.
    """
    lineages = list(cluster.state.lineages())
    unresolved = [(one, item) for one in lineages for item in one.unresolved]
    yield f"{'connector':32} {'type':8} {'jobs':>5} {'edges':>6} {'unresolved':>11}"
    for one in lineages[:_SHOWN]:
        yield f"{one.connector[:32]:32} {one.kind:8} {_jobs(one):5} {len(one.edges):6} {len(one.unresolved):11}"
    if len(lineages) > _SHOWN:
        yield f"… and {len(lineages) - _SHOWN} more"
    counts = (counted(len(lineages), "connector"), counted(sum(map(_jobs, lineages)), "job"))
    edges = counted(sum(len(one.edges) for one in lineages), "edge")
    yield ""
    yield f"{', '.join(counts)}, {edges}, {counted(len(unresolved), 'unresolved item')}"
    yield from (f"  unresolved: {one.connector}: {item}" for one, item in unresolved[:10])
    sink = cluster.recipe.sink
    identity = sink_identity(sink.type, sink.config, base_dir=cluster.file.path.parent) if sink else ""
    exported = " ".join(f"{name}={shlex.quote(environ[name])}" for name in ("DAGSTER_HOME", RECIPES_VARIABLE))
    yield ""
    yield f"written to:  {identity}"
    yield f"state:       {cluster.state.database.place.shown}"
    yield f"picture:     {cluster.page}"
    yield f"the same as: {exported} {shlex.join(_JOB)}"
    yield "look next:   kc-lineage demo --ui (in a clone: make ui), then http://127.0.0.1:3000/assets/demo/connector_lineage"
    yield "your own:    copy " + str(DEMO)


def _jobs(lineage: ConnectorLineage) -> int:
    """Return how many DataJobs a connector has: one for each source dataset or topic."""
    jobs = {edge.upstream if edge.upstream else edge.downstream for edge in lineage.edges}
    return len(jobs) + len({item.topic for item in lineage.unresolved if item.topic})
