"""The datasets and topics that lineage names, in Dagster's own graph: external assets, as the last sync found them.

They are read from the state while definitions load; neither Connect nor DataHub is asked. A dependency that would close
a circle (two mirrors that face each other, a table copied into itself) is left out, because Dagster's graph cannot hold
one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

from dagster import AssetKey, AssetSpec, TableColumn, TableColumnDep, TableColumnLineage, TableConstraints, TableSchema

from kc_lineage_dagster.defs.translator import DatasetProps, Translate
from kc_lineage_dagster.emit.urns import Naming, dataset_instance, dataset_urn
from kc_lineage_dagster.errors import KcLineageError
from kc_lineage_dagster.lineage import ConnectorLineage, Dataset, FieldEdge
from kc_lineage_dagster.recipe.files import RecipeFile
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.state import codec
from kc_lineage_dagster.state.opening import state_of

# The fields of ``source.config`` that URNs depend on; others, secrets among them, are not looked up while loading.
_NAMING = (
    "env",
    "platform_instance",
    "platform_instance_map",
    "connect_to_platform_map",
    "convert_lineage_urns_to_lowercase",
)
_COLUMNS = 200  # the most that the definition of one dataset lists
_OTHERS = TableConstraints(other=["Columns that are not listed arrive unchanged, as far as is known."])

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Node:
    """A dataset while external assets are collected: what the lineage of all clusters says of it.

    Args:
        props: What the translator gets, without the connectors.
        written_by: Connectors that write the dataset.
        read_by: Connectors that read the dataset.
        made_of: URN of an upstream dataset -> what is known of single fields.
    """

    props: DatasetProps
    written_by: set[str] = field(default_factory=set)
    read_by: set[str] = field(default_factory=set)
    made_of: dict[str, tuple[FieldEdge, ...]] = field(default_factory=dict)


def external_specs(
    files: Iterable[RecipeFile],
    translate: Translate,
    lineages: Mapping[str, Iterable[ConnectorLineage]] | None = None,
) -> list[AssetSpec]:
    """Return the external assets of all clusters that ask for them (``options.external_assets``).

    A dataset that clusters share is one asset.

    Args:
        files: The recipes of the clusters.
        translate: Gives the spec of each dataset; None leaves the dataset out.
        lineages: Slug -> lineage, of clusters whose lineage is known already; that of others is read from the state.
    """
    nodes: dict[str, _Node] = {}
    for file in files:
        if file.options.external_assets.enabled and not file.problem:
            try:
                known = (lineages or {}).get(file.slug)
                _collect(file, _last_lineages(file) if known is None else known, nodes)
            except KcLineageError as error:
                _log.warning("no external assets of %s: %s", file.slug, error)
    return _specs(nodes, translate)


def _last_lineages(file: RecipeFile) -> Iterable[ConnectorLineage]:
    return state_of(file.slug, file.home).lineages()


def write_lineages(file: RecipeFile, path: Path) -> None:
    """Write the lineage that the last sync of a cluster left to a file, for ``read_lineages``.

    The file is empty when the recipe asks for no external assets.

    Raises:
        StateError: When the lineage cannot be read.
    """
    wanted = file.options.external_assets.enabled and not file.problem
    lines = [codec.lineages().dump(one) for one in (_last_lineages(file) if wanted else ())]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def read_lineages(path: Path) -> list[ConnectorLineage]:
    """Return the lineages that ``write_lineages`` wrote; none when the file is damaged, which is logged."""
    try:
        with path.open(encoding="utf-8") as stream:
            found = [codec.lineages().load(line) for line in stream]
    except (OSError, ValueError) as error:
        _log.warning("no external assets: %s cannot be read: %s", path, error)
        return []
    if None in found:
        _log.warning("no external assets: %s is damaged", path)
        return []
    return [one for one in found if one is not None]


def _collect(file: RecipeFile, lineages: Iterable[ConnectorLineage], nodes: dict[str, _Node]) -> None:
    """Add the datasets of one cluster to ``nodes``, at most ``options.external_assets.limit`` of them.

    Raises:
        StateError: When the lineage cannot be read.
        RecipeError: When the recipe's names cannot be used.
    """
    naming, limit = _named(file).naming(), file.options.external_assets.limit
    own, left = set[str](), set[str]()
    for lineage in sorted(lineages, key=lambda one: one.connector):
        for edge in lineage.edges:
            ends = [_props(file, naming, lineage.connector, one) for one in (edge.upstream, edge.downstream) if one]
            urns = [props.urn for props in ends]
            if len(own.union(urns)) > limit:
                left.update(urns)
                continue
            own.update(urns)
            for props in ends:
                nodes.setdefault(props.urn, _Node(props))
            target = nodes[urns[-1]]
            target.written_by.add(lineage.connector)
            if len(urns) == 2:
                nodes[urns[0]].read_by.add(lineage.connector)
                target.made_of[urns[0]] = (*target.made_of.get(urns[0], ()), *edge.fields)
    if left - own:
        _log.warning("external assets of %s: %d beyond the limit of %d are left out", file.slug, len(left - own), limit)


def _props(file: RecipeFile, naming: Naming, connector: str, dataset: Dataset) -> DatasetProps:
    urn, frontend = dataset_urn(naming, connector, dataset), file.options.frontend_url
    return DatasetProps(
        cluster=file.slug,
        dataset=replace(dataset, instance=dataset_instance(naming, connector, dataset)),
        env=naming.env,
        lowercase=naming.lowercase,
        urn=urn,
        datahub_url=f"{frontend.rstrip('/')}/dataset/{quote(urn, safe='')}" if frontend else None,
    )


def _specs(nodes: Mapping[str, _Node], translate: Translate) -> list[AssetSpec]:
    specs: dict[str, AssetSpec] = {}
    for urn, node in nodes.items():
        written_by, read_by = tuple(sorted(node.written_by)), tuple(sorted(node.read_by))
        spec = translate(replace(node.props, written_by=written_by, read_by=read_by))
        if spec is not None:
            specs[urn] = spec
    upstream: dict[AssetKey, dict[AssetKey, None]] = {spec.key: {} for spec in specs.values()}
    for urn, spec in specs.items():
        upstream[spec.key].update((specs[one].key, None) for one in nodes[urn].made_of if one in specs)
    kept = without_circles({key: list(some) for key, some in upstream.items()})
    keys = {urn: spec.key for urn, spec in specs.items()}
    found: dict[AssetKey, AssetSpec] = {}  # a translator may give two URNs one key
    for urn, spec in specs.items():
        columns = column_metadata(nodes[urn].made_of, keys)
        with_deps = found.get(spec.key) or spec.replace_attributes(deps=kept[spec.key])
        found[spec.key] = with_deps.merge_attributes(metadata=columns) if columns else with_deps
    return list(found.values())


def column_metadata(
    made_of: Mapping[str, Iterable[FieldEdge]], keys: Mapping[str, AssetKey]
) -> dict[str, TableSchema | TableColumnLineage]:
    """Return the columns of a dataset, and those they are made of, as Dagster's own metadata (``TableMetadataSet``).

    Empty when no column of an upstream dataset is known: the columns that a connector adds (``ts_ms``) would look like
    all that there are. Types of columns are not known here.

    ``made_of``: URN of an upstream dataset -> what is known of single fields.
    ``keys``: URN -> asset key.
    """
    deps: dict[str, list[TableColumnDep]] = {}
    for urn, fields in made_of.items():
        for pair in fields:
            if pair.downstream is None or (pair.downstream not in deps and len(deps) >= _COLUMNS):
                continue
            known = deps.setdefault(pair.downstream, [])
            known += [TableColumnDep(keys[urn], column) for column in pair.upstream if urn in keys]
    if not any(deps.values()):
        return {}
    schema = TableSchema([TableColumn(name, type="unknown") for name in deps], constraints=_OTHERS)
    return {"dagster/column_schema": schema, "dagster/column_lineage": TableColumnLineage(deps)}


def _named(file: RecipeFile) -> Cluster:
    """Return the cluster with only those fields of its recipe that URNs depend on."""
    config = (file.data.get("source") or {}).get("config") or {}
    known = {name: config[name] for name in _NAMING if name in config}
    reduced = replace(file, data={"source": {"type": "kafka-connect", "config": known}})
    return Cluster(file, reduced.resolve())


def without_circles(upstream: Mapping[AssetKey, Sequence[AssetKey]]) -> dict[AssetKey, list[AssetKey]]:
    """Return the dependencies without those that close a circle, found by a walk in depth from each asset upstream.

    ``upstream``: asset -> the assets that it depends on.

    >>> one, other = AssetKey("one"), AssetKey("other")
    >>> without_circles({one: [other], other: [one]}) == {one: [other], other: []}
    True
    """
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
