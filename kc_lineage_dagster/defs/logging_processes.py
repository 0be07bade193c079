"""Forked processes that log materializations while the step's own process derives, sends and stores.

Dagster's storages take 6 to 15 ms for a materialization, most of it processor time, even where connections and compiled
SQL are kept (``defs.event_storage``). A thread would take that time from the run that it logs for.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle
from mmap import mmap
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NoReturn

from dagster import AssetExecutionContext, AssetMaterialization, DagsterExecutionInterruptedError, DagsterInstance

from kc_lineage_dagster.defs.event_storage import is_sqlite, spend_less_on_events
from kc_lineage_dagster.errors import EventLogError
from kc_lineage_dagster.wording import counted

_log = logging.getLogger(__name__)

# A database server works for two processes at once, and they wait for its answers. SQLite lets one write at a time:
# there a second process gains little, and takes some 30 MB, because what either of two processes touches is copied.
_WITH_A_SERVER, _WITH_SQLITE = 2, 1
_AHEAD = 1 << 20  # bytes of materializations that may wait in a pipe, some 500 of them; what Linux allows everybody
_THREADS = Path("/proc/self/task")  # a folder per thread of this process, also of threads that Python did not start
_SHOWN_EVERY = 0.5  # seconds after which what was logged is brought in front of those who follow the run
_COUNT_BYTES = 8  # of the number of materializations that a process has logged
_TRIES, _PAUSE = 20, 0.01  # how often to look for threads that end, seconds between
_INTERRUPTIONS = (KeyboardInterrupt, DagsterExecutionInterruptedError)
_ENDINGS = {signal.SIGINT, signal.SIGTERM}  # what a terminal, a launcher or a container sends to end a run


def may_fork(instance: DagsterInstance) -> bool:
    """Tell whether forked processes can log for this one.

    They can on Linux, where this process has one thread, because a lock that another thread holds would stay locked in
    the fork for ever; and where events go to a storage outside of this process. The processes of
    ``dagster job execute`` and of the run launchers fulfil all three. The thread that watches HTTP requests is ended,
    where there are none, because it would stay some seconds for nothing.
    """
    if sys.platform != "linux" or instance.is_ephemeral:
        return False
    from kc_lineage_dagster.http_deadline import rest  # requests takes a while to load

    rest()
    return threading.active_count() == 1 and _alone()


def _alone() -> bool:
    """Tell whether this process has one thread, also of those that Python did not start, after what it has ended."""
    for _ in range(_TRIES):
        if len(list(_THREADS.iterdir())) == 1:
            return True
        time.sleep(_PAUSE)  # a thread that Python has joined may still be on its way out
    return False


@contextmanager
def logging_processes(context: AssetExecutionContext) -> Iterator[Callable[[AssetMaterialization], None]]:
    """Fork a few processes, and yield the function that has one of them log a materialization.

    The function waits when the processes are some 500 materializations behind. When the context ends, also by an error,
    everything that was handed over is logged. What the processes log is in Dagster's storage, in about the order of the
    calls, and not in the result that ``execute_in_process`` returns. When this process is killed, the others end after
    the event that they are about to log.

    An interruption (Ctrl-C, SIGTERM) is heeded when everything is logged, and so is a second one; a third one ends the
    processes at once. Each says in the log how much is left.

    Enter the context before the run opens its state: a database connection and a lock must not reach a fork.

    Raises:
        EventLogError: When Dagster's storage did not take a materialization, or when a process was killed.
    """
    processes: list[_Process] = []
    with _frozen():
        try:
            for _ in range(_WITH_SQLITE if is_sqlite(context.instance) else _WITH_A_SERVER):
                processes.append(_started(context, processes))
            turns = cycle(processes)
            yield lambda materialization: next(turns).log(materialization)
        except _INTERRUPTIONS:
            _log.warning("interrupted: %s, then the run ends", _left(processes))
            _ended(processes)
            raise
        except BaseException:
            _ended(processes)
            raise
        failures = _ended(processes)
    if failures:
        raise EventLogError(failures[0])


@contextmanager
def _frozen() -> Iterator[None]:
    """Keep what there is now out of garbage collections while the context lasts.

    Looking for garbage writes to what is looked at, so one collection would copy all memory that the processes share
    (measured: 55 MB for each of them). A process that has frozen something itself is left as it is: unfreezing knows no
    parts.
    """
    ours = gc.get_freeze_count() == 0
    if ours:
        gc.freeze()
    try:
        yield
    finally:
        if ours:
            gc.unfreeze()


@dataclass(slots=True)
class _Process:
    """A forked process, as its parent sees it.

    Args:
        pid: Its id.
        sender: Takes the materializations that it shall log.
        outcome: Gives its last word: what went wrong, None for nothing.
        logged: How many it has logged, as the process itself counts them: the bytes of a number that both share.
        handed: How many it was handed.
    """

    pid: int
    sender: Connection
    outcome: Connection
    logged: mmap
    handed: int = 0

    @property
    def left(self) -> int:
        """How many materializations it has yet to log."""
        return self.handed - int.from_bytes(self.logged[:], sys.byteorder)

    def log(self, materialization: AssetMaterialization) -> None:
        """Have the process log a materialization.

        Raises:
            EventLogError: When the process reads no more.
        """
        try:
            self.sender.send(materialization)
        except BrokenPipeError:
            raise EventLogError(self.end() or "the process that logs events reads no more; run the job again") from None
        self.handed += 1

    def end(self) -> str | None:
        """Wait until everything is logged, and return what went wrong, None for nothing. A second call does nothing.

        An interrupted call may be made again.
        """
        if self.outcome.closed:
            return None
        self.sender.close()
        self.outcome.poll(None)
        failure: str | None = None
        with suppress(EOFError):  # it died without a word; its status says how
            failure = self.outcome.recv()
        self.outcome.close()
        _, status = os.waitpid(self.pid, 0)
        if failure:
            return f"Dagster's storage did not take an event: {failure}"
        if status:
            ended = os.waitstatus_to_exitcode(status)
            return f"the process that logs events was ended from outside ({ended}); run the job again"
        return None


def _ended(processes: Sequence[_Process]) -> list[str]:
    """Wait until everything is logged, and return what went wrong.

    The first interruption is heeded when everything is logged, the second one at once.

    Raises:
        KeyboardInterrupt, DagsterExecutionInterruptedError: When the wait was interrupted.
    """
    for process in processes:
        process.sender.close()  # all of them come to their end meanwhile, not one after the other
    failures: list[str | None] = []
    interruption: BaseException | None = None
    while waiting := [process for process in processes if not process.outcome.closed]:
        try:
            failures.append(waiting[0].end())
        except _INTERRUPTIONS as error:
            if interruption is not None:
                _killed(waiting)
                break
            interruption = error
            _log.warning("%s, then the run ends; interrupt once more to leave them out", _left(waiting))
    if interruption is not None:
        raise interruption
    return [failure for failure in failures if failure]


def _left(processes: Iterable[_Process]) -> str:
    left = sum(process.left for process in processes)
    return f"{counted(left, 'materialization is', 'materializations are')} still to be logged"


def _killed(processes: Sequence[_Process]) -> None:
    """End the processes at once, and say how many materializations they had not logged.

    The one that a process was about to log may be stored already, and counts as not logged.
    """
    for process in processes:
        os.kill(process.pid, signal.SIGKILL)
    for process in processes:
        process.end()
    _log.error(
        "up to %s not logged; materialize their partitions to see what became of these connectors",
        counted(sum(process.left for process in processes), "materialization was", "materializations were"),
    )


def _started(context: AssetExecutionContext, others: Iterable[_Process]) -> _Process:
    """Fork a process. ``others``: those of this process, whose pipes the new one inherits and must not hold open."""
    handed, sender = Pipe(duplex=False)
    outcome, teller = Pipe(duplex=False)
    logged = mmap(-1, _COUNT_BYTES)
    _enlarge(sender)
    parent = os.getpid()
    sys.stdout.flush()  # or the fork would write what waits there once more
    sys.stderr.flush()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDINGS)  # the fork must not run Dagster's handlers
    pid = os.fork()
    if pid == 0:
        for ending in _ENDINGS:
            signal.signal(ending, signal.SIG_IGN)  # the parent is told as well, and closes its end of the pipe
        for pipe in (sender, outcome, *(pipe for one in others for pipe in (one.sender, one.outcome))):
            pipe.close()
        _log_all(context, handed, teller, logged, parent)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    handed.close()
    teller.close()
    return _Process(pid, sender, outcome, logged)


def _enlarge(pipe: Connection) -> None:
    from fcntl import F_SETPIPE_SZ, fcntl  # Linux only

    with suppress(OSError):  # a user with many pipes may be refused; the 64 KiB of a pipe do as well
        fcntl(pipe.fileno(), F_SETPIPE_SZ, _AHEAD)


def _log_all(
    context: AssetExecutionContext, handed: Connection, teller: Connection, logged: mmap, parent: int
) -> NoReturn:
    """Log what is handed over until the other end is closed, tell what went wrong, and end this process.

    The process ends without Python's tidying up: what it inherited belongs to the parent, and is not closed here.

    Args:
        context: The step's.
        handed: Gives the materializations.
        teller: Takes what went wrong, None for nothing.
        logged: Takes how many were logged.
        parent: The id of the process that hands over.
    """
    failure = None
    try:
        _log_each(context, handed, logged, parent)
    except BaseException as error:
        failure = f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}"
    try:
        handed.close()  # a parent that waits for room in the pipe learns that nobody reads it
        teller.send(failure)
    finally:
        os._exit(0)


def _log_each(context: AssetExecutionContext, handed: Connection, logged: mmap, parent: int) -> None:
    """Log what is handed over, until the other end is closed or the parent is gone; see ``_log_all``."""
    show, due, number = spend_less_on_events(context.instance, context.run.run_id), 0.0, 0
    try:
        while os.getppid() == parent:
            if handed.poll(_SHOWN_EVERY):
                context.log_event(handed.recv())
                deque(context.consume_events(), 0)  # the copies that the context keeps for the step, which is not here
                number += 1
                logged[:] = number.to_bytes(_COUNT_BYTES, sys.byteorder)
            if time.monotonic() >= due:
                show()
                due = time.monotonic() + _SHOWN_EVERY
    except EOFError:
        show()
