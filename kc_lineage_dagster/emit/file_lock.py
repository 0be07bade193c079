"""A file lock that the operating system releases when its process dies, with a file beside it that names the holder."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from kc_lineage_dagster.errors import StateError


@contextmanager
def file_lock(path: Path, timeout: float, *, about: Mapping[str, Any] | None = None, what: str = "") -> Iterator[None]:
    """Hold a lock file while the ``with`` block runs.

    Args:
        path: The lock file; its folder is made where it is missing.
        timeout: Seconds to wait for another holder.
        about: The fields run, host, pid and since of this holder, for those who wait; None for this process, no run.
        what: What the lock protects, for the message.

    Raises:
        StateError: When another process still holds the lock after ``timeout``, which the message names; or when the
            file cannot be used.
    """
    beside = _beside(path)
    lock = FileLock(path, timeout=timeout)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise StateError(
            f"another run is working on {what}{_clause(holder_beside(path))}; waited {timeout:.0f} s for {path}"
        ) from error
    except OSError as error:
        raise StateError(f"the lock {path} cannot be used: {error.strerror or error}") from error
    try:
        _write(beside, about or _myself())
        yield
    finally:
        beside.unlink(missing_ok=True)
        lock.release()


def holder_beside(path: Path) -> dict[str, Any] | None:
    """Return run, host, pid and since of the holder of the lock ``path``; None while they are not written down.

    The answer counts only while the lock is held: a process that was killed leaves the file behind.
    """
    try:
        found = json.loads(_beside(path).read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.keys() == {"run", "host", "pid", "since"} else None


def _write(beside: Path, about: Mapping[str, Any]) -> None:
    try:
        beside.write_text(json.dumps(about), encoding="utf-8")
    except OSError as error:
        raise StateError(f"the lock {beside} cannot be used: {error.strerror or error}") from error


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.holder")


def _myself() -> dict[str, Any]:
    since = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return {"run": "", "host": socket.gethostname(), "pid": os.getpid(), "since": since}


def _clause(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return ""
    run = f"run {found['run']}, " if found["run"] else ""
    return f" ({run}pid {found['pid']} on {found['host']}, since {found['since']})"
