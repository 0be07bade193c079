"""Waits until a process, a server or a page has come to what it must come to. No time limit decides a test."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")


class StuckError(AssertionError):
    """Something did not happen in a time in which it always does."""


def wait(until: Callable[[], _T], what: str, seconds: float = 900, told: Callable[[], object] = lambda: "") -> _T:
    """Return what ``until`` gives as soon as that is true; StuckError when it does not come.

    Args:
        until: Is asked a few times a second.
        what: What is waited for, for the error.
        seconds: After which nothing can be said of a machine any more.
        told: What there is to know then, such as the end of a log.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = until()
        if found:
            return found
        time.sleep(0.2)
    raise StuckError(f"waited {seconds:g} s in vain: {what} {told()}".rstrip())
