"""How long one run waits for a DataHub that does not answer: about a minute in all, not a minute per batch."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_log = logging.getLogger("kc_lineage_dagster.emit")

OUTAGE_SECONDS = 60.0
_RELIEF_SECONDS = 1.0  # what an acknowledged batch gives back, so that a busy DataHub is not taken for a dead one
_FIRST_DELAY_SECONDS = 1.0


@dataclass(slots=True)
class Patience:
    """A budget of seconds, spent by failed attempts and by the waits between them; shared by all batches of a run."""

    limit: float = OUTAGE_SECONDS
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    left: float = field(init=False)

    def __post_init__(self) -> None:
        self.left = self.limit

    @property
    def exhausted(self) -> bool:
        """Whether nothing more is to be tried."""
        return self.left <= 0

    def exhaust(self) -> None:
        """Give up at once: waiting would not help."""
        self.left = 0.0

    def relieve(self) -> None:
        """Something was acknowledged."""
        if not self.exhausted:
            self.left = min(self.limit, self.left + _RELIEF_SECONDS)

    def wait(self, attempt: int, asked: float | None, why: str = "DataHub does not answer") -> bool:
        """Wait before the next attempt, 1, 2, 4 ... seconds or as long as the server ``asked``; False to give up.

        ``attempt`` counts from 0. What the server asks beyond the budget is not waited for. ``why``: for the log, in
        one line without secrets.
        """
        seconds = max(_FIRST_DELAY_SECONDS * 2**attempt, asked or 0.0)
        if seconds >= self.left:
            self.exhaust()
            return False
        _log.warning("%s; the next try follows in %.1f s (waiting %.0f s more in all)", why, seconds, self.left)
        self.sleep(seconds)
        self.left -= seconds
        return True

    def charge(self, started: float) -> None:
        """Count a failed attempt that began at ``started`` (of ``clock``)."""
        self.left -= self.clock() - started
