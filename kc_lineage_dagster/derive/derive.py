"""The only place where families meet transforms and evidence: one connector in, its lineage out. Pure."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import PurePath

from kc_lineage_dagster.derive import generic
from kc_lineage_dagster.derive.config import is_reference
from kc_lineage_dagster.derive.evidence import Catalog, ClusterTopics, ConnectorView, Evidence, evidence_of, no_catalog
from kc_lineage_dagster.derive.family import Family, SinkFamily, SourceFamily
from kc_lineage_dagster.derive.generic import GenericConnector
from kc_lineage_dagster.derive.registry import registry
from kc_lineage_dagster.derive.sink import named_topics, sink_lineage
from kc_lineage_dagster.derive.source import source_lineage
from kc_lineage_dagster.derive.spelling import spell
from kc_lineage_dagster.derive.transforms.chain import build_chain
from kc_lineage_dagster.lineage import KAFKA, ConnectorLineage, Dataset, Edge, Unresolved

_LONGEST_WHAT, _LONGEST_REASON = 500, 1_000  # characters: items are for people, values may have megabytes
# What a value that nobody thought of can trip: it must not take the lineage of the other connectors along.
_TRIPS = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the recipe says about derivation.

    ``generic``: the recipe's ``generic_connectors`` by connector name. ``cluster_aliases``: alias of a mirrored cluster
    -> platform instance, None for the recipe's own Kafka. ``letter_case``: platform -> ``lower`` | ``upper`` |
    ``keep``, where it differs from the platform's rule. ``plugin_classes``: the classes the worker has installed.
    ``catalog``: from a connector to what is known beyond Connect.
    """

    generic: Mapping[str, GenericConnector] = field(default_factory=dict)
    cluster_aliases: Mapping[str, str | None] = field(default_factory=dict)
    letter_case: Mapping[str, str] = field(default_factory=dict)
    plugin_classes: Collection[str] = ()
    catalog: Callable[[str], Catalog] = no_catalog


def derive(connector: ConnectorView, settings: Settings, cluster: Callable[[], ClusterTopics]) -> ConnectorLineage:
    """The lineage of one connector; problems are Unresolved items of it, never exceptions.

    ``cluster``: the data topics of the whole cluster, asked for only where the connector's own evidence does not
    decide.
    """
    class_name = connector.config.get("connector.class")
    evidence = evidence_of(connector, cluster, settings.cluster_aliases, settings.catalog(connector.name))
    entry = settings.generic.get(connector.name)
    family = None if entry else find_family(connector, settings)
    if entry:
        name, kind, found = "generic", entry.direction, generic.lineage(entry, connector.config, evidence)
    elif isinstance(family, Unresolved) or family is None:
        name, kind, found = None, connector.kind, _no_family(family, evidence)
    else:
        name, kind, found = family.name, family.direction, _safely(family, connector, evidence)
    edges = {_spelled(item, settings) for item in found if isinstance(item, Edge)}
    return ConnectorLineage(
        connector=connector.name,
        kind=kind,
        connector_class=class_name and _cut(class_name, _LONGEST_WHAT),
        family=name,
        edges=tuple(sorted(edges, key=_by_names)),
        unresolved=tuple(sorted({_short(item) for item in found if isinstance(item, Unresolved)}, key=_by_text)),
    )


def find_family(connector: ConnectorView, settings: Settings) -> Family | Unresolved:
    """The family of a connector's class."""
    class_name = connector.config.get("connector.class")
    if not class_name:
        return Unresolved("connector.class", "the configuration names no connector class")
    return registry().find(class_name, connector.kind, settings.plugin_classes)


def _no_family(problem: Unresolved | None, evidence: Evidence) -> list[Edge | Unresolved]:
    topics = ", ".join(sorted(evidence.topics or ())[:20])
    return [
        *([problem] if problem else []),
        *([Unresolved("active topics", f"of a class nobody knows: {topics}")] if topics else []),
    ]


def _safely(family: Family, connector: ConnectorView, evidence: Evidence) -> list[Edge | Unresolved]:
    try:
        return _by_family(family, connector, evidence)
    except _TRIPS as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} in {PurePath(place.filename).name}, line {place.lineno}"
        return [Unresolved("configuration", f"it cannot be read ({where}): a defect of this project, please report it")]


def _by_family(family: Family, connector: ConnectorView, evidence: Evidence) -> list[Edge | Unresolved]:
    config = connector.config
    hidden = [key for key in family.naming if is_reference(config.get(key, ""))]
    if hidden:
        return [Unresolved(key, "is a reference that only the worker can resolve") for key in hidden]
    chain, problems = build_chain(config, family.direction)
    if isinstance(family, SinkFamily):
        return [*problems, *sink_lineage(family, config, chain, evidence)]
    return [*problems, *source_lineage(family, _visible(family, config), chain, evidence)]


def _visible(family: SourceFamily, config: Mapping[str, str]) -> Mapping[str, str]:
    hidden = {key for key in family.selecting if is_reference(config.get(key, ""))}
    return {key: value for key, value in config.items() if key not in hidden} if hidden else config


def _spelled(edge: Edge, settings: Settings) -> Edge:
    def spelled(dataset: Dataset) -> Dataset:
        return spell(dataset, settings.letter_case)

    upstream = edge.upstream and spelled(edge.upstream)
    return Edge(upstream, spelled(edge.downstream), edge.fields, edge.evidence)


def _short(item: Unresolved) -> Unresolved:
    if len(item.what) <= _LONGEST_WHAT and len(item.reason) <= _LONGEST_REASON:
        return item
    return Unresolved(_cut(item.what, _LONGEST_WHAT), _cut(item.reason, _LONGEST_REASON), item.topic)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _by_text(item: Unresolved) -> tuple[str, str]:
    return str(item), item.topic or ""


def _by_names(edge: Edge) -> tuple[str, str, str]:
    return str(edge.upstream), str(edge.downstream), edge.evidence


def deriver(connectors: Iterable[ConnectorView], settings: Settings) -> Callable[[ConnectorView], ConnectorLineage]:
    """``derive`` for the connectors of one cluster: the cluster's topics are worked out when first asked for, and
    lineage that does not depend on them once.
    """
    known: dict[str, tuple[ConnectorLineage, bool]] = {}

    def alone(connector: ConnectorView) -> tuple[ConnectorLineage, bool]:
        """Its lineage in an empty cluster, and whether it asked for the cluster."""
        if connector.name not in known:
            asked: list[ClusterTopics] = []

            def empty() -> ClusterTopics:
                asked.append(ClusterTopics())
                return asked[0]

            known[connector.name] = derive(connector, settings, empty), bool(asked)
        return known[connector.name]

    topics = cache(lambda: cluster_topics(connectors, settings, lambda connector: alone(connector)[0]))

    def derived(connector: ConnectorView) -> ConnectorLineage:
        lineage, asked = alone(connector)
        found = derive(connector, settings, topics) if asked else lineage
        if topics.cache_info().currsize:  # the topics no longer need it, and who asks holds it now
            known.pop(connector.name)
        return found

    return derived


def cluster_topics(
    connectors: Iterable[ConnectorView],
    settings: Settings,
    derived: Callable[[ConnectorView], ConnectorLineage] | None = None,
) -> ClusterTopics:
    """The data topics of a cluster: what its sources write (active topics, or else what their configurations
    determine) and what its sinks name; apart from them the topics that are some connector's book-keeping.

    ``derived``: a source's lineage in an empty cluster, where that is known already.
    """
    written: set[str] = set()
    active: set[str] = set()
    read: set[str] = set()
    for connector in connectors:
        if isinstance(find_family(connector, settings), SinkFamily):
            read.update(named_topics(connector.config))
        else:
            lineage = derived(connector) if derived else derive(connector, settings, ClusterTopics)
            written.update(edge.downstream.name for edge in lineage.edges if edge.downstream.platform == KAFKA)
            written.update(item.topic for item in lineage.unresolved if item.topic)
            active.update(connector.topics or ())
    return ClusterTopics.of(written | read, internal=active - written - read)
