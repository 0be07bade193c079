"""This package's version, as it was installed."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def code_version() -> str:
    """Lineage that another version derived may be derived anew. ``unknown`` when the package was never installed."""
    try:
        return version("kc-lineage-dagster")
    except PackageNotFoundError:
        return "unknown"
