"""Finds tables that send no records: some connector captures them under a topic of their own, which was never written.

They are empty, or views. Where a router merges tables into one topic, the topic alone would not show that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from kc_lineage_dagster.derive.derive import TRIPS, find_family
from kc_lineage_dagster.derive.evidence import ClusterTopics, ConnectorView, evidence_of
from kc_lineage_dagster.derive.family import SourceFamily
from kc_lineage_dagster.derive.placeholders import hidden
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.derive.settings import Settings
from kc_lineage_dagster.derive.transforms.chain import build_chain
from kc_lineage_dagster.derive.transforms.steps import run
from kc_lineage_dagster.lineage import Dataset


def quiet_tables(connectors: Iterable[ConnectorView], settings: Settings) -> frozenset[Dataset]:
    """Return the tables that at least one running connector captures in vain, and none with success."""
    quiet: set[Dataset] = set()
    heard: set[Dataset] = set()
    for connector in connectors:
        if connector.topics and connector.state == "RUNNING":
            for topic, tables in _tables_by_topic(connector, settings).items():
                if topic not in connector.topics:
                    quiet |= tables
                elif len(tables) == 1:
                    heard |= tables
    return frozenset(quiet - heard)


def _tables_by_topic(connector: ConnectorView, settings: Settings) -> dict[str, set[Dataset]]:
    """Return the tables of one source by the topics that they certainly go to."""
    family = find_family(connector, settings)
    found: defaultdict[str, set[Dataset]] = defaultdict(set)
    if not isinstance(family, SourceFamily) or any(hidden(connector.config.get(key, "")) for key in family.naming):
        return found
    try:
        chain, problems = build_chain(connector.config, family.direction, settings.transforms)
        cluster: Callable[[], ClusterTopics] = ClusterTopics
        evidence = evidence_of(connector, cluster, settings.cluster_aliases, settings.catalog(connector.name))
        for record in () if problems else family.reads(connector.config, evidence):
            outcomes = run(chain, record) if isinstance(record, Record) and record.origin else ()
            topic = outcomes[0].record.topic if len(outcomes) == 1 else None
            if (
                isinstance(topic, str)
                and isinstance(record, Record)
                and record.origin
                and not outcomes[0].record.doubts
            ):
                found[topic].add(record.origin)
    except TRIPS:  # said where the connector itself is derived
        return {}
    return found
