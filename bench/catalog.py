"""Measure what a catalog costs: requests to DataHub, and seconds of CPU.

python -m bench.catalog [--connectors 1000] [--datasets 20000] [--columns 30]

A loopback GMS holds the tables of a generated cluster's edges, and other tables of the same databases. Lineage is
derived with columns, each time in a process of its own: without a catalog, with a catalog that is asked for the
first time, and with a catalog whose answers the state keeps. Prints requests to the GMS and CPU time of each process.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from bench.generate import cluster
from tests.catalog.metadata import hold
from tests.emit.gms import Gms

# The program that is measured. Prints the datasets at the ends of edges, and the numbers of edges and of columns.
_DERIVES = """
import json, sys
from kc_lineage_dagster.recipe.files import read_recipe
from kc_lineage_dagster.run.beyond import Memories, beyond
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.derivation import deriving
from pathlib import Path
cluster = Cluster.of(read_recipe(Path(sys.argv[1])))
snapshot = cluster.fetch()
derived = deriving(snapshot.connectors, beyond(cluster, snapshot, Memories.KEPT).settings)
edges = [edge for one in snapshot.connectors for edge in derived(one).edges]
ends = {(end.platform, end.name) for edge in edges for end in (edge.upstream, edge.downstream) if end}
print(json.dumps([sorted(ends), len(edges), sum(len(edge.fields) for edge in edges)]))
"""


def main(given: list[str] | None = None) -> None:
    """Run the three derivations and print their costs."""
    parser = argparse.ArgumentParser(prog="python -m bench.catalog")
    for name, default in (("connectors", 1_000), ("datasets", 20_000), ("columns", 30)):
        parser.add_argument(f"--{name}", type=int, default=default)
    arguments = parser.parse_args(given)
    with tempfile.TemporaryDirectory() as folder, _recipe(Path(folder), arguments.connectors) as (recipe, gms):
        ends, _, _ = _run("without a catalog", recipe, gms, resolver=False)
        _hold(gms, [tuple(end) for end in ends], arguments.datasets, arguments.columns)
        _run("with one, first", recipe, gms, resolver=True)
        _run("with one, later", recipe, gms, resolver=True)


@contextmanager
def _recipe(folder: Path, connectors: int) -> Iterator[tuple[Path, Gms]]:
    saved = folder / "cluster.json"
    saved.write_text(json.dumps(cluster(connectors, 1)))
    os.environ["KC_LINEAGE_STATE"] = str(folder / "state")
    os.environ["DATAHUB_TELEMETRY_ENABLED"] = "false"
    recipe = folder / "bench.yml"
    with Gms() as gms:
        config = {"connect_uri": str(saved), "cluster_name": "bench"}
        document = {"source": {"type": "kafka-connect", "config": config}, "datahub_api": {"server": gms.url}}
        recipe.write_text(yaml.safe_dump(document))
        yield recipe, gms


def _hold(gms: Gms, ends: list[tuple[str, str]], datasets: int, columns: int) -> None:
    """Put the cluster's tables into the GMS, and others of the same databases up to the number ``datasets``."""
    tables = [end for end in ends if end[0] != "kafka"]
    others = (
        (platform, f"{name.rpartition('.')[0]}.other_{number}")
        for number in range(datasets)
        for platform, name in tables
    )
    wanted = dict.fromkeys(tables)
    for one in others:
        if len(wanted) >= datasets:
            break
        wanted[one] = None
    fields = [f"column_{number}" for number in range(columns)]
    for platform, name in wanted:
        hold(gms, platform, name, fields)


def _run(what: str, recipe: Path, gms: Gms, *, resolver: bool) -> tuple[list[list[str]], int, int]:
    document = yaml.safe_load(recipe.read_text())
    document["source"]["config"]["use_schema_resolver"] = resolver
    recipe.write_text(yaml.safe_dump(document))
    gms.requests.clear()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", _DERIVES, str(recipe)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    ends, edges, columns = json.loads(done.stdout.splitlines()[-1])
    requests = sum(gms.requests.values())
    print(f"{what}: {requests} requests, {seconds:.1f} s of CPU, {edges} edges, {columns} columns", flush=True)
    return ends, edges, columns


if __name__ == "__main__":
    main()
