"""Where the time of ``dagster job execute`` goes: the main thread's stack, looked at fifty times a second.

python -m bench.phases OUT ARGUMENTS...      runs ``dagster ARGUMENTS...``, writes {phase: seconds} to OUT
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from functools import cache
from pathlib import Path
from types import CodeType, FrameType

_EVERY = 0.02  # seconds; more often would cost the main thread its time

# (end of the file's path, function) -> phase; the innermost frame that is listed decides.
PHASES = {
    ("kc_lineage_dagster/run/cluster.py", "fetch"): "fetch",
    ("kc_lineage_dagster/run/sync.py", "describe"): "derive",
    ("kc_lineage_dagster/run/sync.py", "_emit"): "emit",
    ("kc_lineage_dagster/emit/rest_sink.py", "send"): "emit",
    ("kc_lineage_dagster/emit/rest_sink.py", "look"): "emit",
    ("kc_lineage_dagster/emit/registry_sink.py", "send"): "emit",
    ("kc_lineage_dagster/emit/registry_sink.py", "close"): "emit",
    ("kc_lineage_dagster/run/removal.py", "remove_stale"): "emit",
    ("kc_lineage_dagster/run/sync.py", "_remember"): "state",
    ("kc_lineage_dagster/run/sync.py", "read_cluster"): "state",
    ("kc_lineage_dagster/run/sync.py", "__iter__"): "state",
    ("kc_lineage_dagster/defs/events.py", "events_of"): "events",
    ("dagster/_core/instance/__init__.py", "handle_new_event"): "events",
    ("dagster/_core/instance/methods/event_methods.py", "handle_new_event"): "events",
    ("kc_lineage_dagster/definitions.py", "<module>"): "load definitions",
}
REST = "dagster and start-up"


def phase_of(frame: FrameType | None) -> str:
    """The phase that a stack belongs to."""
    while frame is not None:
        phase = _phase(frame.f_code)
        if phase:
            return phase
        frame = frame.f_back
    return REST


@cache
def _phase(code: CodeType) -> str | None:
    file = code.co_filename.replace("\\", "/")
    short = "/".join(file.split("/")[file.split("/").index("dagster") :]) if "/dagster/" in file else file
    found = (phase for (end, function), phase in PHASES.items() if code.co_name == function and short.endswith(end))
    return next(found, None)


def sample(main: int, found: Counter[str], stop: threading.Event) -> None:
    """Counts seconds per phase until told to stop."""
    last = time.monotonic()
    while not stop.wait(_EVERY):
        now = time.monotonic()
        found[phase_of(sys._current_frames().get(main))] += now - last  # type: ignore[assignment]
        last = now


def main(out: str, *arguments: str) -> None:
    """See the module's docstring."""
    found: Counter[str] = Counter()
    stop = threading.Event()
    watcher = threading.Thread(target=sample, args=(threading.get_ident(), found, stop), daemon=True)
    watcher.start()
    from dagster._cli import cli

    try:
        cli(list(arguments), standalone_mode=False)
    finally:
        stop.set()
        watcher.join()
        Path(out).write_text(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
