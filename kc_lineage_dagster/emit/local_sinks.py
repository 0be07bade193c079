"""Sinks on the local disk: where they write, and what surrounds the writing so that a kill leaves nothing half-done."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from glob import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kc_lineage_dagster.emit.lock import file_lock

_LITE_FILE = "~/.datahub/lite/datahub.db"  # DataHub's own default
_LITE_LOCK_SECONDS = 60.0  # another recipe's run may be writing the same DataHub Lite file

# With these, 10,000 proposals take a fifth of the time; a kill loses nothing that was committed.
_SQLITE_OPTIONS = {"journal_mode": "WAL", "synchronous": "NORMAL"}


def absolute(path: str, base: Path | None) -> str:
    """A path of a recipe, relative to ``base`` (by default the working folder); URLs (s3://...) stay."""
    if len(urlsplit(path).scheme) > 1:
        return path
    return os.path.abspath((base or Path()) / Path(path).expanduser())


def file_config(config: Mapping[str, Any], base: Path | None = None) -> dict[str, Any]:
    """The ``config`` of a `file` sink with an absolute path."""
    return {**config, "filename": absolute(str(config["filename"]), base)} if "filename" in config else {**config}


def lite_config(config: Mapping[str, Any], base: Path | None = None) -> dict[str, Any]:
    """The ``config`` of a `datahub-lite` sink: absolute, DataHub's defaults, faster where nothing is said."""
    kind = config.get("type", "sqlite")
    inner = dict(config.get("config") or {})
    inner["file"] = absolute(str(inner.get("file", _LITE_FILE)), base)
    if kind == "sqlite" and not inner.get("options"):
        inner["options"] = dict(_SQLITE_OPTIONS)
    return {**config, "type": kind, "config": inner}


def elsewhere(sink_type: str, config: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The ``config`` of a sink with its file, if it has one, in another folder."""
    if sink_type == "file" and "filename" in config:
        return {**config, "filename": str(folder / "file.json")}
    if sink_type == "datahub-lite":
        return {**config, "config": {**config["config"], "file": str(folder / "lite")}}
    return dict(config)


def unindexed(file: Path) -> Path:
    """The mark beside a DataHub Lite file that has been written to but not indexed (which closing does)."""
    return file.with_name(f"{file.name}.unindexed")


def place(sink_type: str, config: Mapping[str, Any]) -> AbstractContextManager[dict[str, Any]]:
    """The surroundings of one opening: gives the config to open with; left without an error, the work is done."""
    surroundings = _PLACES.get(sink_type)
    return surroundings(config) if surroundings else nullcontext(dict(config))


@contextmanager
def _file(config: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """DataHub's file sink writes when it is closed: to a temporary file, which then replaces the old one."""
    if len(urlsplit(config["filename"]).scheme) > 1:
        yield dict(config)
        return
    target = Path(config["filename"])
    for left in target.parent.glob(
        f".{escape(target.name)}.*.tmp"
    ):  # of a run that was killed: this one holds the lock
        left.unlink(missing_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        yield {**config, "filename": str(temporary)}
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(temporary, target)
        _sync_folder(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make a rename in ``folder`` outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _lite(config: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """One writer at a time, since two destroy each other's index; a mark stands until the index is complete."""
    file = Path(config["config"]["file"])
    file.parent.mkdir(parents=True, exist_ok=True)
    mark = unindexed(file)
    with file_lock(file.with_name(f"{file.name}.lock"), _LITE_LOCK_SECONDS, what=f"DataHub Lite {file}"):
        mark.touch()
        yield dict(config)
        mark.unlink(missing_ok=True)


_PLACES: Mapping[str, Callable[[Mapping[str, Any]], AbstractContextManager[dict[str, Any]]]] = {
    "file": _file,
    "datahub-lite": _lite,
}
