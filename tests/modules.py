"""The modules of the package as syntax trees, for tests of how it is written."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "kc_lineage_dagster"
MODULES = sorted(PACKAGE.rglob("*.py"))
_OF_STATEMENTS = (ast.stmt, ast.excepthandler, ast.match_case)


@cache
def tree(path: Path) -> ast.Module:
    """A module, parsed when the first test asks for it and not while tests are collected."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def statements(path: Path) -> tuple[ast.stmt | ast.excepthandler, ...]:
    """The statements of a module, at whatever depth, and the handlers among them, without the many expressions."""
    found: list[ast.stmt | ast.excepthandler] = []
    waiting: list[ast.AST] = [tree(path)]
    while waiting:
        inside = below(waiting.pop())
        found += (one for one in inside if not isinstance(one, ast.match_case))
        waiting += inside
    return tuple(found)


def below(node: ast.AST) -> list[ast.stmt | ast.excepthandler | ast.match_case]:
    """The statements right inside a node, and handlers and cases, without the many expressions."""
    return [one for one in ast.iter_child_nodes(node) if isinstance(one, _OF_STATEMENTS)]
