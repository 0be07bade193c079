"""One writer at a time: a file lock that the operating system drops when its process dies, however it dies."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from filelock import FileLock, Timeout

from kc_lineage_dagster.errors import StateError


@contextmanager
def cluster_lock(path: Path, timeout: float, *, run: str = "", what: str = "this cluster") -> Iterator[None]:
    """Hold the lock file ``path`` (its folder is made); who holds it stands beside it, for the one who waits.

    Waits up to ``timeout`` seconds, then raises StateError naming the holder. ``run`` is the id of the run,
    ``what`` is what is being protected, for the message.
    """
    holder = path.with_name(f"{path.name}.holder")
    lock = FileLock(path, timeout=timeout)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise StateError(
            f"another run is working on {what}{_holder(holder)}; waited {timeout:.0f} s for {path}"
        ) from error
    except OSError as error:
        raise StateError(f"the lock {path} cannot be used: {error.strerror or error}") from error
    try:
        holder.write_text(json.dumps(_myself(run)), encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def holder(path: Path) -> str | None:
    """Return who holds the lock file ``path`` now, None when nobody does. StateError when it cannot be used."""
    if not path.exists():
        return None
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return _holder(path.with_name(f"{path.name}.holder")).strip(" ()") or "it has not said who it is"
    except OSError as error:
        raise StateError(f"the lock {path} cannot be used: {error.strerror or error}") from error
    lock.release()
    return None


def _myself(run: str) -> dict[str, str | int]:
    since = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return {"pid": os.getpid(), "host": socket.gethostname(), "run": run, "since": since}


def _holder(path: Path) -> str:
    """Who holds the lock, as a clause; empty when it is not written down (yet)."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return ""
    run = f"run {found['run']}, " if found.get("run") else ""
    return f" ({run}pid {found.get('pid')} on {found.get('host')}, since {found.get('since')})"
