"""Measure where the time of ``dagster job execute`` goes, by sampling the main thread's stack fifty times a second.

python -m bench.phases OUT ARGUMENTS...      runs ``dagster ARGUMENTS...``, writes {phase: seconds} to OUT
"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import CodeType, FrameType

_EVERY = 0.02  # seconds between two samples; more samples would slow the main thread down

# (part of a file's path, functions of the file or none for all of them, phase). The innermost frame that fits an entry
# decides; where it fits several, the first entry does.
PHASES: tuple[tuple[str, frozenset[str], str], ...] = (
    ("kc_lineage_dagster/connect/", frozenset(), "fetch"),
    ("kc_lineage_dagster/catalog/", frozenset(), "derive"),
    ("kc_lineage_dagster/derive/", frozenset(), "derive"),
    ("kc_lineage_dagster/java_regex/", frozenset(), "derive"),
    ("kc_lineage_dagster/emit/", frozenset(), "emit"),
    ("kc_lineage_dagster/run/healing.py", frozenset(), "emit"),
    ("kc_lineage_dagster/state/", frozenset(), "state"),
    ("kc_lineage_dagster/page/", frozenset(), "page"),
    ("kc_lineage_dagster/run/reading.py", frozenset({"read_cluster"}), "fetch"),
    ("kc_lineage_dagster/run/sync.py", frozenset({"_chunk"}), "emit"),
    ("kc_lineage_dagster/defs/metadata.py", frozenset(), "events"),
    ("kc_lineage_dagster/defs/events.py", frozenset({"events_of", "materialized"}), "events"),
    ("kc_lineage_dagster/defs/beside.py", frozenset(), "events"),
    ("kc_lineage_dagster/defs/logging_processes.py", frozenset(), "events"),
    ("dagster/_core/events/__init__.py", frozenset({"log_step_event", "log_job_event"}), "events"),
    ("dagster/_core/instance/", frozenset({"handle_new_event", "emit"}), "events"),
    ("kc_lineage_dagster/definitions.py", frozenset({"<module>"}), "load definitions"),
)
IMPORTS, REST = "imports", "the rest of dagster"


def phase_of(frame: FrameType | None) -> str:
    """Return the phase that a stack belongs to. ``frame``: the innermost frame."""
    while frame is not None:
        phase = _phase(frame.f_code)
        if phase:
            return phase
        frame = frame.f_back
    return REST


@cache
def _phase(code: CodeType) -> str | None:
    file = code.co_filename.replace("\\", "/")
    fitting = (
        phase for part, functions, phase in PHASES if part in file and (not functions or code.co_name in functions)
    )
    return next(fitting, IMPORTS if code.co_name == "<module>" and code.co_filename != __file__ else None)


def sampled(found: Counter[str]) -> Callable[[int, FrameType | None], None]:
    """Return the handler of a timer's signal, which adds the time since the last one to the phase that is under way.

    Python calls the handler in the main thread, so that no thread is added to the process that is measured.
    ``found``: phase -> seconds.
    """
    last = time.monotonic()

    def handler(_: int, frame: FrameType | None) -> None:
        nonlocal last
        now = time.monotonic()
        found[phase_of(frame)] += now - last  # type: ignore[assignment]
        last = now

    return handler


def main(out: str, *arguments: str) -> None:
    """Run ``dagster`` with the arguments and write the seconds of each phase to the file ``out``."""
    found: Counter[str] = Counter()
    signal.signal(signal.SIGALRM, sampled(found))
    signal.setitimer(signal.ITIMER_REAL, _EVERY, _EVERY)
    from dagster._cli import cli

    try:
        cli(list(arguments), standalone_mode=False)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        Path(out).write_text(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
