"""A component for Dagster projects that are made of components: the YAML's attributes are the recipe."""

# no `from __future__ import annotations`: Dagster reads the YAML's schema from the annotations themselves

from typing import Annotated, Any

from dagster import AssetKey, AssetSpec, Component, ComponentLoadContext, Definitions, Model, Resolvable, Resolver
from pydantic import Field

from kc_lineage_dagster.defs.build import build_clusters
from kc_lineage_dagster.defs.translator import ClusterAssetProps, KafkaConnectLineageTranslator, Props
from kc_lineage_dagster.recipe.files import recipe_of


def _about(text: str) -> Resolver:
    resolver: Resolver = Resolver.default(description=text)
    return resolver


class KafkaConnectLineageComponent(Component, Resolvable, Model):
    """The lineage of one Kafka Connect cluster, kept true in DataHub.

    The attributes are those of a DataHub recipe, field for field, with this project's own under ``options``
    (docs/recipe.md). Relative paths are relative to the component's folder, whose name names the cluster when
    ``cluster_name`` does not. ``${VAR}`` is looked up in the run.
    """

    source: Annotated[dict[str, Any], _about("`type: kafka-connect` and `config`, as in a DataHub recipe")]
    sink: Annotated[dict[str, Any] | None, _about("Where lineage goes, as in a DataHub recipe")] = None
    pipeline_name: Annotated[str | None, _about("Names DataHub's stateful ingestion, as in a DataHub recipe")] = None
    options: Annotated[dict[str, Any], _about("What DataHub's recipe has no field for")] = Field(default_factory=dict)

    def get_asset_spec(self, props: Props) -> AssetSpec | None:
        """Return the spec of an asset, as ``KafkaConnectLineageTranslator`` does; for subclasses to override.

        Keys of datasets begin with the cluster's short name, because two components cannot share an asset.
        """
        spec = KafkaConnectLineageTranslator().get_asset_spec(props)
        if spec is None or isinstance(props, ClusterAssetProps):
            return spec
        return spec.replace_attributes(key=AssetKey([props.cluster, *spec.key.path]))

    def build_defs(self, context: ComponentLoadContext) -> Definitions:
        """The assets, job, sensor, schedules and resources of the cluster. A recipe that cannot be used loads all the
        same: its job fails and says why.
        """
        given = {"source": self.source, "sink": self.sink, "pipeline_name": self.pipeline_name}
        recipe = {name: value for name, value in given.items() if value is not None} | {"options": self.options}
        file = recipe_of(recipe, context.path / f"{context.path.name}.yml")
        return build_clusters([file], self.get_asset_spec)
