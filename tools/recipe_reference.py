"""Write the tables of ``docs/recipe.md`` from the recipe's models: every field, its type, its default, its meaning.

python -m tools.recipe_reference docs/recipe.md

A table stands between ``<!-- fields of source.config -->`` and ``<!-- end -->``; the rest of the page is kept.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from kc_lineage_dagster.recipe.model import Recipe
from kc_lineage_dagster.recipe.servers import Model

_TABLE = re.compile(r"(?s)(<!-- fields of ([\w.]+) -->\n).*?(?=<!-- end -->)")
_WORDS = {bool: "boolean", str: "text", SecretStr: "secret", int: "integer", float: "number", Any: "anything"}


def with_tables(page: str) -> str:
    """Return the page with each of its tables written anew."""
    return _TABLE.sub(lambda found: found[1] + "\n".join(_table(found[2])) + "\n", page)


def described(model: type[Model], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Yield path and field of every field below a model. ``name[]`` in a path stands for each element of a list."""
    for name, field in model.model_fields.items():
        yield prefix + name, field
        inner, many = _inner_model(field.annotation)
        if inner:
            yield from described(inner, f"{prefix}{name}{'[]' if many else ''}.")


def _table(path: str) -> Iterator[str]:
    """Yield the lines of one table. ``path``: ``recipe`` for the top-level fields, else the path of a model."""
    if path == "recipe":
        fields = list(Recipe.model_fields.items())
    else:
        model: type[Model] = Recipe
        for name in path.split("."):
            inner, _ = _inner_model(model.model_fields[name].annotation)
            if inner is None:
                raise ValueError(f"{path} is no model")
            model = inner
        fields = list(described(model))
    yield "| field | type | default | meaning |"
    yield "| --- | --- | --- | --- |"
    for name, field in fields:
        about = (field.description or "").replace("|", "\\|").replace("](recipe.md#", "](#")
        cells = (f"`{name}`", _kind(field.annotation) + _bounds(field), _default(field), about)
        yield "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"


def _inner_model(annotation: Any) -> tuple[type[Model] | None, bool]:
    """Return the model that a field holds, and whether it holds a list of them."""
    if get_origin(annotation) is list:
        return _inner_model(get_args(annotation)[0])[0], True
    for one in get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,):
        if isinstance(one, type) and issubclass(one, Model):
            return one, False
        if get_origin(one) is list:
            return _inner_model(one)
    return None, False


def _kind(annotation: Any) -> str:
    """Return a type in the words of the page."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return " or ".join(_kind(one) for one in arguments if one is not NoneType)
    if origin is list:
        return f"list of {_kind(arguments[0]).replace('mapping', 'mappings')}"
    if origin is dict:
        return f"text -> {_kind(arguments[1])}"
    if origin is Literal:
        return ", ".join(f"`{one}`" for one in arguments)
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return "mapping"
    return _WORDS[annotation]


def _bounds(field: FieldInfo) -> str:
    """Return the least and the greatest value that the field accepts."""
    least = next((one.ge for one in field.metadata if isinstance(one, Ge)), None)
    greatest = next((one.le for one in field.metadata if isinstance(one, Le)), None)
    if greatest is not None:
        return f", {least or 0} to {greatest}"
    return f", at least {least}" if least else ""


def _default(field: FieldInfo) -> str:
    """Return the default as YAML; empty where there is none, and for a model, whose fields have their own."""
    if field.default is PydanticUndefined:
        return "required"
    if field.default is None or field.default in ("", [], {}) or isinstance(field.default, Model):
        return ""
    if isinstance(field.default, float) and field.default.is_integer():
        return f"`{int(field.default)}`"
    return f"`{field.default}`" if isinstance(field.default, str) else f"`{json.dumps(field.default)}`"


if __name__ == "__main__":
    place = Path(sys.argv[1])
    place.write_text(with_tables(place.read_text(encoding="utf-8")), encoding="utf-8")
