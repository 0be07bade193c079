"""Keeps measured rows in bench/results.json, and writes bench/results.md and the README's table and chart from them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from bench.contest import EMPTY, FIRST, INGEST, LINEAGE, ONE, ROOT, UNCHANGED, Row
from bench.measure import Measured
from bench.phases import IMPORTS, PHASES, REST
from bench.storage import POSTGRES, SQLITE

KEPT = ROOT / "bench" / "results.json"
RESULTS = ROOT / "bench" / "results.md"
README = ROOT / "README.md"
_BLOCK = re.compile(r"(?s)(<!-- written by make bench -->\n).*?(<!-- until here -->)")
_LATENCY, _SINK = 5.0, "gms"  # the runs that the README shows

_COSTS = (
    "| connectors | sink | storage | run | wall s | CPU s | peak MB | requests | proposals | wall, of datahub ingest "
    "| peak, of datahub ingest |"
)
_PHASES = tuple(dict.fromkeys((IMPORTS, *(phase for _, _, phase in PHASES), REST)))


def stored(rows: Iterable[Row], machine: str, *, fresh: bool) -> None:
    """Put rows into bench/results.json, each in place of the older row of the same run.

    Args:
        rows: The measured runs.
        machine: One line about the machine and the versions.
        fresh: Whether all other rows are dropped.
    """
    before = [] if fresh or not KEPT.exists() else _kept()[1]
    found = {_which(row): row for row in (*before, *rows)}
    ordered = sorted(found.values(), key=lambda row: (row.latency, row.size, row.sink))
    document = {"machine": machine, "rows": [asdict(row) for row in ordered]}
    KEPT.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def publish() -> str:
    """Write bench/results.md and the README's table and chart from bench/results.json; return the former."""
    machine, rows = _kept()
    lines = ["# Beside `datahub ingest`", "", f"{machine}. Ratios, not seconds; see the README for what they mean.", ""]
    for latency in sorted({row.latency for row in rows}):
        of = [row for row in rows if row.latency == latency]
        lines += [f"## {latency:g} ms a request to Connect", "", *costs(of), "", *phases(of), ""]
    text = "\n".join(lines)
    RESULTS.write_text(text, encoding="utf-8")
    shown = "\n".join(readme([row for row in rows if row.latency == _LATENCY and row.sink in ("", _SINK)]))
    page = README.read_text(encoding="utf-8")
    README.write_text(_BLOCK.sub(lambda found: f"{found[1]}{shown}\n{found[2]}", page), encoding="utf-8")
    return text


def _kept() -> tuple[str, list[Row]]:
    document = json.loads(KEPT.read_text(encoding="utf-8"))
    return document["machine"], [Row(**{**one, "cost": Measured(**one["cost"])}) for one in document["rows"]]


def _which(row: Row) -> tuple[float, int, str, str, str]:
    return row.latency, row.size, row.sink, row.storage, row.what


def costs(rows: Sequence[Row]) -> list[str]:
    """Return a table of the runs with ratios to ``datahub ingest``, and ``one changed`` beside an empty job."""
    lines = [_COSTS, "|" + "---|" * 11]
    for row in rows:
        base = _of(rows, row.size, row.sink, "").get(INGEST)
        ratios = " | |"
        if base and row is not base:
            ratios = f" {row.cost.wall / base.cost.wall:.2f} | {row.cost.memory / base.cost.memory:.2f} |"
        lines.append(
            f"| {row.size} | {row.sink} | {row.storage} | {row.what} | {row.cost.wall:.1f} | {row.cost.cpu:.1f} "
            f"| {row.cost.memory:.0f} | {row.requests} | {row.proposals} |{ratios}"
        )
    lines.append("")
    for row in rows:
        empty = _of(rows, row.size, row.sink, row.storage).get(EMPTY)
        if row.what == ONE and empty:
            where = f"{row.size} connectors to {row.sink}, {row.storage}"
            lines.append(f"- {where}: one changed takes {row.cost.wall / empty.cost.wall:.2f} times an empty job.")
    return lines


def phases(rows: Iterable[Row]) -> list[str]:
    """Return a table of where the time of this project's runs goes, in seconds of the main thread."""
    lines = ["| connectors | sink | storage | run | " + " | ".join(_PHASES) + " |", "|" + "---|" * (4 + len(_PHASES))]
    for row in rows:
        if row.what in (FIRST, UNCHANGED, ONE):
            spent = " | ".join(f"{row.phases.get(phase, 0.0):.2f}" for phase in _PHASES)
            lines.append(f"| {row.size} | {row.sink} | {row.storage} | {row.what} | {spent} |")
    return lines


def readme(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the README's lines: the table, the chart of times with SQLite, the CPU time of ``kc-lineage lineage``."""
    yield "| connectors | Dagster on | first sync | unchanged | one changed | requests, ours and theirs | peak memory |"
    yield "| ---: | --- | ---: | ---: | ---: | ---: | ---: |"
    seconds: dict[str, dict[int, float]] = {FIRST: {}, UNCHANGED: {}}
    for size in sorted({row.size for row in rows}):
        base = _of(rows, size, _SINK, "").get(INGEST)
        for storage in (SQLITE, POSTGRES):
            ours = _of(rows, size, _SINK, storage)
            if base is None or not {FIRST, UNCHANGED, ONE} <= ours.keys():
                continue
            ratios = " | ".join(f"{ours[what].cost.wall / base.cost.wall:.2f}" for what in (FIRST, UNCHANGED, ONE))
            memory = max(ours[what].cost.memory for what in (FIRST, UNCHANGED))
            yield (
                f"| {size:,} | {storage} | {ratios} | {ours[FIRST].requests:,}, {base.requests:,}"
                f" | {memory:.0f}, {base.cost.memory:.0f} MB |"
            )
            if storage == SQLITE:
                for what, of_size in seconds.items():
                    of_size[size] = ours[what].cost.wall
    if seconds[FIRST]:
        yield from _chart(seconds[FIRST], seconds[UNCHANGED])
    commands = [row for row in rows if row.what == LINEAGE]
    if commands:
        times = ", ".join(f"{row.cost.cpu:.1f} s of {row.size:,}" for row in commands)
        yield from ("", f"`kc-lineage lineage` over saved connectors takes, in seconds of CPU: {times}.")


def _chart(first: Mapping[int, float], unchanged: Mapping[int, float]) -> Iterator[str]:
    def line(of_size: Mapping[int, float]) -> str:
        return f"    line [{', '.join(f'{seconds:.1f}' for seconds in of_size.values())}]"

    yield from ("", "```mermaid", "xychart-beta")
    yield '    title "Seconds, first sync (upper) and unchanged sync (lower)"'
    yield f'    x-axis "connectors" [{", ".join(map(str, first))}]'
    yield f'    y-axis "seconds" 0 --> {max(first.values()) * 1.05:.0f}'
    yield from (line(first), line(unchanged), "```")


def _of(rows: Iterable[Row], size: int, sink: str, storage: str) -> dict[str, Any]:
    """Return the rows of one cluster, sink and storage: run -> row."""
    wanted = (size, sink, storage)
    return {row.what: row for row in rows if (row.size, row.sink, row.storage) == wanted}
