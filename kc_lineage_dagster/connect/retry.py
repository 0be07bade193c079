"""Which failures of a request are worth another try, how often, and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kc_lineage_dagster.errors import ConnectError

ALWAYS = 1_000_000  # as often as the settings allow
A_COUPLE = 2

# Kafka Connect answers 409 while it rebalances, 500 "a rebalance is expected" on forwarded requests (measured on 3.9).
_STATUS_RETRIES = {408: ALWAYS, 409: ALWAYS, 429: ALWAYS, 500: A_COUPLE, 502: ALWAYS, 503: ALWAYS, 504: ALWAYS}
_FIRST_PAUSE = 0.25  # seconds
_LONGEST_PAUSE = 10.0
_LONGEST_RETRY_AFTER = 60.0


@dataclass(frozen=True, slots=True)
class FailedTry:
    """One try of a request that gave no usable answer.

    Args:
        error: What is raised when no further try follows.
        retries: How many further tries the failure is worth.
        wait: Seconds that the worker asked to wait for (``Retry-After``), None where it asked for none.
        told: The error for the log, without the worker's own words, which may repeat a connector's secrets; None where
            ``error`` repeats none of them.
    """

    error: ConnectError
    retries: int = 0
    wait: float | None = None
    told: str | None = None

    def __str__(self) -> str:
        return self.told or str(self.error)


def retries_for(status: int, message: str) -> int:
    """Return how many further tries an HTTP status is worth."""
    if status == 500 and "rebalanc" in message.lower():
        return ALWAYS
    return _STATUS_RETRIES.get(status, 0)


def pause(attempt: int, wait: float | None, jitter: Callable[[], float]) -> float:
    """Return the seconds to wait before try ``attempt`` + 2: exponential with full jitter, at least ``wait``.

    See "Exponential Backoff And Jitter", AWS Architecture Blog.

    Args:
        attempt: How many tries failed before the last one.
        wait: Seconds that the worker asked to wait for, None where it asked for none; a minute at the most.
        jitter: Gives numbers in [0, 1).
    """
    backoff = jitter() * min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(attempt, 30))
    return max(backoff, min(wait or 0.0, _LONGEST_RETRY_AFTER))
