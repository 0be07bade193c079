"""What derivation asks a catalog for, and the catalog of whoever has none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from kc_lineage_dagster.lineage import Dataset


class Catalog(Protocol):
    """What is known beyond Connect, seen from one connector (``catalog.holdings.View``): DataHub's datasets and their
    schemas, a schema registry, Kafka's topics. Reading it changes nothing and never fails.

    It proves that something exists, never that something does not: a table that is not in it may exist all the same.
    Names are those of ``Dataset.name``, without platform instance and environment, in the letters that DataHub holds. A
    dataset asked for under a name that differs in letter case is found where no other one is alike.
    """

    def datasets(self, platform: str) -> tuple[str, ...]:
        """Return the names of a platform's datasets, sorted; () where nothing is known. Topics are those that DataHub
        holds.
        """

    def is_view(self, dataset: Dataset) -> bool | None:
        """Tell whether the dataset is a view; None where that is not known."""

    def topics(self) -> tuple[str, ...]:
        """Return the topics that Kafka itself lists, sorted, internal ones too; () where nothing is known."""

    def fields(self, dataset: Dataset) -> tuple[str, ...] | None:
        """Return the simple paths (``after.id``; a record before what is in it) of a table's columns, or of the fields
        of a topic's values; None where not known.
        """

    def key_fields(self, dataset: Dataset) -> tuple[str, ...] | None:
        """Return the simple paths of the fields of a topic's keys; None where not known, or where keys have no
        fields.
        """

    def value_names(self, topic: str) -> tuple[str, ...]:
        """Return the full names of the records that a topic's values are or were, such as
        ``srv.public.users.Envelope``, the latest first; () where not known.
        """


@dataclass(frozen=True, slots=True)
class NothingKnown:
    """The catalog where a recipe switches none on."""

    def datasets(self, platform: str) -> tuple[str, ...]:
        """Return no dataset."""
        return ()

    def is_view(self, dataset: Dataset) -> bool | None:
        """Return None: nothing is known."""
        return None

    def topics(self) -> tuple[str, ...]:
        """Return no topic."""
        return ()

    def fields(self, dataset: Dataset) -> tuple[str, ...] | None:
        """Return None: nothing is known."""
        return None

    def key_fields(self, dataset: Dataset) -> tuple[str, ...] | None:
        """Return None: nothing is known."""
        return None

    def value_names(self, topic: str) -> tuple[str, ...]:
        """Return no name."""
        return ()


def no_catalog(connector: str) -> Catalog:
    """Return what is known beyond Connect, for any connector, where the recipe switches no catalog on: nothing."""
    return NothingKnown()
