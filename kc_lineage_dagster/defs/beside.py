"""Materializations are logged beside the run: one waits for Dagster's disk or server, the other for DataHub's."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from dagster import AssetExecutionContext, AssetMaterialization

_BESIDE = 200  # materializations that are logged beside the run before one is yielded


def logged_beside(
    context: AssetExecutionContext, materializations: Iterable[AssetMaterialization]
) -> Iterator[AssetMaterialization]:
    """Log materializations in another thread, in their order, while the next ones are made; yield one of 200.

    What is logged stays in ``context`` until the step yields, because only then does Dagster take it; and it may only
    take it while nobody logs. So each time that many are logged the next one is yielded instead. What Dagster's storage
    raises is raised here; all that was made is logged before this ends, also after an error.
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
