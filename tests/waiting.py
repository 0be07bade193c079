"""Waits until a process, a server or a page has come to what it must come to. No time limit decides a test."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")


class StuckError(AssertionError):
    """Something did not happen in a time in which it always does."""


def wait(
    until: Callable[[], _T],
    what: str,
    seconds: float = 900,
    told: Callable[[], object] = lambda: "",
    over: Callable[[], bool] = lambda: False,
    every: float = 0.2,
) -> _T:
    """Return what ``until`` gives as soon as that is true; StuckError when it does not come, or cannot come any more.

    Args:
        until: Is asked again and again.
        what: What is waited for, for the error.
        seconds: After which nothing can be said of a machine any more.
        told: What there is to know then, such as the end of a log.
        over: Whether it cannot come any more, such as when the process has ended that should do it.
        every: Seconds between two questions.
    """
    begun = time.monotonic()
    while time.monotonic() < begun + seconds:
        last = over()
        found = until()
        if found:
            return found
        if last:
            break
        time.sleep(every)
    raise StuckError(f"waited {time.monotonic() - begun:.0f} s in vain: {what} {told()}".rstrip())
