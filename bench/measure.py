"""Measure one run of a program: wall time, CPU time and peak memory of its whole process tree (Linux only)."""

from __future__ import annotations

import os
import resource
import subprocess
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_EVERY = 0.1  # seconds between two looks at the tree


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run cost.

    Args:
        wall: Seconds from start to end.
        cpu: Seconds of CPU, user and system, of all its processes.
        memory: Peak memory of all its processes together, in MB.
    """

    wall: float
    cpu: float
    memory: float


def measured(command: Sequence[str], environ: Mapping[str, str], log: Path) -> Measured:
    """Run a command to its end and return its cost. Raises RuntimeError, with the end of the output, when it fails.

    Args:
        command: Program and arguments.
        environ: The environment variables of the run.
        log: The file that the output is written to.
    """
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with log.open("w") as output:
        process = subprocess.Popen(command, env=dict(environ), stdout=output, stderr=subprocess.STDOUT)
        with peaks([process.pid]) as peak:
            code = process.wait()
            wall = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if code:
        raise RuntimeError(f"{' '.join(command)} ended with {code}\n{log.read_text(errors='replace')[-3000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measured(wall, cpu, peak[process.pid])


@contextmanager
def peaks(roots: Collection[int], every: float = _EVERY) -> Iterator[Mapping[int, float]]:
    """Watch process trees until the block ends; give root -> peak memory so far of all its processes together, in MB.

    ``roots``: process ids of the trees' first processes.
    ``every``: seconds between two looks; a look itself costs a few milliseconds of CPU a tree.
    """
    found, stop = dict.fromkeys(roots, 0.0), threading.Event()

    def watch() -> None:
        while not stop.wait(every):
            for root, peak in found.items():
                found[root] = max(peak, sum(map(_resident, _tree(root))) * 1024 / 1e6)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield found
    finally:
        stop.set()
        watcher.join()


def cpu_of(root: int) -> float:
    """Return the seconds of CPU that a process tree has used so far, ended processes included (``man 5 proc``)."""
    ticks = 0
    for pid in _tree(root):
        fields = _text(f"/proc/{pid}/stat").rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))  # utime, stime, cutime, cstime
    return ticks / os.sysconf("SC_CLK_TCK")


def _tree(root: int) -> list[int]:
    found = [root]
    for pid in found:
        for task in _lines(f"/proc/{pid}/task"):
            found += map(int, _text(f"/proc/{pid}/task/{task}/children").split())
    return found


def _lines(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _resident(pid: int) -> int:
    """Return the memory of a process in kB, with shared pages divided among the processes that share them (PSS)."""
    for line in _text(f"/proc/{pid}/smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def _text(file: str) -> str:
    try:
        return Path(file).read_text()
    except OSError:
        return ""
