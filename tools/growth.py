"""Measure how much an hourly sync adds to Dagster's storage and to the state, and compute a year of syncs from it.

python -m tools.growth [CONNECTORS] runs some syncs of an unchanged cluster with `dagster job execute`, prunes, runs
almost as many again, and prints the table of docs/operating.md. Takes about two minutes of CPU and writes to a
temporary folder only.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
SYNCS = 5  # syncs after the first
# Runs that pruning deletes: all but the newest one, and the first one, which holds the partitions' materializations.
PRUNED = SYNCS - 1
YEAR = 365 * 24  # syncs
DAYS = 30  # days of runs that pruning keeps
_PARTS = {
    "the state": "home/kc_lineage/",
    "runs and events": "home/history/",
    "logs of steps": "home/storage/",
    "sensors, schedules": "home/schedules/",
}


def cluster(connectors: int) -> dict[str, object]:
    """Return a worker's listing of this many connectors, each of which reads two tables."""

    def config(at: int) -> dict[str, str]:
        return {
            "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
            "database.dbname": "shop",
            "topic.prefix": f"s{at}",
            "table.include.list": "public.orders,public.users",
        }

    states = {"connector": {"state": "RUNNING", "worker_id": "w"}, "tasks": []}
    return {
        name: {
            "info": {"name": name, "config": config(at), "type": "source", "tasks": []},
            "status": {"name": name, **states},
        }
        for at, name in ((at, f"c{at:05d}") for at in range(connectors))
    }


def sizes(folder: Path) -> dict[str, int]:
    """Return the bytes of each part of a folder.

    ``other`` are files of no part; the sink's file and the files that were there before the first sync are not counted.
    """
    found = dict.fromkeys((*_PARTS, "other"), 0)
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        part = next((part for part, prefix in _PARTS.items() if name.startswith(prefix)), "other")
        if path.is_file() and not name.startswith(("lite.db", "cluster.json", "shop.yml", "home/dagster.yaml")):
            found[part] += path.stat().st_size
    return found


class Place:
    """A folder with a recipe, a saved cluster and a DAGSTER_HOME, in which syncs run."""

    def __init__(self, folder: Path, connectors: int) -> None:
        self.folder = folder
        (folder / "cluster.json").write_text(json.dumps(cluster(connectors)))
        sink = {"type": "datahub-lite", "config": {"type": "sqlite", "config": {"file": "lite.db"}}}
        source = {"type": "kafka-connect", "config": {"connect_uri": "cluster.json"}}
        (folder / "shop.yml").write_text(json.dumps({"source": source, "sink": sink}))
        home = folder / "home"
        home.mkdir()
        (home / "dagster.yaml").write_text((ROOT / "dagster.yaml").read_text())
        kept = {name: value for name, value in os.environ.items() if not name.startswith("KC_LINEAGE_")}
        recipe = {"KC_LINEAGE_RECIPES": str(folder / "shop.yml"), "DAGSTER_HOME": str(home)}
        self.environment = {**kept, **recipe, "DATAHUB_TELEMETRY_ENABLED": "false"}

    def command(self, *words: str) -> None:
        """Run a Python module in a process of its own. Raises CalledProcessError, with the output, when it fails."""
        subprocess.run(
            [sys.executable, "-m", *words], cwd=self.folder, env=self.environment, check=True, capture_output=True
        )

    def syncs(self, number: int = SYNCS) -> dict[str, int]:
        """Run this many syncs and return the bytes that one of them adds to each part, on average."""
        before = sizes(self.folder)
        for _ in range(number):
            self.command("dagster", "job", "execute", "-m", "kc_lineage_dagster.definitions", "-j", "sync_shop")
        after = sizes(self.folder)
        return {part: round((after[part] - before[part]) / number) for part in after}

    def prune(self) -> None:
        """Delete every run that pruning may delete."""
        self.command("kc_lineage_dagster", "prune", "--older-than-days", "0")


def table(first: Mapping[str, int], each: Mapping[str, int], again: Mapping[str, int]) -> Iterator[str]:
    """Yield the lines of the table, in markdown.

    Args:
        first: Bytes of each part after the first sync.
        each: Bytes that every further sync adds.
        again: Bytes that a sync adds when as many runs are pruned as are made.
    """
    yield "| | after the first sync | each further one | a year, nothing pruned | a year, pruned after 30 days |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for part in (*_PARTS, "other"):
        year = first[part] + YEAR * each[part]
        kept = first[part] + DAYS * 24 * each[part] + max(0, YEAR - DAYS * 24) * again[part]
        yield f"| {part} | {shown(first[part])} | {shown(each[part])} | {shown(year)} | {shown(kept)} |"


def shown(size: float) -> str:
    """Return a number of bytes with a unit, for people."""
    for unit in ("B", "kB", "MB"):
        if abs(size) < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def main(connectors: int = 30) -> None:
    """Measure and print the table."""
    with TemporaryDirectory(prefix="growth-") as folder:
        place = Place(Path(folder), connectors)
        place.command("dagster", "job", "execute", "-m", "kc_lineage_dagster.definitions", "-j", "sync_shop")
        first = sizes(place.folder)
        each = place.syncs()
        peak = sizes(place.folder)
        place.prune()
        place.syncs(PRUNED)
        after = sizes(place.folder)
        again = {part: round((after[part] - peak[part]) / PRUNED) for part in after}
        print("\n".join(table(first, each, again)))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
