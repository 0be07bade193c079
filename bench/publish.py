"""Keep measured rows in bench/results.json, and writes what is shown of them: bench/results.md, the README's table and
chart, and the tables of docs/deploying.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.contest import EMPTY, FIRST, INGEST, LINEAGE, ONE, ROOT, UNCHANGED, Row
from bench.measure import Measured
from bench.phases import IMPORTS, PHASES, REST
from bench.storage import POSTGRES, SQLITE

KEPT = ROOT / "bench" / "results.json"
RESULTS = ROOT / "bench" / "results.md"
README = ROOT / "README.md"
DEPLOYING = ROOT / "docs" / "deploying.md"
_LATENCY, _SINK = 5.0, "gms"  # the runs that the README shows

_COSTS = (
    "| connectors | sink | storage | run | wall s | CPU s | peak MB | requests | proposals | wall, of datahub ingest "
    "| peak, of datahub ingest |"
)
_AT_ONCE = (
    "| workers | run | wall s | connectors a second | CPU s of the workers | CPU s of PostgreSQL | peak MB of a worker "
    "| proposals |"
)
_PHASES = tuple(dict.fromkeys((IMPORTS, *(phase for _, _, phase in PHASES), REST)))


@dataclass(frozen=True, slots=True)
class FleetRow:
    """One sync of many clusters at once.

    ``clusters``: number of clusters.
    ``connectors``: number of connectors in each.
    ``workers``: number of workers, each with one slot.
    ``what``: the run, such as ``first sync``.
    ``cost``: wall time from the launch of the first run to the end of the last, CPU of all workers, memory of one.
    ``postgres``: seconds of CPU that PostgreSQL used meanwhile.
    ``proposals``: number of proposals to DataHub.
    ``cores``: cores of the machine that everything ran on.
    """

    clusters: int
    connectors: int
    workers: int
    what: str
    cost: Measured
    postgres: float
    proposals: int
    cores: int


def stored(rows: Iterable[Row], machine: str, *, fresh: bool) -> None:
    """Put rows into bench/results.json, each in place of the older row of the same run.

    Args:
        rows: The measured runs.
        machine: One line about the machine and the versions.
        fresh: Whether all other rows are dropped.
    """
    document = _document()
    before = [] if fresh else _rows(document)
    found = {_which(row): row for row in (*before, *rows)}
    ordered = sorted(found.values(), key=lambda row: (row.latency, row.size, row.sink))
    _keep({**document, "machine": machine, "rows": [asdict(row) for row in ordered]})


def stored_fleet(rows: Iterable[FleetRow]) -> None:
    """Put rows into bench/results.json; older ones go, unless they are of as many clusters of as many connectors."""
    document, new = _document(), list(rows)
    size = {(row.clusters, row.connectors) for row in new}
    before = [row for row in _fleet_rows(document) if (row.clusters, row.connectors) in size]
    found = {(row.workers, row.what): row for row in (*before, *new)}
    ordered = sorted(found.values(), key=lambda row: row.workers)
    _keep({**document, "fleet": [asdict(row) for row in ordered]})


def publish() -> str:
    """Write all that is shown of bench/results.json; return the text of bench/results.md."""
    document = _document()
    machine, rows, fleet = document["machine"], _rows(document), _fleet_rows(document)
    lines = ["# Beside `datahub ingest`", "", f"{machine}. Ratios, not seconds; see the README for what they mean.", ""]
    for latency in sorted({row.latency for row in rows}):
        of = [row for row in rows if row.latency == latency]
        lines += [f"## {latency:g} ms a request to Connect", "", *costs(of), "", *phases(of), ""]
    at_once = list(together(fleet))
    if at_once:
        lines += ["## Many clusters at once", "", *at_once, ""]
    text = "\n".join(lines)
    RESULTS.write_text(text, encoding="utf-8")
    shown = [row for row in rows if row.latency == _LATENCY and row.sink in ("", _SINK)]
    _put(README, "make bench", readme(shown))
    _put(DEPLOYING, "make bench", one_run(shown))
    _put(DEPLOYING, "make bench-fleet", at_once)
    return text


def _put(page: Path, command: str, lines: Iterable[str]) -> None:
    """Replace what stands in a page between the two comments that say which command writes it."""
    block = re.compile(rf"(?s)(<!-- written by {command} -->\n).*?(<!-- until here -->)")
    shown = "".join(f"{line}\n" for line in lines)
    text = page.read_text(encoding="utf-8")
    page.write_text(block.sub(lambda found: f"{found[1]}{shown}{found[2]}", text), encoding="utf-8")


def _document() -> dict[str, Any]:
    return dict(json.loads(KEPT.read_text(encoding="utf-8"))) if KEPT.exists() else {}


def _keep(document: Mapping[str, Any]) -> None:
    KEPT.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _rows(document: Mapping[str, Any]) -> list[Row]:
    return [Row(**{**one, "cost": Measured(**one["cost"])}) for one in document.get("rows", ())]


def _fleet_rows(document: Mapping[str, Any]) -> list[FleetRow]:
    return [FleetRow(**{**one, "cost": Measured(**one["cost"])}) for one in document.get("fleet", ())]


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


def one_run(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines of a table of what one run over one cluster takes, by number of connectors and storage."""
    yield "| connectors in a cluster | storage of Dagster | first sync | unchanged sync | peak memory |"
    yield "| ---: | --- | ---: | ---: | ---: |"
    for size in sorted({row.size for row in rows}):
        for storage in (SQLITE, POSTGRES):
            ours = _of(rows, size, _SINK, storage)
            if {FIRST, UNCHANGED} <= ours.keys():
                first, unchanged = ours[FIRST].cost, ours[UNCHANGED].cost
                memory = max(first.memory, unchanged.memory)
                yield f"| {size:,} | {storage} | {first.wall:.0f} s | {unchanged.wall:.0f} s | {memory:.0f} MB |"


def together(rows: Sequence[FleetRow]) -> Iterator[str]:
    """Yield the lines of a table of many clusters at once, and what fifty such clusters keep busy."""
    if not rows:
        return
    one = rows[0]
    yield (
        f"{one.clusters} clusters of {one.connectors:,} connectors each, PostgreSQL for Dagster and the state, workers "
        f"with one slot each; everything, stand-ins for Connect and DataHub too, on the same {one.cores} cores:"
    )
    yield from ("", _AT_ONCE, "| ---: | --- |" + " ---: |" * 6)
    for row in rows:
        a_second = row.clusters * row.connectors / row.cost.wall
        yield (
            f"| {row.workers} | {row.what} | {row.cost.wall:.0f} | {a_second:,.0f} | {row.cost.cpu:.0f} "
            f"| {row.postgres:.0f} | {row.cost.memory:.0f} | {row.proposals:,} |"
        )
    alone = next((row for row in rows if row.what == UNCHANGED), None)
    if alone and alone.workers == 1:
        minutes = 50 / alone.clusters * alone.cost.wall / 60
        yield ""
        yield f"Fifty such clusters, synced every hour, keep one slot busy for {minutes:.0f} minutes of it."


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
