"""Turn an argument of the command line into a recipe: a recipe's file or short name, a saved cluster, an address."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from kc_lineage_dagster.connect.saved import is_saved
from kc_lineage_dagster.emit.default_sink import REST
from kc_lineage_dagster.errors import RecipeError
from kc_lineage_dagster.recipe.files import RECIPES_VARIABLE, RecipeFile, find_recipes, read_recipe, recipe_of

_YAML = (".yml", ".yaml")
_RECIPES = (*_YAML, ".json")
_SOURCE = re.compile(r"(?m)^[\"']?source\b")
_SOURCE_KEY = re.compile(r'"source"\s*:')
# source.config fields that hold for the recipe's own worker only, and options.connect fields that hold its credentials:
# neither may go to another address
_REACHING = ("username", "password", "confluent_cloud_environment_id", "confluent_cloud_cluster_id")
_SHOWING = ("bearer_token", "headers", "client_certificate", "client_key")
_SHORT_NAME = re.compile(r"[A-Za-z0-9_]+")


def cluster_named(argument: str, rules: RecipeFile | None = None) -> RecipeFile:
    """Return the recipe that one argument RECIPE, SAVED or URL stands for, without its sink.

    Deriving lineage needs neither DataHub nor the variables of its credentials, so the sink is left out. Where these
    variables are set, ``use_schema_resolver`` may still ask the sink's DataHub, as a sync does.

    ``argument``: the file of a recipe, the short name of a recipe in ``KC_LINEAGE_RECIPES``, a saved cluster (file or
    folder), or a worker's address. The last two become a recipe with nothing but ``connect_uri``.
    ``rules``: the recipe whose other fields hold for a saved cluster or an address; None: the defaults hold.

    Raises:
        RecipeError: For an argument that is none of the three.
    """
    path = Path(argument).expanduser()
    if not is_saved(argument):
        return _of_cluster(argument, Path.cwd() / "connect.yml", rules)
    if not path.exists():
        file = recipe_named(argument)
        return replace(file, data=_without_sink(file.data, file.path))
    data = None if path.is_dir() else _recipe_in(path)
    if data is None:
        return _of_cluster(str(path.absolute()), path.absolute(), rules)
    return _usable(recipe_of(_without_sink(data, path), path.absolute()))


def recipe_named(argument: str) -> RecipeFile:
    """Return the recipe of a file, or the recipe with this short name in ``KC_LINEAGE_RECIPES``.

    Raises:
        RecipeError: When there is none; the message lists similar names, or the names that exist.
    """
    path = Path(argument).expanduser()
    if path.is_file():
        return _usable(read_recipe(path))
    if path.is_dir():
        raise RecipeError(f"{argument}: is a folder; name a recipe in it")
    if not _SHORT_NAME.fullmatch(argument):
        raise RecipeError(f"{argument}: no such file or folder")
    return _usable(chosen((argument,), find_recipes())[0])


def recipes_named(
    names: tuple[str, ...], finish: Callable[[list[RecipeFile]], list[RecipeFile]] = list
) -> list[RecipeFile]:
    """Return the recipes with these names, those named by a file first; without names all in ``KC_LINEAGE_RECIPES``.

    A recipe that cannot be used is returned, with its ``problem``.

    ``names``: files of recipes, and short names of recipes in ``KC_LINEAGE_RECIPES``.
    ``finish``: applied to the recipes of ``KC_LINEAGE_RECIPES`` before the named ones are chosen from them.

    Raises:
        RecipeError: For an unknown name.
    """
    paths = {name for name in names if Path(name).expanduser().is_file()}
    others = tuple(name for name in names if name not in paths)
    found = [read_recipe(Path(name).expanduser()) for name in names if name in paths]
    return found + (chosen(others, finish(find_recipes())) if others or not names else [])


def chosen(names: tuple[str, ...], files: list[RecipeFile]) -> list[RecipeFile]:
    """Return the recipes with these short names, in the order of the names; all when no name is given.

    Raises:
        RecipeError: For an unknown name; the message lists similar names, or the names that exist.
    """
    known = {file.slug: file for file in files}
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=3) or sorted(known)[:10]
            raise RecipeError(
                f"{name}: neither a file nor the short name of a recipe; {RECIPES_VARIABLE} has {', '.join(near)}"
            )
    return [known[name] for name in names] or files


def _usable(file: RecipeFile) -> RecipeFile:
    if file.problem:
        raise RecipeError(file.problem)
    return file


# A sink without a server, put in the place of the real one: a recipe with no sink at all would mean the DataHub of
# DATAHUB_GMS_URL.
_NOWHERE = "console"


def _without_sink(data: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return a recipe without its sink.

    Where the recipe has no ``datahub_api`` and the variables of the sink are set, the sink's DataHub becomes
    ``datahub_api``, which is only read from.
    """
    others = {key: value for key, value in data.items() if key != "sink"}
    sink = data.get("sink")
    if data.get("datahub_api") is not None or not isinstance(sink, dict):
        return others
    nowhere = {**others, "sink": {"type": _NOWHERE}}
    if sink.get("type") != REST or not isinstance(sink.get("config"), dict):
        return nowhere
    try:
        RecipeFile(path, "", {"sink": sink}).expanded()
    except RecipeError:
        return nowhere
    return {**others, "datahub_api": sink["config"]}


def _of_cluster(uri: str, path: Path, rules: RecipeFile | None) -> RecipeFile:
    """Return a recipe that reads ``uri``, with the fields of ``rules`` except the credentials for its own worker."""
    data: dict[str, Any] = _without_sink(rules.data, rules.path) if rules else {"source": {"type": "kafka-connect"}}
    config = {key: value for key, value in (data["source"].get("config") or {}).items() if key not in _REACHING}
    options = dict(data.get("options") or {})
    if isinstance(options.get("connect"), dict):
        options["connect"] = {key: value for key, value in options["connect"].items() if key not in _SHOWING}
    source = {**data["source"], "config": {**config, "connect_uri": uri}}
    file = recipe_of({**data, "source": source, "options": options}, path)
    return replace(file, slug=rules.slug) if rules else file


def _recipe_in(path: Path) -> dict[str, Any] | None:
    """Return the recipe in a file; None for other content, which the reader of saved clusters accepts or reports."""
    if path.suffix.lower() not in _RECIPES:
        return None
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() == ".json":
            # a saved cluster may be large, and is parsed once more by its own reader
            data = json.loads(text) if _SOURCE_KEY.search(text) else None
        elif _SOURCE.search(text):
            data = dict(_usable(read_recipe(path)).data)
        else:
            return None
    except (OSError, ValueError):
        return None
    source = data.get("source") if isinstance(data, dict) else None
    # in a saved listing "source" may be the name of a connector
    listed = isinstance(source, dict) and {"info", "status"} & source.keys()
    return data if isinstance(data, dict) and "source" in data and not listed else None
