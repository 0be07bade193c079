"""One run in a process of its own, to be killed: reading, emission, stale removal, as Dagster's steps do them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from kc_lineage_dagster.emit.aspects import Proposal
from kc_lineage_dagster.emit.delivery import Acknowledged, SendReport
from kc_lineage_dagster.emit.sinks import Sink, open_sink, renders_whole, sink_identity
from kc_lineage_dagster.emit.which_datahub import Seen
from kc_lineage_dagster.recipe.files import recipe_of
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.reading import read_cluster
from kc_lineage_dagster.run.report import Request
from kc_lineage_dagster.run.sync import Sync
from tests.defs.clusters import save_cluster
from tests.emit.samples import DEBEZIUM
from tests.forked import context


@dataclass(frozen=True)
class Run:
    """A run over ``connectors`` connectors of three tables each. ``state``: ``KC_LINEAGE_STATE``."""

    folder: Path
    state: str
    kind: str
    config: Mapping[str, Any]

    def start(self, connectors: int) -> tuple[BaseProcess, Connection]:
        """In another process, and the end of a pipe that tells how many proposals were acknowledged each time."""
        forked = context()
        ours, theirs = forked.Pipe(duplex=False)
        process = forked.Process(target=_main, args=(self, connectors, theirs))
        process.start()
        theirs.close()
        return process, ours

    def finish(self, connectors: int) -> None:
        """Nobody kills it."""
        process, pipe = self.start(connectors)
        process.join()
        pipe.close()
        assert process.exitcode == 0

    def cluster(self, connectors: int) -> Cluster:
        """What is read."""
        self.folder.mkdir(parents=True, exist_ok=True)
        save_cluster(self.folder, {f"c{at:04d}": _config(at) for at in range(connectors)})
        source = {"type": "kafka-connect", "config": {"connect_uri": "cluster.json", "cluster_name": "test"}}
        return Cluster.of(recipe_of({"source": source}, self.folder / "test.yml"))


def _config(at: int) -> dict[str, str]:
    tables = ",".join(f"public.c{at:04d}_{number}" for number in range(3))
    named = {"database.dbname": "shop", "topic.prefix": "srv", "table.include.list": tables}
    return {"connector.class": DEBEZIUM, "tasks.max": "1", **named}


@dataclass
class Told:
    """A DataHub whose sink tells what it has acknowledged."""

    run: Run
    pipe: Connection

    def open(self, run_id: str, pipeline_name: str | None = None) -> Sink:
        return _Telling(open_sink(self.run.kind, self.run.config, run_id=run_id), self.pipe)

    def identity(self) -> str:
        return sink_identity(self.run.kind, self.run.config)

    def renders_whole(self) -> bool:
        return renders_whole(self.run.kind)


@dataclass
class _Telling:
    sink: Sink
    pipe: Connection

    def look(self, urns: Collection[str]) -> Seen:
        return self.sink.look(urns)

    def send(self, proposals: Sequence[Proposal], acknowledged: Acknowledged) -> SendReport:
        def told(done: Sequence[Proposal]) -> None:
            acknowledged(done)
            self.pipe.send(len(done))

        return self.sink.send(proposals, told)

    def close(self) -> SendReport:
        return self.sink.close()


def _main(run: Run, connectors: int, pipe: Connection) -> None:
    os.environ["KC_LINEAGE_STATE"] = run.state
    cluster = run.cluster(connectors)
    read_cluster(cluster, cluster)
    done = Sync(cluster, Told(run, pipe), Request("run"))
    for _ in done:
        pass
    print(json.dumps({"problem": done.report.problem}), flush=True)
    sys.exit(1 if done.report.problem else 0)
