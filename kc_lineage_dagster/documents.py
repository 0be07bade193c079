"""Documents on a local or shared POSIX path: written whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from kc_lineage_dagster.errors import StateError


def write_document(path: Path, document: Any) -> None:
    """Writes a JSON document atomically. StateError when the folder cannot be written."""
    # dumps, not dump: only the former is written in C
    write_text(path, json.dumps(document, ensure_ascii=True, separators=(",", ":"), sort_keys=True))


def write_text(path: Path, text: str) -> None:
    """Writes a file atomically (temporary file, fsync, rename). StateError when the folder cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise StateError(f"{path}: cannot be written: {error.strerror}; check the folder's rights and space") from error


def read_document(path: Path) -> Any | None:
    """The document, None when there is none. StateError when it is not readable as JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise StateError(f"{path}: cannot be read: {error}; remove it to start over") from error
