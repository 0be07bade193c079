"""Files on a local or shared POSIX path that survive a kill at any moment: written whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from kc_lineage_dagster.errors import StateError


def write_document(path: Path, document: Any) -> None:
    """Replaces a JSON document. Raises StateError when the folder cannot be written."""
    # dumps, not dump: only the former is written in C
    write_text(path, json.dumps(document, separators=(",", ":")))


def write_list(path: Path, items: Iterable[Any]) -> None:
    """Replaces a JSON document that is a list of objects, one a line, so that nobody needs to hold it as a whole."""

    def lines() -> Iterator[str]:
        before = "[\n"
        for item in items:
            yield before + json.dumps(item, separators=(",", ":"))
            before = ",\n"
        yield "\n]\n" if before != "[\n" else "[]\n"

    _write(path, lines())


def write_text(path: Path, text: str) -> None:
    """Replaces a text file: temporary file, fsync, rename, fsync of the folder. Raises StateError as above."""
    _write(path, (text,))


def _write(path: Path, parts: Iterable[str]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, parts)
    except OSError as error:
        reason = error.strerror or error
        raise StateError(f"state cannot be written: {path}: {reason}; check the folder's rights and space") from error


def _replace(path: Path, parts: Iterable[str]) -> None:
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.writelines(parts)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes a rename in ``folder`` outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_document(path: Path) -> Any | None:
    """The JSON document, or None when there is none. Raises StateError when it is not readable as JSON."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error


def read_list(path: Path) -> Iterator[Any]:
    """The items that ``write_list`` wrote, one at a time; none when there is no document. StateError as above."""
    try:
        with path.open(encoding="utf-8") as stream:
            yield from _items(stream)
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error


def _items(lines: Iterable[str]) -> Iterator[Any]:
    line = ""
    for line in lines:
        if line.startswith("["):  # the whole list, as version 0.1 wrote it, or only the bracket
            yield from json.loads(line) if line.endswith(("]", "]\n")) else ()
        elif line != "]\n":
            yield json.loads(line.rstrip(",\n"))
    if not line.rstrip("\n").endswith("]"):
        raise ValueError("the list does not end")


def unreadable(path: Path, error: Exception) -> StateError:
    """The error for a document that is damaged."""
    return StateError(f"state cannot be read: {path}: {error}; delete it to send everything again")
