"""Dagster resources for both ends of the project, a Connect cluster and a DataHub; for a user's own assets too."""

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

    Args:
        connect_uri: URL of the worker, or the path of a saved cluster.
        username: User name for the worker, None without one.
        password: Password for the worker, None without one.
        source_config: Further fields of ``source.config`` in a DataHub recipe.
        options: The recipe's ``options``.
        base_dir: The folder that a relative path in ``connect_uri`` is relative to.
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
        """Make the resource from a recipe; the recipe's variables are looked up when the resource is used."""
        resource = cls()
        resource._recipe = recipe if isinstance(recipe, RecipeFile) else read_recipe(Path(recipe))
        return resource

    def cluster(self) -> Cluster:
        """Return the cluster that these fields describe.

        Raises:
            RecipeError: For a wrong field, which the message names.
        """
        if self._recipe:
            return Cluster.of(self._recipe)
        given = {"connect_uri": self.connect_uri, "username": self.username, "password": self.password}
        config = {**self.source_config, **{key: value for key, value in given.items() if value is not None}}
        recipe = {"source": {"type": "kafka-connect", "config": config}, "options": self.options}
        return Cluster.of(recipe_of(recipe, Path(self.base_dir).absolute() / "connect.yml"))

    def fetch(self, connectors: list[str] | None = None, progress: Progress | None = None) -> Snapshot:
        """Read the cluster and return it whole: its connectors with their evidence, secrets removed.

        ``connectors``: those whose evidence is asked for, None for all.
        ``progress``: called with the numbers of connectors that are read and to be read.

        Raises:
            ConnectError: When the cluster cannot be listed.
        """
        return self.cluster().fetch(connectors, progress)

    def read(
        self, connectors: list[str] | None = None, progress: Progress | None = None, earlier: Earlier | None = None
    ) -> AbstractContextManager[Reading]:
        """Read the cluster connector by connector while the context lasts.

        Nobody needs to hold a large cluster whole.

        Args:
            connectors: Those whose evidence is asked for again, None for all.
            progress: Called with the numbers of connectors that are read and to be read.
            earlier: What an earlier reading left, None for the first.

        Raises:
            ConnectError: When the cluster cannot be listed.
        """
        return self.cluster().read(connectors, progress, earlier)

    def listing(self, previous: Snapshot | None = None) -> Snapshot:
        """Return names, configurations and states only, which costs one request.

        ``previous``: an earlier snapshot; configurations are redacted as they were there.

        Raises:
            ConnectError: When the cluster cannot be listed.
        """
        return self.cluster().listing(previous)


class DataHubResource(ConfigurableResource[Any]):
    """A DataHub, named as a recipe's ``sink`` names it; secrets as ``EnvVar``.

    Args:
        sink_type: A sink of DataHub's registry; None: DataHub's own default.
        sink_config: The sink's configuration.
        base_dir: The folder that relative paths in the configuration are relative to.
    """

    sink_type: str | None = Field(default=None, description="A sink of DataHub's registry; None: DataHub's own default")
    sink_config: dict[str, Any] = Field(default={}, repr=False)
    base_dir: str = "."
    _recipe: RecipeFile | None = PrivateAttr(default=None)

    @classmethod
    def from_recipe(cls, recipe: RecipeFile | str | Path) -> DataHubResource:
        """Make the resource from a recipe; the recipe's variables are looked up when the resource is used."""
        resource = cls()
        resource._recipe = recipe if isinstance(recipe, RecipeFile) else read_recipe(Path(recipe))
        return resource

    def _sink(self) -> tuple[str | None, dict[str, Any], Path]:
        """Return the sink's type, its configuration, and the folder that relative paths are relative to."""
        if self._recipe is None:
            return self.sink_type, self.sink_config, Path(self.base_dir)
        sink = self._recipe.resolve().sink
        return (sink.type if sink else None), (dict(sink.config) if sink else {}), self._recipe.path.parent

    def open(self, run_id: str, pipeline_name: str | None = None) -> Sink:
        """Return the sink, ready to write.

        ``run_id``: stamped on what is sent. ``pipeline_name``: the recipe's, None without one.

        Raises:
            SinkError: When the sink's type or configuration is wrong.
        """
        from kc_lineage_dagster.emit.sinks import open_sink

        sink_type, config, base = self._sink()
        return open_sink(sink_type, config, run_id=run_id, pipeline_name=pipeline_name, base_dir=base)

    def identity(self) -> str:
        """Return type and address of the sink, without secrets: receipts are valid for this identity only."""
        from kc_lineage_dagster.emit.sinks import sink_identity

        sink_type, config, base = self._sink()
        return sink_identity(sink_type, config, base_dir=base)

    def existence(self, urns: Collection[str]) -> Existence | None:
        """Return which of these datasets DataHub does not know; None for a sink that is no GMS and cannot be asked."""
        from kc_lineage_dagster.emit.existence import existence
        from kc_lineage_dagster.emit.sinks import RestSink

        sink = self.open("existence")
        try:
            return existence(sink.emitter, urns) if isinstance(sink, RestSink) else None
        finally:
            sink.close()

    def renders_whole(self) -> bool:
        """Tell whether every sync writes the whole cluster, changed or not, as to a file or a console."""
        from kc_lineage_dagster.emit.sinks import renders_whole

        return renders_whole(self._sink()[0])
