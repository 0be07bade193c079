"""The progress of long work in a run's log: how much is done, how fast, and how long the rest will take."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from kc_lineage_dagster.wording import counted

_EVERY = 10.0  # seconds between two lines


def progress_log(
    log: logging.Logger, what: str, clock: Callable[[], float] = time.monotonic
) -> Callable[[int, int], None]:
    """Return a callback (done, of) that logs at most one line every ten seconds.

    Speed and forecast are those of the time since the last line: connectors differ, and the first ones wait longest.

    Args:
        log: The run's log.
        what: What is being done, the beginning of each line.
        clock: Seconds that never go back; given by tests only.
    """
    at, before = clock(), 0

    def report(done: int, of: int) -> None:
        nonlocal at, before
        now = clock()
        if now - at < _EVERY:
            return
        rate = (done - before) / (now - at)
        at, before = now, done
        left = f", about {(of - done) / rate:.0f} s left" if rate > 0 and done < of else ""
        log.info(f"{what}: {done} of {counted(of, 'connector')}, {rate:.{1 if rate < 10 else 0}f} a second{left}")

    return report
