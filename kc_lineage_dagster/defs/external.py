"""What lineage names, in Dagster's own graph: datasets and topics of the last sync as external assets.

Read from the state folder while definitions load: no network. A dependency that would close a circle (two mirrors
facing each other, a table copied into itself) is left out, because Dagster's graph cannot hold one.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dagster import AssetKey, AssetSpec

from kc_lineage_dagster.defs.datasets import Translator, keys_of
from kc_lineage_dagster.emit.urns import dataset_urn
from kc_lineage_dagster.errors import KcLineageError
from kc_lineage_dagster.lineage import KAFKA, Dataset
from kc_lineage_dagster.recipe.files import RecipeFile
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.state.cluster_state import ClusterState, state_folder

# The fields of ``source.config`` that names depend on; others, secrets among them, are not looked up while loading.
_NAMING = (
    "env",
    "platform_instance",
    "platform_instance_map",
    "connect_to_platform_map",
    "convert_lineage_urns_to_lowercase",
)
_KIND = re.compile(r"[A-Za-z0-9_.-]{1,63}")  # what Dagster takes as a kind

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Found:
    """A dataset that becomes an external asset, and the keys of those it is made of."""

    slug: str
    dataset: Dataset
    urn: str
    deps: dict[AssetKey, None] = field(default_factory=dict)


def external_specs(files: Iterable[RecipeFile], translator: Translator | None = None) -> list[AssetSpec]:
    """External assets of all clusters that ask for them (``options.external_assets``); datasets they share are one."""
    found: dict[AssetKey, _Found] = {}
    for file in files:
        if file.options.external_assets.enabled and not file.problem:
            try:
                _collect(file, translator, found)
            except KcLineageError as error:
                _log.warning("no external assets of %s: %s", file.slug, error)
    upstream = without_circles({key: list(one.deps) for key, one in found.items()})
    return [_spec(key, one, upstream[key]) for key, one in found.items()]


def _collect(file: RecipeFile, translator: Translator | None, found: dict[AssetKey, _Found]) -> None:
    """Adds the datasets of one cluster, at most its limit. StateError, RecipeError when they cannot be known."""
    cluster = _named(file)
    naming, limit = cluster.naming(), file.options.external_assets.limit
    key_of, own, left = keys_of(naming, translator), set[AssetKey](), set[AssetKey]()
    for connector, upstream, downstream in _pairs(ClusterState(state_folder(file.slug, file.home))):
        ends = [(dataset, key_of(connector, dataset)) for dataset in (upstream, downstream) if dataset]
        keys = [key for _, key in ends if key is not None]
        if len(own.union(keys)) > limit:
            left.update(keys)
            continue
        own.update(keys)
        for dataset, key in ends:
            if key is not None and key not in found:
                found[key] = _Found(file.slug, dataset, dataset_urn(naming, connector, dataset))
        if len(keys) == 2:
            found[keys[1]].deps[keys[0]] = None
    if left - own:
        _log.warning("external assets of %s: %d beyond the limit of %d are left out", file.slug, len(left - own), limit)


def _named(file: RecipeFile) -> Cluster:
    """The cluster with those fields only that names depend on."""
    config = (file.data.get("source") or {}).get("config") or {}
    known = {name: config[name] for name in _NAMING if name in config}
    reduced = replace(file, data={"source": {"type": "kafka-connect", "config": known}})
    return Cluster(file, reduced.resolve())


def _pairs(state: ClusterState) -> Iterator[tuple[str, Dataset | None, Dataset]]:
    for lineage in sorted(state.lineages().values(), key=lambda one: one.connector):
        for edge in lineage.edges:
            yield lineage.connector, edge.upstream, edge.downstream


def _spec(key: AssetKey, found: _Found, deps: Sequence[AssetKey]) -> AssetSpec:
    dataset = found.dataset
    what = "Topic" if dataset.platform == KAFKA else f"Dataset of {dataset.platform}"
    return AssetSpec(
        key,
        deps=deps,
        group_name=f"{found.slug}_datasets",
        kinds={dataset.platform} if _KIND.fullmatch(dataset.platform) else None,
        description=f"{what} in the lineage of the Kafka Connect cluster {found.slug}, as the last sync found it.",
        metadata={"urn": found.urn, "dagster/table_name": dataset.name},
    )


def without_circles(upstream: Mapping[AssetKey, Sequence[AssetKey]]) -> dict[AssetKey, list[AssetKey]]:
    """The dependencies without those that a walk against their direction finds to close a circle."""
    kept: dict[AssetKey, list[AssetKey]] = {key: [] for key in upstream}
    done: set[AssetKey] = set()
    for start in upstream:
        path = {} if start in done else {start: iter(upstream[start])}
        while path:
            key = next(reversed(path))
            for dep in path[key]:
                if dep in path:
                    continue
                kept[key].append(dep)
                if dep not in done:
                    path[dep] = iter(upstream.get(dep, ()))
                    break
            else:
                done.add(key)
                del path[key]
    return kept
