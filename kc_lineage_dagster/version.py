"""The version of this package that is installed."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def code_version() -> str:
    """Return this package's version; ``unknown`` when it runs without having been installed.

    The state remembers the version that derived lineage, so that an upgrade derives everything again.
    """
    try:
        return version("kc-lineage-dagster")
    except PackageNotFoundError:
        return "unknown"
