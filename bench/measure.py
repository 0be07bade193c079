"""Measures one run of a program: wall time, CPU time and peak memory of its whole process tree (Linux only)."""

from __future__ import annotations

import os
import resource
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
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
        peak, stop = [0], threading.Event()
        watcher = threading.Thread(target=_watch, args=(process.pid, peak, stop))
        watcher.start()
        code = process.wait()
        wall = time.monotonic() - started
        stop.set()
        watcher.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if code:
        raise RuntimeError(f"{' '.join(command)} ended with {code}\n{log.read_text(errors='replace')[-3000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measured(wall, cpu, peak[0] * 1024 / 1e6)


def _watch(root: int, peak: list[int], stop: threading.Event) -> None:
    while not stop.wait(_EVERY):
        peak[0] = max(peak[0], sum(map(_resident, _tree(root))))


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
