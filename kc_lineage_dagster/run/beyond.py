"""What is known beyond Connect: from the recipe's fields to catalogue providers, and from their answers to settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from kc_lineage_dagster.catalog.datahub import DataHub
from kc_lineage_dagster.catalog.holdings import Holdings, View
from kc_lineage_dagster.catalog.metadata_files import read_metadata_files
from kc_lineage_dagster.catalog.questions import Provider, gathered
from kc_lineage_dagster.connect.snapshot import Snapshot
from kc_lineage_dagster.derive.cluster import deriver
from kc_lineage_dagster.derive.derive import Settings
from kc_lineage_dagster.emit.delivery import address
from kc_lineage_dagster.emit.sinks import REST, default_sink
from kc_lineage_dagster.emit.urns import dataset_instance
from kc_lineage_dagster.errors import SinkError

if TYPE_CHECKING:
    from datahub.ingestion.graph.client import DataHubGraph

    from kc_lineage_dagster.run.cluster import Cluster

_ANSWER_SECONDS = 30.0


def with_catalog(cluster: Cluster, snapshot: Snapshot, settings: Settings) -> Settings:
    """The settings with what files and servers know, as far as the connectors of the snapshot need it."""
    instance_of = partial(dataset_instance, cluster.naming())
    options = cluster.recipe.options
    files = read_metadata_files([cluster.file.path_of(name) for name in options.catalog], cluster.config.env)

    def derive_all(catalog: Callable[[str], View]) -> None:
        derived = deriver(snapshot.connectors, replace(settings, catalog=catalog))
        for connector in snapshot.connectors:
            derived(connector)

    providers, notes = _providers(cluster)
    known = gathered(providers, files.noting((*files.notes, *notes)), derive_all, instance_of)
    if known == Holdings():
        return settings
    return replace(settings, catalog=partial(known.seen_from, instance_of=instance_of), notes=known.notes)


def _providers(cluster: Cluster) -> tuple[list[Provider], list[str]]:
    """Those that the recipe switches on, the most trusted first, and why others are not there."""
    config = cluster.config
    if not config.resolves_schemas:
        return [], []
    client = _client_config(cluster)
    if client is None:
        return [], [
            "use_schema_resolver: the recipe has neither a datahub-rest sink nor datahub_api, so nobody is asked"
        ]
    return [
        DataHub(
            partial(_open, client),
            address(str(client.get("server", ""))),
            config.env,
            names=config.schema_resolver_expand_patterns is not False,
            columns=config.schema_resolver_finegrained_lineage is not False,
        )
    ], []


def _client_config(cluster: Cluster) -> Mapping[str, Any] | None:
    """The GMS to ask: ``datahub_api``, else the sink's."""
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
    from datahub.ingestion.graph.client import DataHubGraph
    from datahub.ingestion.graph.config import DatahubClientConfig

    bounds = {
        "timeout_sec": min(float(config.get("timeout_sec") or _ANSWER_SECONDS), _ANSWER_SECONDS),
        "retry_max_times": 1,
    }
    return DataHubGraph(DatahubClientConfig.model_validate({**config, **bounds}))
