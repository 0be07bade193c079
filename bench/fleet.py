"""``make bench-fleet``: python -m bench.fleet [--workers 1,2,4] [--clusters 10] [--connectors 1000] [--latency 5]

Measures many clusters at once on workers of dagster-celery that share only PostgreSQL and Redis: for each number of
workers, each with one slot, a first sync of all clusters and an unchanged sync of all. Kafka Connect and the GMS are
processes of their own on the same machine. Every measured row replaces the older row of the same run in
bench/results.json; bench/results.md and docs/deploying.md are written from that file. Progress goes to standard error.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

from bench.contest import FIRST, UNCHANGED, counts, served
from bench.generate import cluster
from bench.measure import Measured, cpu_of, peaks
from bench.publish import FleetRow, publish, stored_fleet
from tests.machines.deployment import Deployment, missing
from tests.waiting import wait

_LIMIT = 1200.0  # seconds that one sync of all clusters may take


@dataclass(frozen=True, slots=True)
class Servers:
    """The processes that are not measured.

    ``connect``: name of a cluster -> port of its Kafka Connect.
    ``gms``: port of DataHub's GMS.
    """

    connect: dict[str, int]
    gms: int

    def recipes(self) -> dict[str, dict[str, object]]:
        """Return the recipe of each cluster. A platform instance of its own keeps equal names of connectors apart."""
        sink = {"type": "datahub-rest", "config": {"server": f"http://127.0.0.1:{self.gms}"}}
        return {
            name: {
                "source": {
                    "type": "kafka-connect",
                    "config": {
                        "connect_uri": f"http://127.0.0.1:{port}",
                        "cluster_name": name,
                        "platform_instance": name,
                    },
                },
                "sink": sink,
            }
            for name, port in self.connect.items()
        }


def main(given: Sequence[str] | None = None) -> None:
    """Measure each number of workers, one after the other, and publish the results."""
    parser = argparse.ArgumentParser(prog="python -m bench.fleet")
    parser.add_argument("--workers", default="1,2,4", help="numbers of workers, separated by commas")
    parser.add_argument("--clusters", type=int, default=10)
    parser.add_argument("--connectors", type=int, default=1000, help="in each cluster")
    parser.add_argument("--latency", type=float, default=5, help="milliseconds a request to Connect")
    arguments = parser.parse_args(given)
    lacking = missing()
    if lacking:
        parser.error(lacking)
    rows = []
    for workers in map(int, arguments.workers.split(",")):
        with _servers(arguments.clusters, arguments.connectors, arguments.latency / 1000) as servers:
            for what, cost, postgres, proposals in _syncs(servers, workers):
                row = FleetRow(
                    arguments.clusters,
                    arguments.connectors,
                    workers,
                    what,
                    cost,
                    postgres,
                    proposals,
                    os.cpu_count() or 0,
                )
                print(f"{workers} workers: {what} {cost.wall:.1f} s", file=sys.stderr, flush=True)
                rows.append(row)
    stored_fleet(rows)
    print(publish())


@contextmanager
def _servers(clusters: int, connectors: int, latency: float) -> Iterator[Servers]:
    with tempfile.TemporaryDirectory(prefix="bench-fleet-") as folder:
        commands = []
        for number in range(clusters):
            answers = Path(folder) / f"c{number}.json"
            answers.write_text(json.dumps(cluster(connectors, seed=number)))
            commands.append(["connect", str(answers), str(latency)])
        with served(*commands, ["gms"]) as (*connect, gms):
            yield Servers({f"c{number}": port for number, port in enumerate(connect)}, gms)


def _syncs(servers: Servers, workers: int) -> Iterator[tuple[str, Measured, float, int]]:
    """Yield name, cost, PostgreSQL's seconds of CPU and number of proposals of each sync of all clusters."""
    folder = Path(tempfile.mkdtemp(prefix="bench-fleet-"))  # not pytest's or tempfile's: PostgreSQL's account gets in
    names = [f"w{number}" for number in range(workers)]
    try:
        with (
            Deployment(folder, servers.recipes(), names, slots=1) as deployment,
            DagsterInstance.from_config(str(folder / "code/dagster")) as instance,
        ):
            for what in (FIRST, UNCHANGED):
                counts(servers.gms)
                cost, postgres = _sync(deployment, instance, list(servers.connect))
                yield what, cost, postgres, counts(servers.gms)["proposals"]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sync(deployment: Deployment, instance: DagsterInstance, clusters: Sequence[str]) -> tuple[Measured, float]:
    """Sync all clusters once. Return the cost of the workers, whose memory is the largest one's, and PostgreSQL's CPU.

    Raises RuntimeError when a run does not end well.
    """
    roots = [one.running.pid for name in deployment.workers if (one := deployment.machines[name]).running]
    postgres = deployment.postgres.pid or 0
    client = deployment.client()
    before, of_postgres, launched = sum(map(cpu_of, roots)), cpu_of(postgres), time.time()
    with peaks(roots, every=0.5) as memory:
        runs = [client.submit_job_execution(f"sync_{cluster}") for cluster in clusters]
        ended = wait(lambda: _ended(instance, runs), "all runs have ended", _LIMIT)
    cost = Measured(ended - launched, sum(map(cpu_of, roots)) - before, max(memory.values()))
    return cost, cpu_of(postgres) - of_postgres


def _ended(instance: DagsterInstance, runs: Sequence[str]) -> float | None:
    """Return the time at which the last run ended; None while one is under way."""
    records = instance.get_run_records(RunsFilter(run_ids=list(runs)))
    failed = [one.dagster_run.run_id for one in records if one.dagster_run.status is DagsterRunStatus.FAILURE]
    if failed:
        raise RuntimeError(f"{len(failed)} of {len(runs)} runs failed, the first is {failed[0]}")
    if not all(one.dagster_run.status is DagsterRunStatus.SUCCESS for one in records):
        return None
    return max(one.end_time or 0.0 for one in records)


if __name__ == "__main__":
    main()
