"""The worked examples in docstrings are true, and every public function of some packages has one."""

from __future__ import annotations

import ast
import doctest
import importlib
from pathlib import Path

import pytest

from tests.modules import PACKAGE, tree

SHOWN = tuple(path for path in sorted(PACKAGE.rglob("*.py")) if ">>> " in path.read_text(encoding="utf-8"))
WHOLLY = (
    *sorted((PACKAGE / "derive" / "readers").glob("[a-z]*.py")),
    PACKAGE / "derive" / "transforms" / "steps.py",
    *sorted((PACKAGE / "java_regex").glob("[a-z]*.py")),
    *sorted((PACKAGE / "recipe").glob("[a-z]*.py")),
    *(PACKAGE / "emit" / name for name in ("limits.py", "sentences.py", "urns.py")),
    *(PACKAGE / "catalog" / name for name in ("dataset_urns.py", "field_paths.py", "protobuf.py")),
    *(PACKAGE / name for name in ("chunks.py", "key_words.py", "secret_spellings.py", "wording.py", "yaml_text.py")),
)


def called(path: Path) -> str:
    return str(path.relative_to(PACKAGE).with_suffix(""))


@pytest.mark.parametrize("path", SHOWN, ids=called)
def test_worked_examples_are_true(path):
    """What a docstring says that a call answers, it answers."""
    name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    reported: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for examples in doctest.DocTestFinder().find(importlib.import_module(name), name):
        runner.run(examples, out=reported.append)
    assert not reported, "".join(reported)


def test_every_public_function_has_a_worked_example():
    """A reader sees what goes in and what comes out before how it is done."""
    functions = [(path, node) for path in WHOLLY for node in tree(path).body if isinstance(node, ast.FunctionDef)]
    public = [(path, node) for path, node in functions if not node.name.startswith("_")]
    without = [(called(path), node.name) for path, node in public if ">>>" not in (ast.get_docstring(node) or "")]
    assert without == []
