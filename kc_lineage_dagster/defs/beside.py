"""Log materializations in a thread of their own, which waits for Dagster's storage while the run waits for DataHub."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from dagster import AssetExecutionContext, AssetMaterialization

_BESIDE = 200  # materializations that the thread logs before the step yields one


def logged_beside(
    context: AssetExecutionContext, materializations: Iterable[AssetMaterialization]
) -> Iterator[AssetMaterialization]:
    """Log materializations in another thread, in their order, while the next ones are made; yield one after every 200.

    Dagster takes up the events that were logged through ``context`` only when the step yields, and the thread must be
    at rest meanwhile. So after every 200 materializations the thread is waited for, and the next materialization is
    yielded instead of logged; so is the first. An error of Dagster's storage is raised here. Whatever was made is
    logged before this generator ends, also after an error.
    """
    waiting: deque[Future[None]] = deque()
    with ThreadPoolExecutor(1, "materializations") as thread:
        for number, materialization in enumerate(materializations):
            if number % (_BESIDE + 1):
                waiting.append(thread.submit(context.log_event, materialization))
                continue
            _wait(waiting)
            yield materialization
        _wait(waiting)


def _wait(logging: deque[Future[None]]) -> None:
    while logging:
        logging.popleft().result()
