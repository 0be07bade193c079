"""What programs have written, while they go on writing."""

from __future__ import annotations

from pathlib import Path


def contents(folder: Path) -> dict[Path, bytes]:
    """Return every file below a folder with its bytes.

    A program at work makes and removes files meanwhile (SQLite's ``-wal``, whose rows then stand in the database), so
    everything is read again until nothing vanished between being listed and being read.
    """
    while True:
        try:
            return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        except FileNotFoundError:
            continue
