"""Find recipe files, read them without the environment, and resolve their variables in the run.

While definitions load, a file is parsed and checked as far as that is possible without ``${VAR}``; the values behind
``${VAR}`` and ``${VAR:-default}`` are looked up only in the run (``resolve``).
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from itertools import count
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from kc_lineage_dagster.errors import RecipeError
from kc_lineage_dagster.recipe.model import Options, Recipe
from kc_lineage_dagster.recipe.servers import Model
from kc_lineage_dagster.recipe.source import LONGEST_CLUSTER_NAME

RECIPES_VARIABLE = "KC_LINEAGE_RECIPES"
DEMO = Path(__file__).resolve().parents[1] / "demo" / "demo.yml"
_DEFAULT_FOLDER = "recipes"  # in the current folder
_ENDINGS = (".yml", ".yaml", ".json")
_VARIABLE = re.compile(r"\$\{.+\}|^\$")
# `${...}` without a variable's name, such as `${a b}`: expandvars returns an empty text for it, and a password would be
# empty without an error. `\$` is a literal dollar sign.
_NAMELESS = re.compile(r"(?<!\\)\$\{(?![!#]?[A-Za-z_]\w*[}:\-+=?])", re.ASCII)
_NAMED = re.compile(r"\$\{?([A-Za-z_]\w*)", re.ASCII)
_MOST_BYTES = 10 * 1024 * 1024
_MOST_VALUES = 100_000  # YAML nodes; a recipe has dozens, one with many generic_connectors thousands


@dataclass(frozen=True, slots=True)
class RecipeFile:
    """A recipe as it was found: its text is parsed, and its variables are not looked up yet.

    Args:
        path: The recipe's file, absolute.
        slug: Short name of the cluster, in letters, digits and ``_``; the cluster's asset keys, group, jobs and sensor
            are named by it.
        data: The parsed text.
        options: The recipe's ``options``, with the default for each option that is wrong or holds a variable.
        problem: Why the recipe cannot be used, in one line; None while nothing is known to be wrong.
        warnings: One line for each field without effect.
    """

    path: Path
    slug: str
    data: Mapping[str, Any] = field(repr=False)
    options: Options = field(default_factory=Options, repr=False)
    problem: str | None = None
    warnings: tuple[str, ...] = ()

    def expanded(self, environ: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return the recipe's data with its variables replaced by their values; the data may then hold secrets.

        ``environ``: the variables, by default those of the process.

        Raises:
            RecipeError: For variables that are not set, and for a recipe with a ``problem``; the message names the file
                and all such fields.
        """
        if self.problem:
            raise RecipeError(self.problem)
        problems: list[str] = []
        data: dict[str, Any] = _expand(dict(self.data), os.environ if environ is None else environ, "", problems)
        if problems:
            raise RecipeError("; ".join(f"{self.path}: {problem}" for problem in problems))
        return data

    def resolve(self, environ: Mapping[str, str] | None = None) -> Recipe:
        """Return the validated recipe with its variables replaced.

        Raises:
            RecipeError: When the recipe cannot be used; the message names file and field.

        >>> config = {"connect_uri": "${CONNECT}"}
        >>> found = recipe_of({"source": {"type": "kafka-connect", "config": config}}, Path("/recipes/shop.yml"))
        >>> found.resolve({"CONNECT": "http://connect:8083"}).source.config.connect_uri
        'http://connect:8083'
        >>> found.resolve({})
        Traceback (most recent call last):
        kc_lineage_dagster.errors.RecipeError: ...connect_uri: the environment variable CONNECT is not set
        """
        try:
            return Recipe.model_validate(self.expanded(environ))
        except ValidationError as error:
            raise RecipeError("; ".join(_lines(self.path, error))) from None

    @property
    def home(self) -> Path:
        """Return the folder for the cluster's state by default: ``.dagster`` beside the recipe's file.

        For a recipe in a folder ``recipes`` that is ``.dagster`` beside ``recipes``; for the demo, which is part of the
        package, ``.dagster`` in the current folder.
        """
        folder = Path.cwd() if self.path == DEMO else self.path.parent
        return (folder.parent if folder.name == "recipes" else folder) / ".dagster"

    def path_of(self, name: str) -> Path:
        """Return the absolute path for a path that the recipe names, which may be relative to the recipe's folder."""
        return (self.path.parent / Path(name).expanduser()).resolve()


def slug_of(name: str) -> str:
    """Return a name for Dagster's groups, jobs and sensors: letters, digits and ``_``, at most 150 of them.

    >>> slug_of("EU-West (main)")
    'EU_West__main_'
    """
    return re.sub(r"[^A-Za-z0-9_]", "_", name)[:LONGEST_CLUSTER_NAME] or "_"


def find_recipes(environ: Mapping[str, str] | None = None) -> list[RecipeFile]:
    """Return the recipes, sorted by slug.

    ``KC_LINEAGE_RECIPES`` names a file or a folder of recipes. Without the variable the folder ``recipes`` in the
    current folder is read, and without that folder the recipe of the demo. Two recipes with the same slug are both
    returned, each with a ``problem``.

    Raises:
        RecipeError: When there are none.

    >>> [recipe.slug for recipe in find_recipes({"KC_LINEAGE_RECIPES": str(DEMO)})]
    ['demo']
    """
    given = (os.environ if environ is None else environ).get(RECIPES_VARIABLE)
    own = Path(_DEFAULT_FOLDER)
    where = Path(given).expanduser() if given else own if own.is_dir() else DEMO
    if where.is_dir():
        paths = _candidates(where)
    elif where.is_file():
        paths = [where]
    else:
        raise RecipeError(f"{where}: no such file or folder; set {RECIPES_VARIABLE} to a recipe or a folder of recipes")
    if not paths:
        raise RecipeError(
            f"{where}: holds no recipe (*.yml, *.yaml, *.json); add one, or set {RECIPES_VARIABLE} to another folder"
        )
    return _distinct([read_recipe(path) for path in paths])


def _candidates(folder: Path) -> list[Path]:
    """Return the folder's files with the ending of a recipe, without hidden ones.

    Raises:
        RecipeError: When the folder cannot be read.
    """
    try:
        return sorted(
            path for path in folder.iterdir() if path.suffix.lower() in _ENDINGS and not path.name.startswith(".")
        )
    except OSError as error:
        raise RecipeError(f"{folder}: cannot be read: {error.strerror}") from None


def read_recipe(path: Path) -> RecipeFile:
    """Return the recipe of one file, parsed and checked; an error becomes its ``problem``, nothing is raised.

    >>> read_recipe(Path("/recipes/no-such-recipe.yml")).problem
    '/recipes/no-such-recipe.yml: cannot be read: no such file, or no regular one'
    """
    from kc_lineage_dagster.yaml_text import YamlTextError, load_documents  # PyYAML takes a while to load

    path = path.absolute()
    try:
        documents = load_documents(_text(path), unique_keys=True, most_nodes=_MOST_VALUES)
    except RecipeError as error:
        return RecipeFile(path, slug_of(path.stem), {}, problem=str(error))
    except YamlTextError as error:
        return RecipeFile(path, slug_of(path.stem), {}, problem=f"{path}: {error}")
    if len(documents) > 1:
        problem = f"{path}: holds {len(documents)} documents (divided by ---); give each recipe a file of its own"
        return RecipeFile(path, slug_of(path.stem), {}, problem=problem)
    return recipe_of(documents[0] if documents else None, path)


def _text(path: Path) -> str:
    """Return the text of a recipe's file.

    Raises:
        RecipeError: When the file cannot be read; the message tells why.
    """
    try:
        if path.is_dir():
            raise RecipeError(
                f"{path}: is a folder, not a recipe (container engines make one where a mounted file is missing)"
            )
        if not path.is_file():
            raise RecipeError(f"{path}: cannot be read: no such file, or no regular one")
        if path.stat().st_size > _MOST_BYTES:
            raise RecipeError(f"{path}: larger than {_MOST_BYTES >> 20} MiB, which no recipe is")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise RecipeError(
            f"{path}: cannot be read: not UTF-8 text (at byte {error.start + 1}); save it as UTF-8"
        ) from None
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read: {error.strerror or type(error).__name__}") from None


def recipe_of(data: object, path: Path, name: str | None = None) -> RecipeFile:
    """Return a recipe made of parsed data, checked; an error becomes its ``problem``, nothing is raised.

    Args:
        data: The parsed YAML or JSON of the recipe, of any shape.
        path: The recipe's file; relative paths in the recipe are relative to its folder.
        name: The cluster's name where the recipe gives none; by default the file's name without its ending.

    >>> recipe_of({"source": {"type": "kafka-connect", "config": {"cluster_name": "EU"}}}, Path("a.yml")).slug
    'EU'
    >>> print(recipe_of({"source": {"type": "kafka-connect", "config": {"usrname": "x"}}}, Path("a.yml")).problem)
    a.yml: source.config.usrname: unknown field; did you mean username?
    """
    name = name or path.stem
    if not isinstance(data, dict):
        return RecipeFile(path, slug_of(name), {}, problem=f"{path}: a recipe is a mapping with `source` and `sink`")
    slug = slug_of(_cluster_name(data) or name)
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
    """Return those options of a recipe that are valid by themselves, while others wait for variables or are wrong."""
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
    """Return the recipes by slug; those that share one get slugs that nobody else has, and a ``problem``."""
    by_slug: defaultdict[str, list[RecipeFile]] = defaultdict(list)
    for recipe in recipes:
        by_slug[recipe.slug.lower()].append(recipe)
    taken = set(by_slug)
    found: list[RecipeFile] = []
    for _, same in sorted(by_slug.items()):
        found += same if len(same) == 1 else [_clashing(recipe, same, taken) for recipe in same]
    return found


def _clashing(recipe: RecipeFile, same: list[RecipeFile], taken: set[str]) -> RecipeFile:
    others = ", ".join(str(other.path) for other in same if other is not recipe)
    problem = (
        f"{recipe.path}: source.config.cluster_name (or the file's name) gives the same short name `{recipe.slug}`"
        f" as {others}; give each recipe its own cluster_name"
    )
    slug = next(slug for number in count(1) if (slug := f"{recipe.slug}_{number}").lower() not in taken)
    taken.add(slug.lower())
    return replace(recipe, slug=slug, problem=problem)


def _expand(value: Any, environ: Mapping[str, str], where: str, problems: list[str]) -> Any:
    """Return a value of a recipe with its variables replaced; what is wrong goes to ``problems``, with the field.

    Args:
        value: Of any shape.
        environ: The variables.
        where: The field that holds the value.
        problems: Gets a line for each text that cannot be replaced.
    """
    if isinstance(value, dict):
        inside = ((key, item, f"{where}.{key}" if where else str(key)) for key, item in value.items())
        return {key: _expand(item, environ, field, problems) for key, item, field in inside}
    if isinstance(value, list):
        return [_expand(item, environ, f"{where}[{number}]", problems) for number, item in enumerate(value)]
    if not isinstance(value, str) or not _VARIABLE.search(value):
        return value
    try:
        return _replaced(value, environ)
    except RecipeError as error:
        problems.append(f"{where}: {error}")
        return value


def _replaced(value: str, environ: Mapping[str, str]) -> str:
    """Return a text with its variables replaced.

    Raises:
        RecipeError: When that cannot be done; the message tells why, without the text.
    """
    if _NAMELESS.search(value):
        raise RecipeError("holds a ${...} that cannot be read as a variable")
    # DataHub expands its recipes with this package too
    from expandvars import ExpandvarsException, ParameterNullOrNotSet, UnboundVariable, expand

    try:
        return str(expand(value, nounset=True, environ=environ))
    except (UnboundVariable, ParameterNullOrNotSet):
        missing = [name for name in dict.fromkeys(_NAMED.findall(value)) if not environ.get(name)]
        if "${" not in value:
            return value  # as in DataHub: a $ before a name that is no variable is text
        said = f"the environment variable {' or '.join(missing)} is not set" if missing else "a variable is not set"
        raise RecipeError(said) from None
    except ExpandvarsException:  # not quoted: its message repeats the value, which may be a password
        if "${" not in value:
            return value
        raise RecipeError("holds a ${...} that cannot be read as a variable") from None


def _lines(path: Path, error: ValidationError, postpone: bool = False) -> list[str]:
    """Return one line for each error of a validation: file, field, what is wrong.

    Args:
        path: The recipe's file.
        error: What pydantic found.
        postpone: Leave out errors of values that hold a variable, which are checked again in the run.
    """
    return [
        f"{path}: {'.'.join(map(str, problem['loc'])) or 'recipe'}: {_explained(problem)}"
        for problem in error.errors(include_url=False, include_context=False)
        if not (postpone and isinstance(problem.get("input"), str) and _VARIABLE.search(problem["input"]))
    ]


def _explained(problem: Any) -> str:
    if problem["type"] in ("model_type", "dict_type"):  # pydantic names classes of this project there
        return "must be a mapping"
    if problem["type"] != "extra_forbidden":
        return str(problem["msg"]).removeprefix("Value error, ")
    name = str(problem["loc"][-1])
    fields = [field for model in Model.__subclasses__() for field in model.model_fields]
    close = get_close_matches(name, fields, n=1)
    return "unknown field" + (f"; did you mean {close[0]}?" if close and close[0] != name else "")
