"""``make bench``: python -m bench [--sizes 10,100,1000] [--latency 0,5] [--sinks file,gms] [--datahub PYTHON]

With SQLite as Dagster's storage, and with PostgreSQL too where Debian's server and dagster-postgres are installed.
Every measured row replaces the older row of the same run in bench/results.json. From that file bench/results.md and the
table and chart of the README are written; ``--publish`` does only this. Progress goes to standard error.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.contest import Row, contest, saved, stage, warm_up
from bench.publish import publish, stored
from bench.storage import POSTGRES, SQLITE, storages


def main(given: Sequence[str] | None = None) -> None:
    """Measure all runs, one after the other, and publish the results."""
    arguments = _arguments(given)
    if not arguments.publish:
        rows = _measured(arguments)
        stored(rows, _machine(arguments.datahub), fresh=arguments.fresh)
    print(publish())


def _measured(arguments: argparse.Namespace) -> list[Row]:
    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    rows: list[Row] = []
    with _folder() as folder, stage(10, arguments.seed, 0.0, Path(folder), arguments.datahub) as at:
        warm_up(at, lambda line: say(f"warm-up: {line}"))
    for latency in _numbers(arguments.latency):
        for size in map(int, _numbers(arguments.sizes)):
            with (
                _folder() as folder,
                stage(size, arguments.seed, latency / 1000, Path(folder), arguments.datahub) as at,
            ):
                rows += saved(at, say)
                for sink in arguments.sinks.split(","):
                    with storages(arguments.storages.split(",")) as found:
                        rows += contest(at, sink, found, say)
    return rows


def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="bench-")


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--sizes", default="10,100,1000", help="connectors, separated by commas")
    parser.add_argument("--latency", default="5", help="milliseconds a request to Connect, separated by commas")
    parser.add_argument("--sinks", default="file,gms")
    parser.add_argument("--storages", default=f"{SQLITE},{POSTGRES}", help="Dagster's, as far as they are installed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--datahub", type=Path, default=Path(sys.executable), help="Python that has datahub ingest")
    parser.add_argument("--fresh", action="store_true", help="forget what is in bench/results.json")
    parser.add_argument("--publish", action="store_true", help="measure nothing: write what bench/results.json holds")
    return parser.parse_args(given)


def _numbers(text: str) -> list[float]:
    return [float(one) for one in text.split(",")]


def _machine(datahub: Path) -> str:
    asked = "from importlib.metadata import version; print(version('acryl-datahub'))"
    version = subprocess.run([datahub, "-c", asked], capture_output=True, text=True, check=True).stdout.strip()
    return f"Python {platform.python_version()}, {platform.machine()}, acryl-datahub {version}"


if __name__ == "__main__":
    main()
