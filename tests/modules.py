"""The modules of the package as syntax trees, for tests of how it is written."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "kc_lineage_dagster"
MODULES = sorted(PACKAGE.rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    """A module, parsed when the first test asks for it and not while tests are collected."""
    return ast.parse(path.read_text(encoding="utf-8"))
