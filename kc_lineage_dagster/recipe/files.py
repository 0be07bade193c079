"""Recipe files: finding them, reading them without the environment, and resolving them in the run.

While definitions load, a file is parsed and checked as far as that is possible without ``${VAR}``; the values behind
``${VAR}`` and ``${VAR:-default}`` are looked up only in the run (``resolve``).
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from kc_lineage_dagster.errors import RecipeError
from kc_lineage_dagster.recipe.model import Options, Recipe

RECIPES_VARIABLE = "KC_LINEAGE_RECIPES"
_DEFAULT_FOLDER = Path(__file__).resolve().parents[2] / "recipes"
_ENDINGS = (".yml", ".yaml", ".json")
_VARIABLE = re.compile(r"\$\{.+\}|^\$")


@dataclass(frozen=True, slots=True)
class RecipeFile:
    """A recipe as it was found: its text parsed, not yet resolved.

    ``slug``: letters, digits and ``_``; names key prefix, group, job and sensor. ``problem``: why it cannot be used,
    None when it can as far as is known before the run. ``options``: those that definitions need, defaults where they
    are not known.
    """

    path: Path
    slug: str
    data: Mapping[str, Any] = field(repr=False)
    options: Options = field(default_factory=Options, repr=False)
    problem: str | None = None
    warnings: tuple[str, ...] = ()

    def expanded(self, environ: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The recipe's data with its variables looked up; may hold secrets. RecipeError names file and field."""
        if self.problem:
            raise RecipeError(self.problem)
        data: dict[str, Any] = _expand(dict(self.data), os.environ if environ is None else environ, self.path, "")
        return data

    def resolve(self, environ: Mapping[str, str] | None = None) -> Recipe:
        """The recipe with its variables looked up, validated. RecipeError names file and field."""
        try:
            return Recipe.model_validate(self.expanded(environ))
        except ValidationError as error:
            raise RecipeError("; ".join(_lines(self.path, error))) from None

    @property
    def home(self) -> Path:
        """Where state goes by default: ``.dagster`` beside the recipe, or beside the folder ``recipes`` it is in."""
        folder = self.path.parent
        return (folder.parent if folder.name == "recipes" else folder) / ".dagster"

    def path_of(self, name: str) -> Path:
        """A path of the recipe: relative ones are relative to its file."""
        return (self.path.parent / Path(name).expanduser()).resolve()


def slug_of(name: str) -> str:
    """Letters, digits and ``_``, as Dagster's names of groups, jobs and sensors demand."""
    return re.sub(r"[^A-Za-z0-9_]", "_", name) or "_"


def find_recipes(environ: Mapping[str, str] | None = None) -> list[RecipeFile]:
    """The recipes that ``KC_LINEAGE_RECIPES`` (a file or a folder) names, sorted by slug. RecipeError when there are
    none.

    Two recipes with one slug are both reported as problems of their groups' jobs.
    """
    place = Path((os.environ if environ is None else environ).get(RECIPES_VARIABLE) or _DEFAULT_FOLDER).expanduser()
    if place.is_dir():
        paths = sorted(path for path in place.iterdir() if path.suffix.lower() in _ENDINGS and path.is_file())
    elif place.is_file():
        paths = [place]
    else:
        raise RecipeError(f"{place}: no such file or folder; set {RECIPES_VARIABLE} to a recipe or a folder of recipes")
    if not paths:
        raise RecipeError(f"{place}: holds no recipe (*.yml, *.yaml, *.json)")
    return _distinct([read_recipe(path) for path in paths])


def read_recipe(path: Path) -> RecipeFile:
    """Parses and checks one file; what is wrong with it becomes its ``problem``."""
    path = path.absolute()
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        return RecipeFile(path, slug_of(path.stem), {}, problem=f"{path}: cannot be read: {type(error).__name__}")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        return RecipeFile(path, slug_of(path.stem), {}, problem=f"{path}: not readable as YAML{where}")
    return recipe_of(data, path)


def recipe_of(data: object, path: Path) -> RecipeFile:
    """A recipe from parsed data. ``path``: relative paths are relative to it, and it names a cluster without a name."""
    if not isinstance(data, dict):
        return RecipeFile(
            path, slug_of(path.stem), {}, problem=f"{path}: a recipe is a mapping with `source` and `sink`"
        )
    slug = slug_of(_cluster_name(data) or path.stem)
    try:
        recipe = Recipe.model_validate(data)
    except ValidationError as error:
        lines = _lines(path, error, postpone=True)
        return RecipeFile(path, slug, data, _options(data), "; ".join(lines) or None)
    return RecipeFile(path, slug, data, recipe.options, warnings=tuple(f"{path}: {w}" for w in recipe.warnings()))


def _cluster_name(data: Mapping[str, Any]) -> str | None:
    source = data.get("source")
    config = source.get("config") if isinstance(source, dict) else None
    name = config.get("cluster_name") if isinstance(config, dict) else None
    return name if isinstance(name, str) and not _VARIABLE.search(name) else None


def _options(data: Mapping[str, Any]) -> Options:
    """Options for definitions where the recipe as a whole cannot be validated before its variables are known."""
    given = data.get("options")
    known = (
        {key: value for key, value in given.items() if key in Options.model_fields} if isinstance(given, dict) else {}
    )
    for key, value in tuple(known.items()):
        try:
            Options.model_validate({key: value})
        except ValidationError:
            del known[key]
    return Options.model_validate(known)


def _distinct(recipes: list[RecipeFile]) -> list[RecipeFile]:
    by_slug: defaultdict[str, list[RecipeFile]] = defaultdict(list)
    for recipe in recipes:
        by_slug[recipe.slug.lower()].append(recipe)
    return [
        recipe if len(same) == 1 else _clashing(recipe, number, same)
        for _, same in sorted(by_slug.items())
        for number, recipe in enumerate(same)
    ]


def _clashing(recipe: RecipeFile, number: int, same: list[RecipeFile]) -> RecipeFile:
    others = ", ".join(str(other.path) for other in same if other is not recipe)
    problem = (
        f"{recipe.path}: source.config.cluster_name (or the file's name) gives the same short name `{recipe.slug}`"
        f" as {others}; give each recipe its own cluster_name"
    )
    return replace(recipe, slug=f"{recipe.slug}_{number + 1}", problem=problem)


def _expand(value: Any, environ: Mapping[str, str], path: Path, where: str) -> Any:
    if isinstance(value, dict):
        return {
            key: _expand(item, environ, path, f"{where}.{key}" if where else str(key)) for key, item in value.items()
        }
    if isinstance(value, list):
        return [_expand(item, environ, path, f"{where}[{number}]") for number, item in enumerate(value)]
    if not isinstance(value, str) or not _VARIABLE.search(value):
        return value
    from expandvars import ExpandvarsException, expand  # DataHub's own recipes are expanded with it

    try:
        return expand(value, nounset=True, environ=environ)
    except ExpandvarsException as error:
        if not value.startswith("${") and "${" not in value:
            return value  # as DataHub: a lone $ that names no variable is text
        raise RecipeError(f"{path}: {where}: {error}") from None


def _lines(path: Path, error: ValidationError, postpone: bool = False) -> list[str]:
    """One line per problem: file, field, what is wrong. ``postpone`` leaves out values that only the run knows."""
    return [
        f"{path}: {'.'.join(map(str, problem['loc'])) or 'recipe'}: {_explained(problem)}"
        for problem in error.errors(include_url=False, include_context=False)
        if not (postpone and isinstance(problem.get("input"), str) and _VARIABLE.search(problem["input"]))
    ]


def _explained(problem: Any) -> str:
    if problem["type"] != "extra_forbidden":
        return str(problem["msg"]).removeprefix("Value error, ")
    name = str(problem["loc"][-1])
    close = get_close_matches(name, [field for model in _models() for field in model.model_fields], n=1)
    return "unknown field" + (f"; did you mean {close[0]}?" if close and close[0] != name else "")


def _models() -> Iterator[type[BaseModel]]:
    from kc_lineage_dagster.recipe import model

    return (one for one in vars(model).values() if isinstance(one, type) and issubclass(one, model.Model))
