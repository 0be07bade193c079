"""Where the state is: ``KC_LINEAGE_STATE``, the address of a database or a folder."""

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

_LONGEST_FOLDER = 200  # characters; file systems take 255 bytes
_POSTGRES = ("postgresql", "postgres")
_DRIVERS = ("psycopg2", "psycopg")  # of PostgreSQL, the one that dagster-postgres brings first


@dataclass(frozen=True, slots=True)
class Place:
    """``url``: of the database. ``folder``: where the SQLite file, lock files and pages are; None for PostgreSQL."""

    url: URL
    folder: Path | None

    @property
    def shown(self) -> str:
        """The address without password, for messages."""
        return str(self.folder and self.url.database) if self.folder else self.url.render_as_string(hide_password=True)

    def folder_of(self, slug: str) -> Path | None:
        """The folder of one cluster: its lock and its page. None where there is no folder."""
        return None if self.folder is None else self.folder / _short(slug)


def place_of(home: Path, environ: Mapping[str, str] | None = None) -> Place:
    """``KC_LINEAGE_STATE``, else ``$DAGSTER_HOME/kc_lineage``, else ``home/kc_lineage``.

    ``environ``: the environment, ``os.environ`` by default. StateError for an address that cannot be used.
    """
    variables = os.environ if environ is None else environ
    given = (variables.get(STATE_VARIABLE) or "").strip()
    if "://" in given:
        return _of_address(given)
    return _of_folder(Path(given).expanduser().absolute() if given else default_folder(home, variables))


def default_folder(home: Path, environ: Mapping[str, str] | None = None) -> Path:
    """Where the state is when ``KC_LINEAGE_STATE`` does not say."""
    dagster_home = (os.environ if environ is None else environ).get("DAGSTER_HOME")
    return (Path(dagster_home).expanduser().absolute() if dagster_home else home) / "kc_lineage"


def _of_folder(folder: Path) -> Place:
    return Place(URL.create("sqlite", database=str(folder / FILE)), folder)


def _of_address(given: str) -> Place:
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
    """A slug as the name of a folder; a long one ends in a digest."""
    if len(slug) <= _LONGEST_FOLDER:
        return slug
    return f"{slug[: _LONGEST_FOLDER - 20]}_{hashlib.sha256(slug.encode()).hexdigest()[:16]}"
