"""What docstrings say of parameters and errors has one form, and is true."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.modules import MODULES, PACKAGE, below, statements, tree

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def error_classes() -> dict[str, frozenset[str]]:
    """Name of each exception that the package defines -> its own name and those of its bases."""
    bases = {
        node.name: {ast.unparse(base).rpartition(".")[2] for base in node.bases}
        for path in MODULES
        for node in statements(path)
        if isinstance(node, ast.ClassDef)
    }

    def kinds(name: str) -> frozenset[str]:
        return frozenset({name}.union(*(kinds(base) for base in bases.get(name, ()))))

    return {name: kinds(name) for name in bases if kinds(name) & {"Exception", "ValueError", "RequestException"}}


def functions(node: ast.AST, within: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Function, str]]:
    """The functions of a module or class, outermost ones only: their path, and the docstring of the class around."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            yield from functions(child, (*within, child.name))
        elif isinstance(child, Function):
            around = ast.get_docstring(node) if isinstance(node, ast.ClassDef) else None
            yield (*within, child.name), child, around or ""


def raised(function: Function) -> Iterator[str]:
    """The names of what a function's own statements raise; a bare `raise` passes on what somebody else documents."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Raise) and node.exc is not None:
            error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            yield ast.unparse(error).rpartition(".")[2]
        if not isinstance(node, (Function, ast.Lambda, ast.ClassDef)):
            waiting.extend(below(node))


def section(docstring: str, title: str) -> list[str]:
    """The names that stand before the colons of a section such as `Args:` or `Raises:`."""
    _, _, rest = f"\n{docstring}".partition(f"\n{title}:\n")
    lines = re.split(r"\n(?!    )", rest)[0].splitlines()
    heads = [line.partition(":")[0].strip() for line in lines if re.match(r"    \S", line)]
    return [name for head in heads for name in head.split(", ")]


def is_public(path: tuple[str, ...]) -> bool:
    return not any(name.startswith("_") and not name.startswith("__") for name in path)


@cache
def every_function() -> list[tuple[Path, tuple[str, ...], Function, str]]:
    """The functions of all modules: module, path in it, the function, the docstring of the class around it."""
    return [(module, path, node, around) for module in MODULES for path, node, around in functions(tree(module))]


def test_a_function_names_the_errors_that_it_raises():
    """Who calls a public function reads under `Raises:` which of the project's own errors to expect, and when.

    A base class stands for its kinds; a class's docstring serves its `__init__`.
    """
    errors, silent = error_classes(), []
    for module, path, node, around in every_function():
        docstring = around if path[-1].startswith("__") else ast.get_docstring(node) or ""
        both = (*section(docstring, "Raises"), *section(ast.get_docstring(node) or "", "Raises"))
        missing = [error for error in raised(node) if error in errors and not errors[error] & {*both}]
        if is_public(path) and missing:
            silent.append(f"{module.relative_to(PACKAGE)}: {'.'.join(path)}: {', '.join(missing)}")
    assert silent == []


def documented() -> Iterator[tuple[str, str]]:
    """Every docstring of a function or class, with its place, without examples and without what `Raises:` says."""
    for module in MODULES:
        for node in statements(module):
            if isinstance(node, (Function, ast.ClassDef)) and node.name not in error_classes():
                described = (ast.get_docstring(node) or "").partition("\n>>> ")[0]
                yield (
                    f"{module.relative_to(PACKAGE)}: {node.name}",
                    re.sub(r"(?ms)^Raises:\n.*?(?=^\S|\Z)", "", described),
                )


@cache
def told_in_prose() -> re.Pattern[str]:
    """What finds an error that a sentence of a description tells."""
    own = "|".join(sorted(error_classes()))
    return re.compile(rf"\b[Rr]aises? (?:an? )?`*(?:\w+\.)?(?:\w*Error|{own})\b|(?:^|[.;,] )`*(?:\w+Error|{own})\b")


def test_errors_are_told_in_their_own_section_only():
    """An error stands under `Raises:`, one line each, and never as a sentence within the description."""
    assert [place for place, prose in documented() if told_in_prose().search(" ".join(prose.split()))] == []


def parameters(function: Function) -> list[str]:
    """The names of a function's parameters, without `self`."""
    given = function.args
    several = [one for one in (given.vararg, given.kwarg) if one]
    names = [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs, *several)]
    return [name for name in names if name not in ("self", "cls")]


def test_args_are_the_parameters():
    """Each name under `Args:` is a parameter of the function, none other."""
    odd = []
    for module, path, node, _ in every_function():
        named = {name.lstrip("*") for name in section(ast.get_docstring(node) or "", "Args")}
        if named - set(parameters(node)):
            odd.append(f"{module.relative_to(PACKAGE)}: {'.'.join(path)}: {named}")
    assert odd == []


def test_many_parameters_are_told_one_by_one():
    """A public function of three parameters or more says under `Args:` what each is.

    The options of a command say so themselves, and `DeadlineAdapter.send` has the parameters of requests' own `send`.
    """
    silent = []
    for module, path, node, _ in every_function():
        told = path[-1].startswith("__") or path in (("command",), ("DeadlineAdapter", "send"))
        if is_public(path) and not told and len(parameters(node)) > 2:
            named = section(ast.get_docstring(node) or "", "Args")
            silent += [] if named else [f"{module.relative_to(PACKAGE)}: {'.'.join(path)}"]
    assert silent == []


@pytest.mark.parametrize("docstring", ["Do it.\n\nRaises StateError when it fails.", "Do it. StateError for less."])
def test_an_error_told_in_prose_is_found(docstring):
    """The forms that the package had before are what the rule is about."""
    assert told_in_prose().search(" ".join(docstring.split()))
