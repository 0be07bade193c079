"""A file lock that the operating system drops when its process dies, however it dies; and who holds it, beside it."""

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
    """Hold the lock file ``path`` (its folder is made).

    ``timeout``: seconds to wait; then StateError names the holder. ``about``: the holder, for those who wait: run, pid,
    host, since. ``what``: what is being protected, for the message.
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
    """Who holds the lock ``path``; None when it is not written down (yet). Of a lock that nobody holds it may lie."""
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
