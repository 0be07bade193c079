"""One run in a process of its own, to be killed: emission, then stale removal, under the lock, with receipts."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from kc_lineage_dagster.emit.aspects import Proposal
from kc_lineage_dagster.emit.lock import cluster_lock
from kc_lineage_dagster.emit.sinks import open_sink, sink_identity
from kc_lineage_dagster.run.stale import plan, removal_proposals
from kc_lineage_dagster.state import receipts as receipts_module
from kc_lineage_dagster.state.receipts import Receipts
from tests.emit.samples import cluster, current, owners

# Processes are forked from one that has imported what takes long: a clean process each, in milliseconds.
_PRELOAD = ["pytest", "tests.emit.run_once", "datahub.ingestion.sink.datahub_rest", "datahub.lite.sqlite_lite"]


def start(state: Path, kind: str, config: Mapping[str, Any], connectors: int) -> tuple[BaseProcess, Connection]:
    """A run in another process, and the end of a pipe that tells how many proposals were acknowledged each time."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOAD)
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_main, args=(state, kind, config, connectors, theirs))
    process.start()
    theirs.close()
    return process, ours


def finish(state: Path, kind: str, config: Mapping[str, Any], connectors: int) -> None:
    """A run that nobody kills."""
    process, pipe = start(state, kind, config, connectors)
    process.join()
    pipe.close()
    assert process.exitcode == 0


def _main(state: Path, kind: str, config: Mapping[str, Any], connectors: int, pipe: Connection) -> None:
    receipts_module._FOLD_BYTES = 1_000  # fold at the end of every run
    sys.exit(run(state, kind, config, connectors, pipe.send))


def run(state: Path, kind: str, config: Mapping[str, Any], connectors: int, tell: Callable[[int], None]) -> int:
    """0 when everything was acknowledged."""
    wanted = cluster(connectors)
    by_urn = owners(wanted)
    with cluster_lock(state / "lock", 10):
        receipts = Receipts.load(state)

        def acknowledged(taken: Sequence[Proposal]) -> None:
            receipts.acknowledge(by_urn, taken)
            tell(len(taken))

        sink = open_sink(kind, config, run_id="run")
        receipts.reconcile(sink_identity(kind, config), sink.look(receipts.alive()))
        report = sink.send([p for name, made in wanted.items() for p in receipts.diff(name, made)], acknowledged)
        stale = plan(receipts.holdings(), current(wanted), complete=True, pending=receipts.pending())
        receipts.begin_removal(stale.remove)
        report += sink.send(removal_proposals(stale.remove), acknowledged)
        report += sink.close()
        receipts.close()
    return 0 if report.ok else 1
