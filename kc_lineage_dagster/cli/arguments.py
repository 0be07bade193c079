"""What people name on the command line: a recipe, a saved cluster, or a worker's address."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from kc_lineage_dagster.connect.saved import is_saved
from kc_lineage_dagster.errors import RecipeError
from kc_lineage_dagster.recipe.files import RecipeFile, read_recipe, recipe_of

_YAML = (".yml", ".yaml")


def recipe_named(argument: str) -> RecipeFile:
    """Return the recipe of an argument; a saved cluster or an address becomes a recipe of nothing but ``connect_uri``.

    The sink is left out: whoever derives lineage needs neither DataHub nor the variables of its credentials.
    Raises RecipeError, in one line, for a file that cannot be read.
    """
    if not is_saved(argument):
        return _of_cluster(argument, Path.cwd() / "connect.yml")
    path = Path(argument).expanduser()
    if not path.exists():
        raise RecipeError(f"{argument}: no such file or folder")
    data = None if path.is_dir() else _mapping(path)
    if data is None or "source" not in data or path.suffix.lower() not in (*_YAML, ".json"):
        return _of_cluster(str(path.absolute()), path)
    file = recipe_of({key: value for key, value in data.items() if key != "sink"}, path)
    if file.problem:
        raise RecipeError(file.problem)
    return file


def _of_cluster(uri: str, path: Path) -> RecipeFile:
    return recipe_of({"source": {"type": "kafka-connect", "config": {"connect_uri": uri}}}, path)


def _mapping(path: Path) -> dict[str, Any] | None:
    """Return the object in a file; None when there is something else in it."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        data = json.loads(text) if path.suffix.lower() not in _YAML else next(iter(yaml.safe_load_all(text)), None)
    except yaml.YAMLError:
        problem = read_recipe(path).problem
        raise RecipeError(problem or f"{path}: not readable as YAML") from None
    except (OSError, ValueError):
        return None  # the reader of saved clusters says what is wrong with it
    return data if isinstance(data, dict) else None
