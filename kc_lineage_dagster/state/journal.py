"""A journal of lines that survives a kill at any moment."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kc_lineage_dagster.errors import StateError


class Journal:
    """An append-only file of JSON lines. A line torn by a kill is ignored, and never joined to the next one.

    The file is opened by the first write: reading leaves no trace.
    """

    __slots__ = ("_handle", "path")

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def lines(self) -> Iterator[Any]:
        """The entries so far, oldest first."""
        try:
            raw = self.path.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            raise StateError(f"state cannot be read: {self.path}: {error.strerror or error}") from error
        for line in raw.split(b"\n"):
            try:
                yield json.loads(line)
            except ValueError:
                continue  # empty, or torn by a kill

    def append(self, entry: Any, *, sync: bool = False) -> None:
        """Add one entry; it outlives this process at once, a power cut only with ``sync`` (or after ``sync()``).

        Raises StateError when the file cannot be written.
        """
        data = json.dumps(entry, separators=(",", ":")).encode("ascii") + b"\n"
        try:
            handle = self._open()
            while data:
                data = data[os.write(handle, data) :]
            if sync:
                os.fsync(handle)
        except OSError as error:
            self.close()  # a torn line is ended when the file is opened again
            raise StateError(f"state cannot be written: {self.path}: {error.strerror or error}") from error

    def _open(self) -> int:
        if self._handle is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            size = os.fstat(self._handle).st_size
            if size and os.pread(self._handle, 1, size - 1) != b"\n":
                os.write(self._handle, b"\n")
        return self._handle

    def sync(self) -> None:
        """Make what was appended outlive a power cut."""
        if self._handle is not None:
            os.fsync(self._handle)

    def size(self) -> int:
        """Bytes; 0 when there is no journal."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def clear(self) -> None:
        """Empty the journal, after its entries have reached the document."""
        if self.size():
            os.ftruncate(self._open(), 0)

    def close(self) -> None:
        """Release the file."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
