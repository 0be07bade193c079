"""Progress of long work in the run's log: how much is done, how fast, how long it will take."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

_EVERY = 10.0  # seconds between two lines


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun: ``1 connector``, ``2 connectors``. ``many``: where an ``s`` is not enough."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def progress_log(
    log: logging.Logger, what: str, clock: Callable[[], float] = time.monotonic
) -> Callable[[int, int], None]:
    """A callback (done, of) that logs at most one line every ten seconds."""
    started = clock()
    last = started

    def report(done: int, of: int) -> None:
        nonlocal last
        now = clock()
        if now - last < _EVERY:
            return
        last = now
        rate = done / (now - started)
        left = (of - done) / rate if rate else 0
        log.info(f"{what}: {done} of {of} connectors, {rate:.{1 if rate < 10 else 0}f} a second, {left:.0f} s left")

    return report
