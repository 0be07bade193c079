"""Write connect/secrets/lineage_keys.txt: the configuration keys that derivation reads, found in its own source.

Where a plugin does not declare which of its keys are secret, the keys that lineage is read from must stay readable. A
key is a string of the source, not of a docstring, whose words are joined by dots, dashes, underscores or capitals. Keys
of one word (``topics``, ``database``) are recognized by rules elsewhere, and class names are left out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from kc_lineage_dagster.derive.registry import registry

PACKAGE = Path(__file__).resolve().parents[1] / "kc_lineage_dagster"
WRITTEN = PACKAGE / "connect" / "secrets" / "lineage_keys.txt"
_KEY = re.compile(r"[a-z][\w\-]*(?:\.[\w\-]+)+|[a-z]+(?:_[a-z\d]+)+|[a-z]+\d*(?:[A-Z][a-z\d]*)+", re.ASCII)
_CLASS = re.compile(r"\.[A-Z]\w*$|^(?:com|io|org|net|kc|solutions)\.|^\w+_(?:source|sink)$")


def keys_of(source: str) -> Iterator[str]:
    """Yield the keys in the source of one module."""
    tree = ast.parse(source)
    documents = {id(text) for text in _docstrings(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
            words = node.value.split()
            if all(_KEY.fullmatch(word) or word.isidentifier() for word in words):
                yield from (word for word in words if _KEY.fullmatch(word) and not _CLASS.search(word))


def lineage_keys() -> list[str]:
    """Return the keys of all modules of derive/, sorted."""
    modules = (PACKAGE / "derive").rglob("*.py")
    found = {key for module in modules for key in keys_of(module.read_text(encoding="utf-8"))}
    families = registry().families
    named = {key for family in families for key in family.naming}
    return sorted((found | named) - {family.name for family in families})


def _docstrings(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr):
                yield first.value


def main() -> None:
    """Write the file."""
    WRITTEN.write_text("\n".join(lineage_keys()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
