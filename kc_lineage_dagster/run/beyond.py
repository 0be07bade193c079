"""Gather what is known beyond Connect: from the recipe's fields to providers, from their answers to settings."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any

from kc_lineage_dagster.catalog.datahub import DataHubCatalog
from kc_lineage_dagster.catalog.holdings import Holdings, View
from kc_lineage_dagster.catalog.metadata_files import read_metadata_files
from kc_lineage_dagster.catalog.questions import Provider, gather
from kc_lineage_dagster.catalog.remembered import ReadOnly, Remembering
from kc_lineage_dagster.connect.snapshot import Connector, Snapshot
from kc_lineage_dagster.derive.settings import Settings
from kc_lineage_dagster.emit.default_sink import REST, default_sink
from kc_lineage_dagster.emit.urns import dataset_instance
from kc_lineage_dagster.errors import SinkError, StateError
from kc_lineage_dagster.lineage import KAFKA, ConnectorLineage, Dataset
from kc_lineage_dagster.recipe.source import SourceConfig
from kc_lineage_dagster.run.cluster import Cluster

if TYPE_CHECKING:
    from datahub.ingestion.graph.client import DataHubGraph

    from kc_lineage_dagster.catalog.stream_catalog import CatalogEntry

_ANSWER_SECONDS = 30.0  # the longest that one answer of a GMS may take


class Memories(Enum):
    """How a run uses the earlier answers of catalogs, which the state keeps for ``options.catalog_refresh``."""

    READ = "count on them, and keep nothing"
    KEPT = "count on them, and keep what is asked anew"
    RENEWED = "ask for all of them anew, and keep what is answered; where a server fails, what it said last counts"


@dataclass(frozen=True, slots=True)
class Beyond:
    """What is known beyond Connect.

    Args:
        settings: The settings of derivation, with what is known.
        entries: Connector -> the business metadata and tags that its flow gets.
        until: When a server is to be asked again, in seconds since 1970; before that the same questions get the same
            answers. Infinity where none was asked; minus infinity where one did not answer, or nothing was kept.
    """

    settings: Settings
    entries: Mapping[str, CatalogEntry] = field(default_factory=dict)
    until: float = math.inf


def beyond(
    cluster: Cluster,
    snapshot: Snapshot,
    memories: Memories = Memories.READ,
    files: Holdings | None = None,
    connectors: Sequence[Connector] | None = None,
) -> Beyond:
    """Return what files and servers know, as far as the connectors need it.

    The settings of derivation begin with what the recipe says (``Cluster.settings``).

    Args:
        cluster: The cluster, whose recipe names the files and servers.
        snapshot: The connectors whose lineage is to be derived, with what the worker has installed.
        memories: How to use what servers answered in earlier runs.
        files: What files hold (``held_by_files``), None when they are to be read.
        connectors: The connectors, where the snapshot is without them; None for its own.
    """
    connectors = snapshot.connectors if connectors is None else connectors
    settings = cluster.settings(snapshot)
    entries, notes = _stream_catalog(cluster)
    config = cluster.config.confluent_catalog
    if config and config.include_lineage:
        settings = replace(settings, topics={name: one.topics for name, one in entries.items() if one.topics})
    files = held_by_files(cluster) if files is None else files
    providers, unasked = _providers(cluster, connectors)
    providers = _remembering(cluster, providers, memories)
    files = files.noting((*notes, *files.notes, *unasked))
    settings = _with_catalog(cluster, connectors, settings, providers, files)
    return Beyond(settings, {name: _wanted(cluster, one) for name, one in entries.items()}, _until(cluster, providers))


def _until(cluster: Cluster, providers: Iterable[Provider]) -> float:
    """See ``Beyond.until``. ``providers``: those that were asked."""
    since = (one.since if isinstance(one, Remembering) else -math.inf for one in providers)
    return min(since, default=math.inf) + cluster.recipe.options.catalog_refresh


def _stream_catalog(cluster: Cluster) -> tuple[Mapping[str, CatalogEntry], tuple[str, ...]]:
    """Return what Confluent's Stream Catalog says, by connector, and notes; nothing unless the recipe asks for it."""
    config = cluster.config.confluent_catalog
    if config is None or not config.enabled or config.api_key is None or config.api_secret is None:
        return {}, ()
    from kc_lineage_dagster.catalog.json_api import Access  # requests takes a while to load, here and below
    from kc_lineage_dagster.catalog.stream_catalog import described_connectors

    secrets = (config.api_key.get_secret_value(), config.api_secret.get_secret_value())
    access = Access((config.schema_registry_url or "").rstrip("/"), {}, *secrets)
    return described_connectors(access, config.page_size, timeout=float(config.timeout_seconds))


def _wanted(cluster: Cluster, entry: CatalogEntry) -> CatalogEntry:
    """Return those of a connector's tags and business metadata that the recipe wants."""
    config = cluster.config.confluent_catalog
    return replace(
        entry,
        tags=entry.tags if config and config.include_tags else (),
        properties=entry.properties if config and config.include_business_metadata else {},
    )


def _with_catalog(
    cluster: Cluster,
    connectors: Sequence[Connector],
    settings: Settings,
    providers: Iterable[Provider],
    files: Holdings,
) -> Settings:
    """Return the settings with what files and servers know of the datasets that derivation asks about."""
    # derivation takes a while to load: only runs that derive do
    from kc_lineage_dagster.derive.cluster import deriver
    from kc_lineage_dagster.derive.quiet import quiet_tables

    instance_of = partial(dataset_instance, cluster.naming())

    def derive(names: frozenset[str] | None, catalog: Callable[[str], View]) -> Iterator[ConnectorLineage]:
        derived = deriver(connectors, replace(settings, catalog=catalog, columns=False))
        return (derived(one) for one in connectors if names is None or one.name in names)

    known = gather(providers, files, derive, instance_of)
    if known == Holdings():
        return settings
    settings = replace(settings, catalog=partial(known.seen_from, instance_of=instance_of), notes=known.notes)
    return replace(settings, quiet=quiet_tables(connectors, settings))


def _remembering(cluster: Cluster, providers: list[Provider], memories: Memories) -> list[Provider]:
    """Return the providers, each with the memory that the state keeps; a run that only reads may have none."""
    if not providers:
        return []
    from kc_lineage_dagster.state.cache import Cache  # SQLAlchemy takes a while to load

    looks = memories is Memories.READ
    try:
        state = cluster.state
        if looks and state.database.is_behind():
            return providers
    except StateError:
        if not looks:
            raise
        return providers  # a run that only reads needs no state
    caches = (Cache(state.database, f"{owner_of(state.slug)}{one.scope}") for one in providers)
    fresh = 0.0 if memories is Memories.RENEWED else cluster.recipe.options.catalog_refresh
    remembered = zip(providers, caches, strict=True)
    return [Remembering(one, ReadOnly(cache) if looks else cache, fresh, time.time) for one, cache in remembered]


def owner_of(slug: str) -> str:
    """Return how the scopes begin under which the answers to a cluster are remembered. ``slug``: of the cluster."""
    return f"{slug}: "


def servers_of(cluster: Cluster) -> tuple[object, ...] | None:
    """Return what the recipe says of servers that know more than Connect, without secrets: what decides who is asked.

    Empty where nobody is asked. None for a recipe with Confluent's Stream Catalog, whose answers are not remembered.
    """
    config, options = cluster.config, cluster.recipe.options
    if config.confluent_catalog is not None and config.confluent_catalog.enabled:
        return None
    registry, client = options.schema_registry, _client_config(cluster) if config.resolves_schemas else None
    kafka = (config.kafka_rest_endpoint, config.is_confluent_cloud, bool(config.kafka_api_key), _kafka_cluster(config))
    asked = (
        ("schema registry", registry.url) if registry else None,
        ("DataHub", _address_of(client), *_wants(config)) if client else None,
        ("Kafka", *kafka) if config.kafka_rest_endpoint or config.is_confluent_cloud else None,
    )
    return (*filter(None, asked), options.catalog_refresh) if any(asked) else ()


def unasked_of(cluster: Cluster) -> tuple[str, ...]:
    """Return why servers that the recipe switches on cannot be asked, one line each."""
    found = _datahub(cluster)
    return (found,) if isinstance(found, str) else ()


def held_by_files(cluster: Cluster) -> Holdings:
    """Return what the files and lists of ``options.catalog`` and ``options.topics`` hold."""
    options = cluster.recipe.options
    found = read_metadata_files([cluster.file.path_of(name) for name in options.catalog], cluster.config.env)
    if isinstance(options.topics, str):
        from kc_lineage_dagster.catalog.kafka_rest import read_topics

        return found.over(read_topics(cluster.file.path_of(options.topics)))
    return found.over(Holdings(topics=frozenset(options.topics)))


def _providers(cluster: Cluster, connectors: Sequence[Connector]) -> tuple[list[Provider], list[str]]:
    """Return the providers that the recipe switches on, most trusted first, and why others cannot be asked."""
    found = (_registry(cluster, connectors), _datahub(cluster), _kafka(cluster, connectors))
    return [one for one in found if isinstance(one, Provider)], [one for one in found if isinstance(one, str)]


def _configs(connectors: Iterable[Connector]) -> dict[str, Mapping[str, str]]:
    return {one.name: one.config for one in connectors}


def _registry(cluster: Cluster, connectors: Iterable[Connector]) -> Provider | None:
    given = cluster.recipe.options.schema_registry
    if given is None:
        return None
    from kc_lineage_dagster.catalog.json_api import Access
    from kc_lineage_dagster.catalog.schema_registry import SchemaRegistries, access_for

    def file(name: str | None) -> str | None:
        return str(cluster.file.path_of(name)) if name else None

    headers = {key: value.get_secret_value() for key, value in given.headers.items()}
    if given.bearer_token:
        headers["Authorization"] = f"Bearer {given.bearer_token.get_secret_value()}"
    certificate, key = file(given.client_certificate), file(given.client_key)
    access = given.url and Access(
        given.url,
        headers,
        given.username,
        given.password.get_secret_value() if given.password else None,
        file(given.ca_bundle) or given.verify,
        (certificate, key) if certificate and key else certificate,
    )
    naming = cluster.naming()

    def full_name(connector: str, topic: str) -> str:
        instance = dataset_instance(naming, connector, Dataset(KAFKA, topic))
        return f"{instance}.{topic}" if instance else topic

    return SchemaRegistries(_configs(connectors), access_for(access or None), given.url, full_name)


def _kafka(cluster: Cluster, connectors: Iterable[Connector]) -> Provider | None:
    config = cluster.config
    endpoint = config.kafka_rest_endpoint
    on_cloud = config.is_confluent_cloud and config.kafka_api_key
    if endpoint is None and not on_cloud:
        return None
    from kc_lineage_dagster.catalog.json_api import Access
    from kc_lineage_dagster.catalog.kafka_rest import KafkaRest, cloud_endpoint

    if endpoint is None:
        endpoint = cloud_endpoint(_configs(connectors))
    if endpoint is None:
        return None
    key, secret = (one.get_secret_value() if one else None for one in (config.kafka_api_key, config.kafka_api_secret))
    return KafkaRest(Access(endpoint, {}, key, secret), _kafka_cluster(config))


def _kafka_cluster(config: SourceConfig) -> str | None:
    """Return the id of the Kafka cluster, which Confluent Cloud's addresses hold; None elsewhere."""
    by_address = re.search(r"/clusters/([^/?#]+)", config.connect_uri) if config.is_confluent_cloud else None
    return config.confluent_cloud_cluster_id or (by_address and by_address[1])


def _datahub(cluster: Cluster) -> Provider | str | None:
    config = cluster.config
    if not config.resolves_schemas:
        return None
    client = _client_config(cluster)
    if client is None:
        return (
            "use_schema_resolver: nobody is asked, because there is neither datahub_api nor a datahub-rest sink"
            " whose variables are set"
        )
    names, columns = _wants(config)
    return DataHubCatalog(
        partial(_open, client),
        _address_of(client),
        config.env,
        names=names,
        columns=columns,
    )


def _address_of(client: Mapping[str, Any]) -> str:
    from kc_lineage_dagster.emit.delivery import address

    return address(str(client.get("server", "")))


def _wants(config: SourceConfig) -> tuple[bool, bool]:
    """Return whether DataHub is asked for names, and whether for columns."""
    return config.schema_resolver_expand_patterns is not False, config.schema_resolver_finegrained_lineage is not False


def _client_config(cluster: Cluster) -> Mapping[str, Any] | None:
    """Return the configuration of the GMS to ask: ``datahub_api``, else the sink's; None without either."""
    recipe = cluster.recipe
    if recipe.datahub_api is not None:
        return recipe.datahub_api
    if recipe.sink is None:
        try:
            return default_sink()[1]
        except SinkError:
            return None
    return recipe.sink.config if recipe.sink.type == REST else None


def _open(config: Mapping[str, Any]) -> DataHubGraph:
    from kc_lineage_dagster.emit.gms_session import graph_at

    seconds = min(float(config.get("timeout_sec") or _ANSWER_SECONDS), _ANSWER_SECONDS)
    return graph_at({**config, "timeout_sec": seconds, "retry_max_times": 1})
