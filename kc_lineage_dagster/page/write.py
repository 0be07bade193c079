"""Write the page of a cluster: beside its state on a disk, or to the address that ``options.page`` names."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from kc_lineage_dagster.errors import StateError
from kc_lineage_dagster.page.render import page_of_state
from kc_lineage_dagster.state.cluster_state import ClusterState

PAGE = "lineage.html"


def page_address(option: str | None, slug: str, base: Path, folder: Path | None) -> str | None:
    """Return the path or address of a cluster's page; None when neither an option nor a folder gives one.

    Args:
        option: The recipe's ``options.page``: a file that ends in ``.html``, or a folder for ``<slug>.html``; a path
            (relative to ``base``) or an address that fsspec knows (``s3://bucket/lineage/``). None or empty: beside the
            state.
        slug: The cluster's short name.
        base: The folder of the recipe's file.
        folder: The folder of the cluster's state; None when the state is not on a disk.
    """
    if not option:
        return None if folder is None else str(folder / PAGE)
    full = option if option.endswith(".html") else f"{option.rstrip('/')}/{slug}.html"
    return full if "://" in full else str(base / Path(full).expanduser())


def write_page(state: ClusterState, slug: str, address: str | None) -> tuple[str, ...]:
    """Replace the page at ``address`` and return the warnings: one line when the page could not be written.

    No error is raised for that, because a run must not fail for a missing picture. On a disk the page is written whole
    or not at all.

    Args:
        state: The cluster's state, from which the page is made.
        slug: The cluster's short name.
        address: Path or address of the page, as ``page_address`` returns it; None: write nothing.
    """
    if address is None:
        return ()
    try:
        if "://" in address:
            _put(address, page_of_state(state, slug))
        else:
            _replace(Path(address), page_of_state(state, slug))
    except StateError as error:
        return (f"{address} cannot be written: {error}",)
    except OSError as error:
        return (f"{address} cannot be written: {error.strerror or error}; check the folder's rights and space",)
    return ()


def _put(address: str, text: Iterable[str]) -> None:
    """Write through fsspec.

    Raises:
        StateError: For whatever the file system behind the address raises.
    """
    from upath import UPath  # imported here: slow to load, and most pages are on a disk

    try:
        with UPath(address).open("w", encoding="utf-8") as stream:
            stream.writelines(text)
    except StateError:
        raise
    except Exception as error:  # every file system of fsspec has exceptions of its own, without a common ancestor
        raise StateError(f"{type(error).__name__}: {' '.join(str(error).split())[:200]}") from error


def _replace(path: Path, text: Iterable[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # files of a killed run: no other run can be writing, because this one holds the cluster's lock
    for left in path.parent.glob(f".{path.name}.*.tmp"):
        left.unlink(missing_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.writelines(text)
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)
