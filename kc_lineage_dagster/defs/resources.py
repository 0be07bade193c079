"""The two borders as Dagster resources: a Connect cluster and a DataHub. Usable from a user's own assets too."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster import ConfigurableResource
from pydantic import Field, PrivateAttr

from kc_lineage_dagster.recipe.files import RecipeFile, read_recipe, recipe_of
from kc_lineage_dagster.run.cluster import Cluster, Progress

if TYPE_CHECKING:
    from kc_lineage_dagster.connect.fetch import Earlier, Reading
    from kc_lineage_dagster.connect.snapshot import Snapshot
    from kc_lineage_dagster.emit.existence import Existence
    from kc_lineage_dagster.emit.sinks import Sink


class KafkaConnectResource(ConfigurableResource[Any]):
    """A Kafka Connect cluster, live or saved; secrets as ``EnvVar``.

    ``source_config``: further fields of ``source.config`` in a DataHub recipe. ``options``: the recipe's ``options``.
    ``base_dir``: what a relative path in ``connect_uri`` is relative to.
    """

    connect_uri: str | None = Field(
        default=None,
        repr=False,  # it may hold user name and password
        description="URL of the worker, or the path of a saved cluster",
    )
    username: str | None = None
    password: str | None = Field(default=None, repr=False)
    source_config: dict[str, Any] = Field(default={}, repr=False)
    options: dict[str, Any] = Field(default={}, repr=False)
    base_dir: str = "."
    _recipe: RecipeFile | None = PrivateAttr(default=None)

    @classmethod
    def from_recipe(cls, recipe: RecipeFile | str | Path) -> KafkaConnectResource:
        """The cluster of a recipe; its variables are looked up when it is used."""
        resource = cls()
        resource._recipe = recipe if isinstance(recipe, RecipeFile) else read_recipe(Path(recipe))
        return resource

    def cluster(self) -> Cluster:
        """The cluster these fields describe. RecipeError names a wrong field."""
        if self._recipe:
            return Cluster.of(self._recipe)
        given = {"connect_uri": self.connect_uri, "username": self.username, "password": self.password}
        config = {**self.source_config, **{key: value for key, value in given.items() if value is not None}}
        recipe = {"source": {"type": "kafka-connect", "config": config}, "options": self.options}
        return Cluster.of(recipe_of(recipe, Path(self.base_dir).absolute() / "connect.yml"))

    def fetch(self, connectors: list[str] | None = None, progress: Progress | None = None) -> Snapshot:
        """Read the cluster and return it whole: its connectors with their evidence, secrets removed.

        ``connectors``: those whose evidence is asked for, None for all. ``progress``: called with the numbers of
        connectors that are read and to be read. ConnectError when the cluster cannot be listed.
        """
        return self.cluster().fetch(connectors, progress)

    def read(
        self, connectors: list[str] | None = None, progress: Progress | None = None, earlier: Earlier | None = None
    ) -> AbstractContextManager[Reading]:
        """The same, connector by connector, while the context lasts. ``earlier``: what an earlier reading left."""
        return self.cluster().read(connectors, progress, earlier)

    def listing(self, previous: Snapshot | None = None) -> Snapshot:
        """Names, configurations and states only: one request. ConnectError when it cannot be listed."""
        return self.cluster().listing(previous)


class DataHubResource(ConfigurableResource[Any]):
    """A DataHub, named as a recipe's ``sink`` names it; secrets as ``EnvVar``."""

    sink_type: str | None = Field(default=None, description="A sink of DataHub's registry; None: DataHub's own default")
    sink_config: dict[str, Any] = Field(default={}, repr=False)
    base_dir: str = "."
    _recipe: RecipeFile | None = PrivateAttr(default=None)

    @classmethod
    def from_recipe(cls, recipe: RecipeFile | str | Path) -> DataHubResource:
        """The DataHub of a recipe; its variables are looked up when it is used."""
        resource = cls()
        resource._recipe = recipe if isinstance(recipe, RecipeFile) else read_recipe(Path(recipe))
        return resource

    def _sink(self) -> tuple[str | None, dict[str, Any], Path]:
        """Type, config, and the folder that relative paths are relative to."""
        if self._recipe is None:
            return self.sink_type, self.sink_config, Path(self.base_dir)
        sink = self._recipe.resolve().sink
        return (sink.type if sink else None), (dict(sink.config) if sink else {}), self._recipe.path.parent

    def open(self, run_id: str, pipeline_name: str | None = None) -> Sink:
        """The sink, ready to write. SinkError when its type or configuration is wrong."""
        from kc_lineage_dagster.emit.sinks import open_sink

        sink_type, config, base = self._sink()
        return open_sink(sink_type, config, run_id=run_id, pipeline_name=pipeline_name, base_dir=base)

    def identity(self) -> str:
        """Type and address of the sink, without secrets: what receipts are receipts of."""
        from kc_lineage_dagster.emit.sinks import sink_identity

        sink_type, config, base = self._sink()
        return sink_identity(sink_type, config, base_dir=base)

    def existence(self, urns: Collection[str]) -> Existence | None:
        """Which of these datasets DataHub does not know; None when it is not a GMS, which alone can be asked."""
        from kc_lineage_dagster.emit.existence import existence
        from kc_lineage_dagster.emit.sinks import RestSink

        sink = self.open("existence")
        try:
            return existence(sink.emitter, urns) if isinstance(sink, RestSink) else None
        finally:
            sink.close()

    def renders_whole(self) -> bool:
        """Whether every sync writes the whole cluster there (file, console), changed or not."""
        from kc_lineage_dagster.emit.sinks import renders_whole

        return renders_whole(self._sink()[0])
