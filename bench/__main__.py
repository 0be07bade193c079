"""``make bench``: python -m bench [--sizes 10,100,1000] [--latency 0,5] [--sinks file,gms] [--datahub PYTHON]

With SQLite as Dagster's storage, and with PostgreSQL too where Debian's server and dagster-postgres are installed.
Writes the tables to standard output and to bench/results.md; progress goes to standard error.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.contest import EMPTY, FIRST, INGEST, ONE, ROOT, UNCHANGED, Row, contest, stage
from bench.phases import REST
from bench.storage import POSTGRES, SQLITE, storages

RESULTS = ROOT / "bench" / "results.md"
_COSTS = (
    "| connectors | sink | storage | run | wall s | CPU s | peak MB | requests | proposals | wall, of datahub ingest "
    "| peak, of datahub ingest |"
)
_PHASES = ("load definitions", "fetch", "derive", "emit", "state", "events", REST)


def main(given: Sequence[str] | None = None) -> None:
    """Runs everything in turn, never two at once."""
    arguments = _arguments(given)
    lines = ["# Beside `datahub ingest`", "", _machine(arguments.datahub), ""]
    for latency in _numbers(arguments.latency):
        rows: list[Row] = []
        for size in map(int, _numbers(arguments.sizes)):
            with (
                tempfile.TemporaryDirectory(prefix="bench-") as folder,
                stage(size, arguments.seed, latency / 1000, Path(folder), arguments.datahub) as at,
            ):
                for sink in arguments.sinks.split(","):
                    with storages(arguments.storages.split(",")) as found:
                        rows += contest(at, sink, found, lambda line: print(line, file=sys.stderr, flush=True))
        lines += [f"## {latency:g} ms a request to Connect", "", *costs(rows), "", *phases(rows), ""]
    text = "\n".join(lines)
    RESULTS.write_text(text, encoding="utf-8")
    print(text)


def costs(rows: Iterable[Row]) -> list[str]:
    """One line per run; ratios to ``datahub ingest`` on the same cluster, ``one changed`` to an empty job as well."""
    rows = list(rows)
    lines = [_COSTS, "|" + "---|" * 11]
    for row in rows:
        base = next(one for one in rows if (one.size, one.sink, one.what) == (row.size, row.sink, INGEST))
        ratios = (
            "| |"
            if row is base
            else f"{row.cost.wall / base.cost.wall:.2f} | {row.cost.memory / base.cost.memory:.2f} |"
        )
        lines.append(
            f"| {row.size} | {row.sink} | {row.storage} | {row.what} | {row.cost.wall:.1f} | {row.cost.cpu:.1f} "
            f"| {row.cost.memory:.0f} | {row.requests} | {row.proposals} | {ratios}"
        )
    lines.append("")
    for row in rows:
        if row.what == ONE:
            same = (one for one in rows if (one.size, one.sink, one.storage) == (row.size, row.sink, row.storage))
            ratio = row.cost.wall / next(one for one in same if one.what == EMPTY).cost.wall
            where = f"{row.size} connectors to {row.sink}, {row.storage}"
            lines.append(f"- {where}: one changed takes {ratio:.2f} times an empty job.")
    return lines


def phases(rows: Iterable[Row]) -> list[str]:
    """Where the time of this project's runs goes, in seconds."""
    lines = ["| connectors | sink | storage | run | " + " | ".join(_PHASES) + " |", "|" + "---|" * (4 + len(_PHASES))]
    for row in rows:
        if row.what in (FIRST, UNCHANGED, ONE):
            spent = " | ".join(f"{row.phases.get(phase, 0.0):.2f}" for phase in _PHASES)
            lines.append(f"| {row.size} | {row.sink} | {row.storage} | {row.what} | {spent} |")
    return lines


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--sizes", default="10,100,1000", help="connectors, separated by commas")
    parser.add_argument("--latency", default="5", help="milliseconds a request to Connect, separated by commas")
    parser.add_argument("--sinks", default="file,gms")
    parser.add_argument("--storages", default=f"{SQLITE},{POSTGRES}", help="Dagster's, as far as they are installed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--datahub", type=Path, default=Path(sys.executable), help="Python that has datahub ingest")
    return parser.parse_args(given)


def _numbers(text: str) -> list[float]:
    return [float(one) for one in text.split(",")]


def _machine(datahub: Path) -> str:
    asked = "from importlib.metadata import version; print(version('acryl-datahub'))"
    version = subprocess.run([datahub, "-c", asked], capture_output=True, text=True, check=True).stdout.strip()
    return f"Python {platform.python_version()}, {platform.machine()}, acryl-datahub {version}. Ratios, not seconds."


if __name__ == "__main__":
    main()
