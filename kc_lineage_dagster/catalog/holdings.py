"""What catalogs hold: the datasets of each platform with their fields, and the topics that Kafka lists.

Every provider (``questions.Provider``) answers with ``Holdings``, which are merged into one. Derivation reads them as a
``View``, because connectors may see different platform instances.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from kc_lineage_dagster.lineage import KAFKA, Dataset

# From a connector and a dataset to the platform instance that its URN names.
InstanceOf = Callable[[str, Dataset], "str | None"]


@dataclass(frozen=True, slots=True)
class Schema:
    """What is known of the fields of a dataset, by their simple paths (``after.id``).

    Args:
        fields: Of the table, or of a topic's values; None where they are not known.
        key_fields: Of a topic's keys; None where they are not known.
        value_names: The full names of the records that a topic's values are, the latest first.
        view: Whether the dataset is a view; None where nothing tells.
    """

    fields: tuple[str, ...] | None = None
    key_fields: tuple[str, ...] | None = None
    value_names: tuple[str, ...] = ()
    view: bool | None = None

    def or_else(self, other: Schema) -> Schema:
        """Return this schema, filled up from another one where this one knows nothing.

        >>> Schema(fields=("id",)).or_else(Schema(fields=("x",), view=True))
        Schema(fields=('id',), key_fields=None, value_names=(), view=True)
        """
        return Schema(
            fields=other.fields if self.fields is None else self.fields,
            key_fields=other.key_fields if self.key_fields is None else self.key_fields,
            value_names=self.value_names or other.value_names,
            view=other.view if self.view is None else self.view,
        )


UNKNOWN_SCHEMA = Schema()
Schemas = Mapping[str, Schema]


@dataclass(frozen=True)
class Platform:
    """The datasets of one platform, by name; the platform instance is part of the name."""

    names: Schemas = field(default_factory=dict)
    _of_instance: dict[str, tuple[str, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def of_instance(self, instance: str | None) -> tuple[str, ...]:
        """Return the names of one platform instance, sorted and without the instance; all names for None."""
        start = f"{instance}." if instance else ""
        if start not in self._of_instance:
            names = sorted(name[len(start) :] for name in self.names if name.startswith(start))
            self._of_instance[start] = tuple(names)
        return self._of_instance[start]

    @cached_property
    def by_lower(self) -> Mapping[str, tuple[str, ...]]:
        """Names by their lower-case form."""
        found: dict[str, tuple[str, ...]] = {}
        for name in self.names:
            found[name.lower()] = (*found.get(name.lower(), ()), name)
        return found

    def find(self, name: str) -> Schema | None:
        """Return the dataset of this name; where none is spelled so, the only one that differs in letter case.

        >>> Platform({"shop.Users": Schema(("id",))}).find("shop.users").fields
        ('id',)
        """
        if name in self.names:
            return self.names[name]
        alike = self.by_lower.get(name.lower(), ())
        return self.names[alike[0]] if len(alike) == 1 else None


@dataclass(frozen=True)
class Holdings:
    """What catalogs hold of the recipe's environment.

    Args:
        platforms: Platform -> its datasets.
        topics: The topics that Kafka itself lists: they exist, whoever writes them.
        notes: What could not be read, one line for each cause.
    """

    platforms: Mapping[str, Platform] = field(default_factory=dict)
    topics: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    @cached_property
    def sorted_topics(self) -> tuple[str, ...]:
        """``topics``, sorted."""
        return tuple(sorted(self.topics))

    def over(self, other: Holdings) -> Holdings:
        """Return these holdings, filled up from others where these know nothing."""
        merged = dict(other.platforms)
        for platform, mine in self.platforms.items():
            theirs = merged[platform].names if platform in merged else {}
            both = {name: schema.or_else(theirs.get(name, UNKNOWN_SCHEMA)) for name, schema in mine.names.items()}
            merged[platform] = Platform({**theirs, **both})
        return Holdings(merged, self.topics | other.topics, (*self.notes, *other.notes))

    def noting(self, notes: tuple[str, ...]) -> Holdings:
        """Return the same holdings with these notes in place of theirs."""
        return replace(self, notes=notes)

    def seen_from(self, connector: str, instance_of: InstanceOf) -> View:
        """Return these holdings as the derivation of one connector reads them."""
        return View(self, connector, instance_of)


@dataclass(frozen=True)
class View:
    """Holdings as one connector's derivation reads them (``derive.evidence.Catalog``).

    Args:
        holdings: What catalogs hold.
        connector: The connector's name.
        instance_of: Gives the platform instance of a dataset as this connector names it.
    """

    holdings: Holdings
    connector: str
    instance_of: InstanceOf

    def datasets(self, platform: str) -> tuple[str, ...]:
        """Return the names of a platform's datasets, sorted, without the platform instance of this connector."""
        known = self.holdings.platforms.get(platform)
        return known.of_instance(self.instance_of(self.connector, Dataset(platform, ""))) if known else ()

    def is_view(self, dataset: Dataset) -> bool | None:
        """Tell whether a dataset is a view; None where nothing tells."""
        return self._schema(dataset).view

    def topics(self) -> tuple[str, ...]:
        """Return the topics that Kafka itself lists, sorted."""
        return self.holdings.sorted_topics

    def fields(self, dataset: Dataset) -> tuple[str, ...] | None:
        """Return the fields of a table, or of a topic's values; None where they are not known."""
        return self._schema(dataset).fields

    def key_fields(self, dataset: Dataset) -> tuple[str, ...] | None:
        """Return the fields of a topic's keys; None where they are not known."""
        return self._schema(dataset).key_fields

    def value_names(self, topic: str) -> tuple[str, ...]:
        """Return the full names of the records that a topic's values are, the latest first."""
        return self._schema(Dataset(KAFKA, topic)).value_names

    def full_name(self, dataset: Dataset) -> str:
        """Return the name that stands in a dataset's URN: with its platform instance in front."""
        instance = self.instance_of(self.connector, dataset)
        return f"{instance}.{dataset.name}" if instance else dataset.name

    def _schema(self, dataset: Dataset) -> Schema:
        known = self.holdings.platforms.get(dataset.platform)
        return (known and known.find(self.full_name(dataset))) or UNKNOWN_SCHEMA
