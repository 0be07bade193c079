"""Open Dagster's instance for a command that works on Dagster's history without being run by Dagster.

``kc-lineage prune`` needs the instance of ``DAGSTER_HOME``, and ``kc-lineage demo`` tries to open it. Whatever is wrong
with its settings or its storage becomes one line.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import yaml
from dagster import DagsterError, DagsterInstance
from sqlalchemy.exc import SQLAlchemyError

from kc_lineage_dagster.errors import KcLineageError

# Exceptions that are no DagsterError, as (module, name), of packages that this project does not import.
_OTHERS = (("dagster_postgres.utils", "DagsterPostgresException"), ("dagster_shared.check", "CheckError"))
_LONGEST = 300  # characters of a reason


@contextmanager
def instance_of_home() -> Iterator[DagsterInstance]:
    """Give Dagster's instance while the ``with`` block runs.

    Raises:
        KcLineageError: When ``DAGSTER_HOME`` is not set, or the instance's storage cannot be used.
    """
    home = os.environ.get("DAGSTER_HOME")
    if not home:
        raise KcLineageError("DAGSTER_HOME is not set: set it to the folder that Dagster's daemon and web server use")
    try:
        with _quietly(), DagsterInstance.get() as instance:
            yield instance
    except _failures() as error:
        raise _explained(home, error) from None


def _failures() -> tuple[type[Exception], ...]:
    """Return the exceptions that Dagster's storages raise.

    They are looked up after one was raised, because only then its module is sure to be loaded.
    """
    others = (getattr(sys.modules[module], name) for module, name in _OTHERS if module in sys.modules)
    return (DagsterError, SQLAlchemyError, sqlite3.Error, yaml.YAMLError, OSError, *others)


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep Python from printing a warning on stderr for each try to connect to a database, unless logging is set up."""
    root, silent = logging.getLogger(), logging.NullHandler()
    root.addHandler(silent)
    try:
        yield
    finally:
        root.removeHandler(silent)


def _explained(home: str, error: BaseException) -> KcLineageError:
    """Return the innermost cause of an error as one line."""
    chain = [error]
    while (inner := chain[-1].__cause__) is not None and len(chain) < 10:
        chain.append(inner)
    said = str(getattr(chain[-1], "orig", None) or chain[-1])
    reason = " ".join(said.split())[:_LONGEST] or type(chain[-1]).__name__
    return KcLineageError(f"DAGSTER_HOME={home}: Dagster's instance cannot be used: {reason}")
