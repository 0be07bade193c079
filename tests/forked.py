"""Processes of their own, to be killed: forked from one that has imported what takes long, which costs milliseconds."""

from __future__ import annotations

import multiprocessing
from multiprocessing.context import ForkServerContext

from kc_lineage_dagster.derive.registry import registry

_PRELOAD = [
    __name__,
    "pytest",
    "tests.emit.run_once",
    "tests.defs.clusters",
    "datahub.ingestion.sink.datahub_rest",
    "datahub.lite.sqlite_lite",
    "kc_lineage_dagster.defs.build",
    "psycopg2",
]
registry()  # its families are imported at the first question


def context() -> ForkServerContext:
    """Where such processes and pipes to them are made; what they run must be importable."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(_PRELOAD)
    return found
