"""A recipe ready for use: the one place that turns its fields into settings of connect, derive and emit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from kc_lineage_dagster.connect.answers import Answers
from kc_lineage_dagster.connect.fetch import Earlier, Reading, ReadingRules, list_only, read
from kc_lineage_dagster.connect.saved import is_saved, open_saved
from kc_lineage_dagster.connect.settings import ConnectSettings, cloud_uri, console_url
from kc_lineage_dagster.connect.snapshot import Snapshot
from kc_lineage_dagster.connect.substitute import ProvidedValue
from kc_lineage_dagster.derive.settings import GenericEntry, Settings
from kc_lineage_dagster.emit.urns import Naming
from kc_lineage_dagster.lineage import KAFKA, Dataset
from kc_lineage_dagster.recipe.files import RecipeFile
from kc_lineage_dagster.recipe.model import PLACE_OF_CONNECTOR, Recipe
from kc_lineage_dagster.recipe.source import DEFAULT_CONNECT_URI, GenericConnector, SourceConfig, StatefulIngestion

if TYPE_CHECKING:
    from kc_lineage_dagster.state.cluster_state import ClusterState

Progress = Callable[[int, int], None]  # called with the numbers of connectors that are done and to be done


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Connect cluster and the DataHub that its lineage goes to. It holds secrets: never show it."""

    file: RecipeFile
    recipe: Recipe

    @classmethod
    def of(cls, file: RecipeFile) -> Cluster:
        """Look up the recipe's variables and return the cluster.

        Raises:
            RecipeError: When the recipe cannot be used; the message names file and field.
        """
        return cls(file, file.resolve())

    def __repr__(self) -> str:
        return f"Cluster({self.file.slug})"

    @property
    def config(self) -> SourceConfig:
        """``source.config``."""
        return self.recipe.source.config

    @property
    def state(self) -> ClusterState:
        """The state that the cluster's runs share.

        Raises:
            StateError: When ``KC_LINEAGE_STATE`` cannot be used.
        """
        from kc_lineage_dagster.state.opening import state_of  # SQLAlchemy takes a while to load

        return state_of(self.file.slug, self.file.home)

    @property
    def page(self) -> str | None:
        """Path or address of the cluster's page, None where there is no place for one."""
        from kc_lineage_dagster.page.write import page_address

        folder = self.state.folder
        return page_address(self.recipe.options.page, self.file.slug, self.file.path.parent, folder)

    @property
    def stateful(self) -> StatefulIngestion:
        """``stateful_ingestion``, with its defaults where the recipe says nothing."""
        return self.config.stateful_ingestion or StatefulIngestion()

    @contextmanager
    def answers(self, seconds: float | None = None) -> Iterator[Answers]:
        """Open the live worker, or the saved cluster, for requests.

        ``seconds``: a limit for all requests together, where it is lower than the recipe's.
        """
        uri = self.config.connect_uri
        if is_saved(uri):
            yield open_saved(str(self.file.path_of(uri.removeprefix("file://").removeprefix("file:"))))
            return
        from kc_lineage_dagster.connect.client import ConnectClient  # requests takes a while to load

        settings = self.connect_settings()
        if seconds is not None:
            settings = replace(settings, total_timeout=min(seconds, settings.total_timeout))
        with ConnectClient(settings) as client:
            yield client

    @property
    def connect_uri(self) -> str:
        """The worker's address: ``connect_uri``, or Confluent Cloud's, when the recipe names its cluster there."""
        config, uri = self.config, self.config.connect_uri
        if config.confluent_cloud_environment_id and config.confluent_cloud_cluster_id:
            given = None if uri.rstrip("/") == DEFAULT_CONNECT_URI.rstrip("/") else uri
            return cloud_uri(given, config.confluent_cloud_environment_id, config.confluent_cloud_cluster_id)
        return uri

    def connect_settings(self) -> ConnectSettings:
        """Return how to reach the worker."""
        config, options = self.config, self.recipe.options.connect

        def file(name: str | None) -> str | None:
            return str(self.file.path_of(name)) if name else None

        return ConnectSettings(
            uri=self.connect_uri,
            username=config.username,
            password=config.password.get_secret_value() if config.password else None,
            bearer_token=options.bearer_token.get_secret_value() if options.bearer_token else None,
            headers={key: value.get_secret_value() for key, value in options.headers.items()},
            ca_bundle=file(options.ca_bundle),
            client_cert=file(options.client_certificate),
            client_key=file(options.client_key),
            verify=options.verify,
            request_timeout=options.request_timeout,
            total_timeout=options.total_timeout,
            concurrency=options.concurrency,
            retries=options.retries,
        )

    def fetch(self, connectors: list[str] | None = None, progress: Progress | None = None) -> Snapshot:
        """Read the cluster as ``read`` does, and return it whole.

        ``connectors``: those whose evidence is asked for, None for all.
        ``progress``: called with the numbers of connectors that are read and to be read.
        """
        with self.read(connectors, progress) as reading:
            return reading.whole()

    @contextmanager
    def read(
        self,
        connectors: list[str] | None = None,
        progress: Progress | None = None,
        earlier: Earlier | None = None,
    ) -> Iterator[Reading]:
        """Read the cluster, connector by connector, while the context lasts.

        Args:
            connectors: Those whose evidence is asked for again, None for all; others keep that of ``earlier``.
            progress: Called with the numbers of connectors that are read and to be read.
            earlier: What the last reading left, None for the first.

        Raises:
            ConnectError: When the cluster cannot be listed.
        """
        with self.answers() as answers:
            yield read(answers, self.reading_rules(), only=connectors, progress=progress, earlier=earlier)

    def listing(self, previous: Snapshot | None = None, seconds: float | None = None) -> Snapshot:
        """Return names, configurations and states only, which costs one request.

        ``previous``: an earlier snapshot; configurations are redacted as they were there.
        ``seconds``: how long the request may take with all its tries.
        """
        with self.answers(seconds) as answers:
            return list_only(answers, self.reading_rules(), previous.password_keys if previous else None)

    def reading_rules(self) -> ReadingRules:
        """Return what the recipe says about reading: ``connector_patterns``, ``provided_configs``, topics."""
        config = self.config
        provided = (ProvidedValue(one.provider, one.path_key, one.value) for one in config.provided_configs or ())
        return ReadingRules(self.allowed(), tuple(provided), config.use_connect_topics_api)

    def allowed(self) -> Callable[[str], bool]:
        """Return the function that tells of a connector's name whether ``connector_patterns`` allow it."""
        return self.config.connector_patterns.allows

    def settings(self, head: Snapshot) -> Settings:
        """Return what the recipe and the worker's plugins say about derivation. ``head``: of the last reading."""
        return Settings(
            generic={one.connector_name: _generic(one) for one in self.config.generic_connectors},
            cluster_aliases=self.recipe.options.cluster_aliases,
            letter_case=self.recipe.options.letter_case,
            plugin_classes=head.plugin_classes,
            transforms=self.recipe.options.transforms,
            plugin_versions=head.plugin_versions,
        )

    def naming(self) -> Naming:
        """Return how URNs are made."""
        config = self.config
        return Naming(
            env=config.env,
            platform_instance=config.platform_instance,
            platform_instance_map=config.platform_instance_map or {},
            connect_to_platform_map=config.connect_to_platform_map or {},
            lowercase=config.convert_lineage_urns_to_lowercase,
        )

    def external_url(self, connector: str) -> str | None:
        """Return the page for people about a connector, None where there is none.

        It is ``options.external_url``, or Confluent Cloud's list of connectors. The REST API's own address is not
        taken: it answers a browser with the whole configuration, secrets included.
        """
        template = self.recipe.options.external_url
        if template is not None:
            return template.replace(PLACE_OF_CONNECTOR, quote(connector, safe=""))
        return console_url(self.connect_uri)


def _generic(entry: GenericConnector) -> GenericEntry:
    if entry.target_platform and entry.target_dataset:
        topic = entry.source_dataset if entry.source_platform == KAFKA else None
        target = Dataset(entry.target_platform, entry.target_dataset)
        return GenericEntry(entry.connector_name, target, "sink", topic)
    source = Dataset(entry.source_platform or "", entry.source_dataset or "")
    return GenericEntry(entry.connector_name, source, "source")
