"""Find out where the state is: in the database or folder that ``KC_LINEAGE_STATE`` names, else in Dagster's home."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from kc_lineage_dagster.errors import StateError

STATE_VARIABLE = "KC_LINEAGE_STATE"
FILE = "state.sqlite"

_LONGEST_FOLDER = 200  # characters of a folder's name, of which file systems take 255 bytes
_POSTGRES = ("postgresql", "postgres")
_DRIVERS = ("psycopg2", "psycopg")  # of PostgreSQL; the first is the one that dagster-postgres installs


@dataclass(frozen=True, slots=True)
class Place:
    """A place for the state.

    ``url``: the address of the database, with its password.
    ``folder``: the folder of the SQLite file, lock files and pages; None for PostgreSQL.
    """

    url: URL
    folder: Path | None

    @property
    def shown(self) -> str:
        """The address without password, for messages."""
        return str(self.folder and self.url.database) if self.folder else self.url.render_as_string(hide_password=True)

    def folder_of(self, slug: str) -> Path | None:
        """Return the folder with the lock and the page of one cluster; None for PostgreSQL."""
        return None if self.folder is None else self.folder / _short(slug)


def place_of(home: Path, environ: Mapping[str, str] | None = None) -> Place:
    """Return the place of the state: ``KC_LINEAGE_STATE``, else ``$DAGSTER_HOME/kc_lineage``, else ``home/kc_lineage``.

    ``home``: the folder to use where no variable says another. ``environ``: None for ``os.environ``.

    Raises:
        StateError: For an address that cannot be used.

    >>> place_of(Path("/srv"), {}).shown
    '/srv/kc_lineage/state.sqlite'
    """
    variables = os.environ if environ is None else environ
    given = (variables.get(STATE_VARIABLE) or "").strip()
    if "://" in given:
        return _of_address(given)
    return _of_folder(Path(given).expanduser().absolute() if given else default_folder(home, variables))


def default_folder(home: Path, environ: Mapping[str, str] | None = None) -> Path:
    """Return the folder of the state where ``KC_LINEAGE_STATE`` is not set. Parameters: see ``place_of``."""
    dagster_home = (os.environ if environ is None else environ).get("DAGSTER_HOME")
    return (Path(dagster_home).expanduser().absolute() if dagster_home else home) / "kc_lineage"


def _of_folder(folder: Path) -> Place:
    return Place(URL.create("sqlite", database=str(folder / FILE)), folder)


def _of_address(given: str) -> Place:
    """Return the place that an address of PostgreSQL or SQLite names. No message repeats a password."""
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):
        raise StateError(f"{STATE_VARIABLE} is not the address of a database: user:password@host:port/name?") from None
    kind, _, driver = url.drivername.partition("+")
    if kind == "sqlite" and url.database:
        file = Path(url.database).expanduser().absolute()
        return Place(url.set(database=str(file)), file.parent)
    if kind not in _POSTGRES:
        raise StateError(f"{STATE_VARIABLE}: {kind}:// is not supported; use postgresql://, sqlite:/// or a folder")
    return Place(url.set(drivername=f"postgresql+{driver or _driver()}"), None)


def _driver() -> str:
    found = next((name for name in _DRIVERS if find_spec(name)), None)
    if found is None:
        raise StateError(f"{STATE_VARIABLE} needs a driver of PostgreSQL: pip install 'kc-lineage-dagster[postgres]'")
    return found


def _short(slug: str) -> str:
    """Return a slug as the name of a folder; that of a long slug is cut and ends in a digest of the slug."""
    if len(slug) <= _LONGEST_FOLDER:
        return slug
    return f"{slug[: _LONGEST_FOLDER - 20]}_{hashlib.sha256(slug.encode()).hexdigest()[:16]}"
