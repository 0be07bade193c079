"""Log materializations beside the run: Dagster's storage takes longer for one than the run takes for its connector."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from dagster import AssetExecutionContext, AssetMaterialization

from kc_lineage_dagster.defs.event_storage import event_index_open
from kc_lineage_dagster.defs.logging_processes import logging_processes, may_fork

_BESIDE = 200  # materializations that the thread logs before the step yields one


def logged_beside(
    context: AssetExecutionContext, materializations: Iterable[AssetMaterialization]
) -> Iterator[AssetMaterialization]:
    """Log materializations beside the run, while the next ones are made; yield those that are not logged.

    Forked processes log them where they can, a thread elsewhere. An error of Dagster's storage is raised here. Whatever
    was made is logged before this generator ends, also after an error. ``materializations`` must open neither databases
    nor locks before it is asked for the first one.
    """
    if may_fork(context.instance):
        with logging_processes(context) as log:
            for materialization in materializations:
                log(materialization)
    else:
        with event_index_open(context.instance):
            yield from _logged_by_a_thread(context, materializations)


def _logged_by_a_thread(
    context: AssetExecutionContext, materializations: Iterable[AssetMaterialization]
) -> Iterator[AssetMaterialization]:
    """Log in another thread, and yield one materialization after every 200.

    Dagster takes up the events that were logged through ``context`` only when the step yields, and the thread must be
    at rest meanwhile. So after every 200 materializations the thread is waited for, and the next materialization is
    yielded instead of logged; so is the first.
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
