"""The lineage of one connector: where families meet transforms and evidence, and nowhere else. Pure."""

from __future__ import annotations

import traceback
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePath
from typing import Any

from kc_lineage_dagster.derive.config import VERSION, Config, replaced, unwatched, without
from kc_lineage_dagster.derive.evidence import (
    ClusterTopics,
    ConnectorView,
    Evidence,
    TopicFields,
    WrittenFields,
    evidence_of,
    nothing_written,
)
from kc_lineage_dagster.derive.family import Family, SinkFamily, SourceFamily
from kc_lineage_dagster.derive.generic import contradicted, generic_lineage
from kc_lineage_dagster.derive.placeholders import hidden, possible
from kc_lineage_dagster.derive.records import ACTIVE_TOPICS, Arrival, ByContent
from kc_lineage_dagster.derive.registry import registry
from kc_lineage_dagster.derive.settings import GenericEntry, Settings
from kc_lineage_dagster.derive.sink import sink_lineage
from kc_lineage_dagster.derive.sink_columns import SinkColumns
from kc_lineage_dagster.derive.sink_topics import input_topics
from kc_lineage_dagster.derive.source import data_topics, source_lineage
from kc_lineage_dagster.derive.source_columns import SourceColumns
from kc_lineage_dagster.derive.spelling import spell
from kc_lineage_dagster.derive.told import PREFIXES, STAND_IN, prefix_in_use, told_prefix
from kc_lineage_dagster.derive.transforms.chain import build_chain
from kc_lineage_dagster.derive.transforms.steps import Chain
from kc_lineage_dagster.derive.unresolved import cut, listed
from kc_lineage_dagster.derive.watched import Watched
from kc_lineage_dagster.derive.writers import Written
from kc_lineage_dagster.lineage import KAFKA, ConnectorLineage, Dataset, Edge, Unresolved

_CLASS = "connector.class"
# What a value that nobody thought of can trip: it must not take the lineage of the other connectors along.
TRIPS = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def derive(
    connector: ConnectorView,
    settings: Settings,
    cluster: Callable[[], ClusterTopics],
    written: WrittenFields = nothing_written,
) -> ConnectorLineage:
    """Return the lineage of one connector; problems are Unresolved items of it, never exceptions.

    Args:
        connector: As the snapshot holds it.
        settings: What the recipe says about derivation.
        cluster: Gives the topics of the whole cluster; called only for a sink whose own evidence does not decide.
        written: From a topic to its fields as the cluster's sources write them.
    """
    return derived(connector, settings, cluster, written)[0]


def derived(
    connector: ConnectorView, settings: Settings, cluster: Callable[[], ClusterTopics], written: WrittenFields
) -> tuple[ConnectorLineage, Written]:
    """Return the lineage of one connector, and the fields of each topic that it writes.

    Args:
        connector: As the snapshot holds it.
        settings: What the recipe says about derivation.
        cluster: Gives the topics of the whole cluster; called only for a sink whose own evidence does not decide.
        written: From a topic to its fields as the cluster's sources write them.
    """
    class_name = connector.config.get(_CLASS)
    config = Watched(connector.config)
    evidence = _evidence(connector, settings, cluster, written)
    entry = settings.generic.get(connector.name)
    wrong = contradicted(entry, connector.kind) if entry else None
    family = None if entry and not wrong else find_family(connector, settings)
    found: list[Edge | Unresolved]
    fields: Written = {}
    if entry and not wrong:
        name, kind, found = "generic", entry.direction, _by_entry(entry, config, evidence, settings)
    elif isinstance(family, Unresolved) or family is None:
        name, kind, found = None, connector.kind, _no_family(family, connector.kind, config, evidence)
    else:
        name, kind = family.name, family.direction
        found, fields = _safely(family, config, evidence, settings)
    traces = [item.trace for item in found if isinstance(item, _Defect)]
    read = {key: connector.config[key] for key in connector.config if key in config.read and key != _CLASS}
    found = [possible(item, read) for item in (*found, *([wrong] if wrong else []))]
    edges = {_spelled(item, settings) for item in found if isinstance(item, Edge)}
    lineage = ConnectorLineage(
        connector=connector.name,
        kind=kind,
        connector_class=class_name and cut(class_name),
        family=name,
        edges=tuple(sorted(edges, key=_by_names)),
        unresolved=listed(found),
        decided_by=tuple(sorted(read)),
        trace="\n".join(traces) or None,
    )
    return lineage, fields


def _evidence(
    connector: ConnectorView, settings: Settings, cluster: Callable[[], ClusterTopics], written: WrittenFields
) -> Evidence:
    """Return what the snapshot holds for a connector, and what the recipe says where the worker told no topics."""
    catalog = settings.catalog(connector.name)
    evidence = evidence_of(connector, cluster, settings.cluster_aliases, catalog, written)
    told = settings.topics.get(connector.name) if evidence.topics is None else None
    topics = frozenset(told) if told else evidence.topics
    return replace(evidence, topics=topics, quiet=settings.quiet, columns=settings.columns)


def find_family(connector: ConnectorView, settings: Settings) -> Family | Unresolved:
    """Return the family of a connector's class, or why there is none."""
    class_name = connector.config.get(_CLASS)
    if not class_name:
        return Unresolved(_CLASS, "the configuration names no connector class")
    return registry().find(class_name, connector.kind, settings.plugin_classes)


def reads_topics(connector: ConnectorView, settings: Settings) -> bool:
    """Tell whether a connector is derived as a reader of topics, whose lineage may depend on the topics of the cluster:
    by the recipe's word for it, else by its class, else by the type that the worker reports.
    """
    entry = settings.generic.get(connector.name)
    if entry and not contradicted(entry, connector.kind):
        return entry.direction == "sink"
    family = find_family(connector, settings)
    return (connector.kind if isinstance(family, Unresolved) else family.direction) == "sink"


def _by_entry(entry: GenericEntry, config: Config, evidence: Evidence, settings: Settings) -> list[Edge | Unresolved]:
    chain, problems = build_chain(config, entry.direction, settings.transforms)
    return generic_lineage(entry, config, chain, problems, evidence)


def _no_family(problem: Unresolved | None, kind: str, config: Config, evidence: Evidence) -> list[Edge | Unresolved]:
    """Return what is a fact of any connector: the topics that a source has written, and those that a sink reads."""
    assert problem is not None
    if kind == "sink":
        return list(_of_each(problem, input_topics(config, evidence)[0]))
    topics = data_topics(config, evidence)
    return [problem, *(Edge(None, Dataset(KAFKA, topic), evidence=ACTIVE_TOPICS) for topic in topics)]


def _known_topics(
    family: Family, config: Config, unnamed: Collection[str], chain: Chain, evidence: Evidence
) -> Iterable[str]:
    """Return the topics of a connector whose datasets nobody can name, because ``unnamed`` keys are hidden.

    A source is derived as if a text stood in their place: so its own topics (schema changes, heartbeats) are told from
    its data. Without its prefix they cannot be told.
    """
    if isinstance(family, SinkFamily):
        return input_topics(config, evidence)[0]
    if not evidence.topics or PREFIXES.intersection(unnamed):
        return ()
    items = source_lineage(family, replaced(config, dict.fromkeys(unnamed, STAND_IN)), chain, evidence)
    found = {item.topic if isinstance(item, Unresolved) else item.downstream.name for item in items}
    return sorted(evidence.topics & found)


def _of_each(problem: Unresolved, topics: Iterable[str]) -> list[Unresolved]:
    """Return a problem once for each topic of the connector, so that the topics are seen all the same."""
    return [replace(problem, topic=topic) for topic in topics] or [problem]


def _with_version(config: Config, settings: Settings) -> Config:
    """Return the configuration with the connector's version: the installed one, where the configuration names none."""
    known = unwatched(config)
    installed = settings.plugin_versions.get(known.get(_CLASS, ""))
    return config if installed is None or VERSION in known else replaced(config, {VERSION: installed})


def _safely(
    family: Family, config: Config, evidence: Evidence, settings: Settings
) -> tuple[list[Edge | Unresolved], Written]:
    try:
        return _by_family(family, _with_version(config, settings), evidence, settings)
    except TRIPS as error:
        return [_defect("configuration", error)], {}


@dataclass(frozen=True, slots=True)
class _Defect(Unresolved):
    """A problem that this project has with itself. ``trace``: the stack, for its log."""

    trace: str = ""


def _defect(what: str, error: Exception) -> _Defect:
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} in {PurePath(place.filename).name}, line {place.lineno}"
    reason = f"it cannot be read ({where}): a defect of this project, please report it"
    return _Defect(what, reason, trace="".join(traceback.format_exception(error)))


def _with_columns(
    items: Iterable[Edge | Unresolved], edge: Callable[[Any], Edge], evidence: Evidence
) -> Iterator[Edge | Unresolved]:
    """Yield the edges with their fields; an edge whose fields cannot be told is still one."""
    for item in items:
        if isinstance(item, Unresolved) or not evidence.columns:
            yield item
            continue
        try:
            yield edge(item)
        except TRIPS as error:
            yield item
            yield _defect(f"columns of {item}", error)


def _by_family(
    family: Family, config: Config, evidence: Evidence, settings: Settings
) -> tuple[list[Edge | Unresolved], Written]:
    unnamed = {key: reason for key in family.naming if (reason := hidden(config.get(key, "")))}
    chain, problems = build_chain(config, family.direction, settings.transforms)
    if unnamed and isinstance(family, SourceFamily):
        told = told_prefix(family, config, unnamed, chain, evidence)
        config, unnamed = (told, {}) if told is not None else (config, unnamed)
    if unnamed:
        first_key, *others = (Unresolved(key, reason) for key, reason in unnamed.items())
        return [*_of_each(first_key, _known_topics(family, config, unnamed, chain, evidence)), *others], {}
    if isinstance(family, SinkFamily):
        into = SinkColumns(family, config, chain, evidence)
        items = sink_lineage(family, config, chain, evidence)
        return [*_of_matter(problems, items), *_with_columns(items, into.edge, evidence)], {}
    found, written = _of_source(family, prefix_in_use(family, config, chain, evidence), chain, evidence)
    return [*_of_matter(problems, found), *found], written


def _of_matter(problems: Iterable[Unresolved], found: Iterable[Edge | Unresolved]) -> list[Unresolved]:
    """Return the problems of the chain; none where every topic found its dataset in spite of them."""
    items = list(found)
    settled = any(isinstance(item, Edge) for item in items) and not any(
        isinstance(item, ByContent) or (isinstance(item, Unresolved) and item.topic) for item in items
    )
    return [] if settled else list(problems)


def _of_source(
    family: SourceFamily, config: Config, chain: Chain, evidence: Evidence
) -> tuple[list[Edge | Unresolved], Written]:
    """Return the edges of a source with their fields, and what it writes to each topic.

    A list of tables that is hidden behind a reference counts as absent; where nothing else tells the tables, the list
    is reported.
    """
    unread = {key: reason for key in family.selecting if (reason := hidden(config.get(key, "")))}
    if unread:
        config = without(config, unread)
    columns = SourceColumns(family, config, chain, evidence)
    items = source_lineage(family, config, chain, evidence)
    if unread and not any(isinstance(item, Edge) for item in items):
        of_topics = (item for item in items if isinstance(item, Unresolved) and item.topic)
        items = [*(Unresolved(key, reason) for key, reason in unread.items()), *of_topics]
    written: defaultdict[str, tuple[Callable[[], TopicFields], ...]] = defaultdict(tuple)

    def edge(arrival: Arrival) -> Edge:
        made, fields = columns.arrived(arrival)
        written[arrival.downstream.name] += (fields,)
        return made

    if not evidence.columns:
        for item in items:
            if isinstance(item, Arrival):
                written[item.downstream.name] += (partial(columns.fields, item),)
    return list(_with_columns(items, edge, evidence)), written


def _spelled(edge: Edge, settings: Settings) -> Edge:
    def spelled(dataset: Dataset) -> Dataset:
        return spell(dataset, settings.letter_case)

    upstream = edge.upstream and spelled(edge.upstream)
    return Edge(upstream, spelled(edge.downstream), edge.fields, edge.evidence)


def _by_names(edge: Edge) -> tuple[str, str, str]:
    return str(edge.upstream), str(edge.downstream), edge.evidence
