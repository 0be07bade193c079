"""The time that one run spends on a DataHub that does not answer: about a minute in all, not a minute per batch."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_log = logging.getLogger("kc_lineage_dagster.emit")

OUTAGE_SECONDS = 60.0
_RELIEF_SECONDS = 1.0  # given back by each acknowledged batch, so that a busy DataHub is not taken for a dead one
_FIRST_DELAY_SECONDS = 1.0


@dataclass(slots=True)
class Patience:
    """A budget of seconds, spent by failed attempts and by the waits between them; all batches of a run share it.

    Args:
        limit: Seconds to begin with, and the most that acknowledgements restore.
        clock: Seconds that never go backwards.
        sleep: Waits for so many seconds.
    """

    limit: float = OUTAGE_SECONDS
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    left: float = field(init=False)

    def __post_init__(self) -> None:
        self.left = self.limit

    @property
    def exhausted(self) -> bool:
        """Whether the budget is spent, so that nothing more is to be tried."""
        return self.left <= 0

    def exhaust(self) -> None:
        """Spend the whole budget at once, where waiting would not help."""
        self.left = 0.0

    def relieve(self) -> None:
        """Give one second of the budget back, because DataHub just acknowledged a batch."""
        if not self.exhausted:
            self.left = min(self.limit, self.left + _RELIEF_SECONDS)

    def wait(self, attempt: int, asked: float | None, why: str = "DataHub does not answer") -> bool:
        """Wait before the next attempt, and tell whether to make it: False when the wait would exceed the budget.

        Args:
            attempt: The number of failed attempts before the last one: the wait is 1, 2, 4 ... seconds.
            asked: Seconds that the server asked for, where that is longer; None where it asked for none.
            why: The reason for the log, in one line without secrets.
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
        """Spend the seconds since a failed attempt began, at ``started`` on the ``clock``."""
        self.left -= self.clock() - started
