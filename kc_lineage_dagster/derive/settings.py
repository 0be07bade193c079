"""What a recipe says about derivation. Loading this module loads nothing that derives."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from kc_lineage_dagster.derive.catalog import Catalog, no_catalog
from kc_lineage_dagster.lineage import Dataset


@dataclass(frozen=True, slots=True)
class GenericEntry:
    """One entry of ``generic_connectors``: the dataset at the far side of a connector.

    Args:
        connector_name: The connector that the entry is about.
        dataset: What a source reads, or a sink writes.
        direction: ``source`` (dataset -> topics) or ``sink`` (topics -> dataset).
        topic: The topic that the entry of a sink names as its source, used where no topic is known otherwise; else
            None.
    """

    connector_name: str
    dataset: Dataset
    direction: str
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What the recipe, and a first look at the cluster, say about derivation.

    Args:
        generic: Connector -> its entry in ``generic_connectors`` of the recipe.
        cluster_aliases: Alias of a mirrored cluster -> platform instance, None for the recipe's own Kafka
            (``options.cluster_aliases``).
        letter_case: Platform -> ``lower``, ``upper`` or ``keep``, where it differs from the platform's rule.
        plugin_classes: The connector classes that the worker has installed; () where that is not known.
        plugin_versions: Connector class -> its installed version.
        catalog: From a connector's name to what is known for it beyond Connect.
        transforms: Class of a transform -> ``keeps_topic`` or ``changes_nothing``, the user's word
            (``options.transforms``).
        notes: What could not be read of what is known beyond Connect, one line each.
        topics: Connector -> active topics, where its own answers do not tell them (``options.topics``).
        quiet: Tables that are known to send no records.
        columns: Whether edges get their fields.
    """

    generic: Mapping[str, GenericEntry] = field(default_factory=dict)
    cluster_aliases: Mapping[str, str | None] = field(default_factory=dict)
    letter_case: Mapping[str, str] = field(default_factory=dict)
    plugin_classes: Collection[str] = ()
    plugin_versions: Mapping[str, str] = field(default_factory=dict)
    catalog: Callable[[str], Catalog] = no_catalog
    transforms: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    topics: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    quiet: frozenset[Dataset] = frozenset()
    columns: bool = True
