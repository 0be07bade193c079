"""Python's garbage collector, told what it need not look at.

Dagster, DataHub's client and a large cluster are millions of objects that live as long as the process. To walk through
them again and again, looking for cycles, takes a quarter of a run's time. Reference counts free all else as ever.
"""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager

_ALLOCATIONS = 50_000  # between two looks at the youngest objects; Python's default is some hundreds


def keep_what_is_loaded() -> None:
    """For a process that is all ours: what is loaded now is passed over from now on, and everything when it ends
    (docs.python.org/3/library/gc.html#gc.freeze).
    """
    gc.freeze()
    atexit.register(gc.freeze)


@contextmanager
def seldom() -> Iterator[None]:
    """While a step works, look for cycles seldom."""
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], _ALLOCATIONS) if before[0] else 0, *before[1:])  # 0: somebody has switched it off
    try:
        yield
    finally:
        gc.set_threshold(*before)
