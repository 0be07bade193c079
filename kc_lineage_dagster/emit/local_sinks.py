"""DataHub's sinks that write to the local disk (`file`, `datahub-lite`): their paths, and what makes a kill harmless.

A file is replaced as a whole when it is complete; a DataHub Lite has one writer at a time and a mark while its index is
not complete.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from glob import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kc_lineage_dagster.emit.file_lock import file_lock

_LITE_FILE = "~/.datahub/lite/datahub.db"  # DataHub's own default
_LITE_LOCK_SECONDS = 60.0  # how long to wait for another recipe's run that writes the same DataHub Lite file

# With these options 10,000 proposals take a fifth of the time; a kill loses nothing that was committed.
_SQLITE_OPTIONS = {"journal_mode": "WAL", "synchronous": "NORMAL"}


def absolute(path: str, base: Path | None) -> str:
    """Return a path of a recipe as an absolute one; a URL such as ``s3://...`` stays as it is.

    ``base``: the folder that the path is relative to, None for the working folder.

    >>> absolute("out/lineage.json", Path("/recipes")), absolute("s3://bucket/lineage.json", Path("/recipes"))
    ('/recipes/out/lineage.json', 's3://bucket/lineage.json')
    """
    if len(urlsplit(path).scheme) > 1:
        return path
    return os.path.abspath((base or Path()) / Path(path).expanduser())


def file_config(config: Mapping[str, Any], base: Path | None = None) -> dict[str, Any]:
    """Return the ``config`` of a `file` sink with an absolute path. ``base``: see ``absolute``."""
    return {**config, "filename": absolute(str(config["filename"]), base)} if "filename" in config else {**config}


def lite_config(config: Mapping[str, Any], base: Path | None = None) -> dict[str, Any]:
    """Return the ``config`` of a `datahub-lite` sink, complete and with an absolute path.

    Fields that the recipe leaves out get DataHub's defaults; SQLite without ``options`` gets faster ones. ``base``: see
    ``absolute``.
    """
    kind = config.get("type", "sqlite")
    inner = dict(config.get("config") or {})
    inner["file"] = absolute(str(inner.get("file", _LITE_FILE)), base)
    if kind == "sqlite" and not inner.get("options"):
        inner["options"] = dict(_SQLITE_OPTIONS)
    return {**config, "type": kind, "config": inner}


def moved_to(sink_type: str, config: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the ``config`` of a sink with its file in another folder, so that a trial touches no file of the user.

    Args:
        sink_type: As in the recipe.
        config: As ``file_config`` or ``lite_config`` returns it.
        folder: Where the file goes; a sink without a file keeps its config.
    """
    if sink_type == "file" and "filename" in config:
        return {**config, "filename": str(folder / "file.json")}
    if sink_type == "datahub-lite":
        return {**config, "config": {**config["config"], "file": str(folder / "lite")}}
    return dict(config)


def unindexed(file: Path) -> Path:
    """Return the path of the mark beside a DataHub Lite file: it exists while closing has not completed the index.

    >>> unindexed(Path("/lite/datahub.db")).name
    'datahub.db.unindexed'
    """
    return file.with_name(f"{file.name}.unindexed")


def sink_context(sink_type: str, config: Mapping[str, Any]) -> AbstractContextManager[dict[str, Any]]:
    """Return the context in which a sink is opened, written to and closed; it gives the ``config`` to open with.

    Leaving the context without an error completes the work: the file is replaced, the mark of a DataHub Lite removed.
    """
    surroundings = _PLACES.get(sink_type)
    return surroundings(config) if surroundings else nullcontext(dict(config))


@contextmanager
def _file(config: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Let DataHub's file sink, which writes when it is closed, write a temporary file; then replace the old file."""
    if len(urlsplit(config["filename"]).scheme) > 1:
        yield dict(config)
        return
    target = Path(config["filename"])
    # Left by runs that were killed: no other run is at work, because this run holds the lock of the cluster.
    for left in target.parent.glob(f".{escape(target.name)}.*.tmp"):
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
    """Write the entries of ``folder`` to the disk, so that a rename in it outlives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _lite(config: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Let one writer at a time into a DataHub Lite, because two destroy its index; mark it until the index is done."""
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
