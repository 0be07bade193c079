"""A component for Dagster projects that are made of components: the YAML's attributes are the recipe."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from dagster import (
    AssetKey,
    AssetSpec,
    ComponentLoadContext,
    Definitions,
    ResolutionContext,
    Resolvable,
    StateBackedComponent,
    scaffold_with,
)
from dagster.components import DefsStateConfig, DefsStateConfigArgs
from dagster.components.resolved.errors import ResolutionException
from pydantic import BaseModel, ConfigDict, PrivateAttr

from kc_lineage_dagster.defs.attributes import last_line, state_config, translation, variables
from kc_lineage_dagster.defs.build import build_clusters
from kc_lineage_dagster.defs.external import external_specs, read_lineages, write_lineages
from kc_lineage_dagster.defs.scaffold import KafkaConnectLineageScaffolder
from kc_lineage_dagster.defs.schema import attributes_schema
from kc_lineage_dagster.defs.translator import (
    DatasetProps,
    KafkaConnectLineageTranslator,
    Props,
)
from kc_lineage_dagster.errors import KcLineageError
from kc_lineage_dagster.recipe.files import RecipeFile, recipe_of

_FILES = ("defs.yaml", "defs.yml", "component.py")
_HERE = Path("defs.yaml").absolute()  # stands for the file of a component that Python made
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Site:
    """Where a component stands: its file, and its path below the project's folder ``defs``."""

    file: Path
    path: str

    @classmethod
    def of(cls, context: ComponentLoadContext) -> _Site:
        """Return the site of the component that is being loaded."""
        folder = context.path if context.path.is_dir() else context.path.parent
        file = next((folder / name for name in _FILES if (folder / name).exists()), folder / _FILES[0])
        inside = folder.is_relative_to(context.defs_module_path)
        path = folder.relative_to(context.defs_module_path).as_posix() if inside else folder.name
        number = context.component_path.instance_key
        return cls(file, f"{path}[{number}]" if number else path)


# A project's folder `defs` -> short name of a cluster, in small letters -> the component that has taken the name.
_taken: dict[Path, dict[str, _Site]] = {}


class _Attributes(BaseModel):
    """The model of the YAML's attributes.

    It takes any attributes, so that a mistake in them does not stop the project; their schema is strict.
    """

    model_config = ConfigDict(extra="allow")
    _site: _Site | None = PrivateAttr(default=None)

    @classmethod
    def model_json_schema(cls, *_: Any, **__: Any) -> dict[str, Any]:
        """Return what ``dg`` and editors check the YAML against."""
        return attributes_schema()


@scaffold_with(KafkaConnectLineageScaffolder)
@dataclass
class KafkaConnectLineageComponent(StateBackedComponent, Resolvable):
    """The lineage of one Kafka Connect cluster, kept true in DataHub.

    The attributes are those of a DataHub recipe, field for field, with this project's own under ``options``
    (docs/recipe.md). Relative paths are relative to the component's folder, whose name names the cluster when
    ``cluster_name`` does not. ``${VAR}`` is looked up in the run. Attributes that cannot be used do not stop the
    project: the cluster's job fails and says what is wrong with them.

    ``translation`` changes how assets look, as in Dagster's own components; override ``get_asset_spec`` for more.
    ``defs_state``: where the tables and topics for the asset graph are kept between two loads of the definitions.
    """

    source: Mapping[str, Any] | None = None
    sink: Mapping[str, Any] | None = None
    pipeline_name: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    translation: Callable[[AssetSpec, Props], AssetSpec] | None = None
    defs_state: DefsStateConfigArgs = field(default_factory=DefsStateConfigArgs.local_filesystem)
    unknown: Mapping[str, Any] = field(default_factory=dict, repr=False)  # attributes that no recipe has
    problems: tuple[str, ...] = field(default=(), repr=False)  # why the attributes cannot be used
    site: _Site | None = field(default=None, repr=False)  # where the component stands

    @classmethod
    def load(cls, attributes: BaseModel | None, context: ComponentLoadContext) -> KafkaConnectLineageComponent:
        """Make the component from a YAML file. Without attributes its job fails and says what is missing."""
        given = attributes if isinstance(attributes, _Attributes) else _Attributes()
        given._site = _Site.of(context)
        return super().load(given, context)

    @classmethod
    def get_model_cls(cls) -> type[BaseModel]:
        """Return the model that Dagster reads the YAML's attributes with."""
        return _Attributes

    @classmethod
    def resolve_from_model(cls, context: ResolutionContext, model: BaseModel) -> KafkaConnectLineageComponent:
        """Make the component from the YAML's attributes; what is wrong with them is kept, for the job to say."""
        given, problems = dict(model.model_extra or {}), list[str]()
        described = given.pop("translation", None)
        values: dict[str, Any] = {}
        for name, value in given.items():
            missing = [one for one in variables(value) if one not in os.environ]
            if missing:
                problems.append(f"{name}: the environment variable {', '.join(missing)} is not set")
                continue
            try:
                values[name] = context.at_path(name).resolve_value(value)
            except ResolutionException as error:
                problems.append(f"{name}: {last_line(error)}")
        state, why = state_config(values.pop("defs_state", None))
        problems += [why] if why else []
        translate, why = translation(context, described)
        problems += [why] if why else []
        own = {one.name for one in fields(cls)} - {"unknown", "problems", "site", "translation", "defs_state"}
        return cls(
            **{name: value for name, value in values.items() if name in own},
            translation=translate,
            defs_state=state,
            unknown={name: value for name, value in values.items() if name not in own},
            problems=tuple(problems),
            site=model._site if isinstance(model, _Attributes) else None,
        )

    def get_asset_spec(self, props: Props) -> AssetSpec | None:
        """Return the spec of an asset, as ``KafkaConnectLineageTranslator`` does; for subclasses to override.

        The key of a dataset begins with the cluster's short name, because two components cannot share an asset.
        """
        spec = KafkaConnectLineageTranslator().get_asset_spec(props)
        if spec is not None and isinstance(props, DatasetProps):
            spec = spec.replace_attributes(key=AssetKey([props.cluster, *spec.key.path]))
        return self.translation(spec, props) if spec is not None and self.translation else spec

    @property
    def defs_state_config(self) -> DefsStateConfig:
        """Where Dagster keeps the state for the asset graph, and under which key."""
        where = self.site.path if self.site else self._recipe(_HERE).slug
        return DefsStateConfig.from_args(self.defs_state, default_key=f"KafkaConnectLineageComponent[{where}]")

    def write_state_to_path(self, state_path: Path) -> None:
        """Write the lineage of the last sync, for the asset graph.

        The file stays as it was when that lineage cannot be read, which is logged.
        """
        try:
            write_lineages(self._recipe(self.site.file if self.site else _HERE), state_path)
        except KcLineageError as error:
            _log.warning("the asset graph keeps its tables and topics as they were: %s", error)

    def build_defs_from_state(self, context: ComponentLoadContext, state_path: Path | None) -> Definitions:
        """Return the assets, jobs, sensor, schedules and resources of the cluster.

        Attributes that cannot be used load all the same: the job fails and says why. ``state_path``: the file that
        ``write_state_to_path`` wrote; without one the tables and topics are read from what the last sync left.
        """
        site = _Site.of(context)
        file = _distinct(context, site, self._recipe(site.file))
        lineages = read_lineages(state_path) if state_path is not None and state_path.exists() else None
        external = external_specs([file], self.get_asset_spec, {file.slug: lineages} if lineages is not None else {})
        return build_clusters([file], self.get_asset_spec, external)

    def _recipe(self, file: Path) -> RecipeFile:
        """Return the attributes as a recipe in ``file``; problems with them are the recipe's ``problem``."""
        given = {"source": self.source, "sink": self.sink, "pipeline_name": self.pipeline_name, "options": self.options}
        data = {name: value for name, value in given.items() if value is not None} | dict(self.unknown)
        recipe = recipe_of(data, file, name=file.parent.name)
        problem = "; ".join(f"{file}: {one}" for one in self.problems)
        return RecipeFile(file, recipe.slug, {}, recipe.options, problem=problem) if problem else recipe


def _distinct(context: ComponentLoadContext, me: _Site, file: RecipeFile) -> RecipeFile:
    """Return the recipe, or one with a ``problem`` where another component of the project has taken its short name."""
    taken = _taken.setdefault(context.defs_module_path, {})
    for slug in [slug for slug, one in taken.items() if one == me]:
        del taken[slug]  # this component is loaded again, perhaps under another name
    name, number = file.slug.lower(), 1
    first = taken.get(name)
    while name in taken and taken[name].file.exists():
        number += 1
        name = f"{file.slug.lower()}_{number}"
    taken[name] = me
    if number == 1 or first is None:
        return file
    problem = (
        f"{file.path}: source.config.cluster_name (or the folder's name) gives the same short name `{file.slug}` as the"
        f" component in {first.file}; give each component its own cluster_name"
    )
    return RecipeFile(file.path, f"{file.slug}_{number}", {}, file.options, problem=problem)
