"""Materializations are logged beside the run: one waits for Dagster's disk or server, the other for DataHub's."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from dagster import AssetExecutionContext, AssetMaterialization

_WAITING = 200  # materializations that may wait: they hold what people see of a connector


@contextmanager
def logging_beside(context: AssetExecutionContext) -> Iterator[Callable[[AssetMaterialization], None]]:
    """Give a function that logs a materialization in another thread, in the order of the calls, and returns at once.

    What Dagster's storage raises is raised by a later call, or when the context ends; it ends when all are logged, also
    after an error. Dagster takes what was logged from ``context`` at the step's next ``yield``: there must be none
    inside.
    """
    waiting: deque[Future[None]] = deque()
    with ThreadPoolExecutor(1, "materializations") as thread:

        def log(materialization: AssetMaterialization) -> None:
            waiting.append(thread.submit(context.log_event, materialization))
            while waiting and (waiting[0].done() or len(waiting) > _WAITING):
                waiting.popleft().result()

        yield log
        for one in waiting:
            one.result()
