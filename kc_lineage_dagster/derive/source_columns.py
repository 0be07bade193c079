"""Fields of a source's edges: from the columns of its tables to the fields of the topics that it writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial

from kc_lineage_dagster.derive.column_ends import held, is_flat, lost, upstream_as_shown
from kc_lineage_dagster.derive.columns import (
    KnownColumns,
    arriving,
    cautious,
    columns_listed,
    converted,
    itself,
    tree,
)
from kc_lineage_dagster.derive.config import Config
from kc_lineage_dagster.derive.evidence import Evidence, TopicFields
from kc_lineage_dagster.derive.family import SourceFamily
from kc_lineage_dagster.derive.records import Arrival, Node, Opaque, Record, field_edges
from kc_lineage_dagster.derive.transforms.fields import origins
from kc_lineage_dagster.derive.transforms.steps import Chain
from kc_lineage_dagster.lineage import KAFKA, Dataset, Edge, FieldEdge


@dataclass(frozen=True, slots=True)
class SourceColumns:
    """The fields of a source's edges: what its records hold when they arrive at its topics.

    Args:
        family: Of the connector.
        config: The connector's configuration.
        chain: The connector's transforms.
        evidence: What the cluster shows about the connector.
    """

    family: SourceFamily
    config: Config
    chain: Chain
    evidence: Evidence

    def fields(self, arrival: Arrival) -> TopicFields:
        """Return the fields of the topic that an edge leads to, as readers of the topic see them."""
        key, value = self._arriving(arrival, self._known(arrival.upstream))
        return TopicFields(itself(key), itself(value))

    def arrived(self, arrival: Arrival) -> tuple[Edge, Callable[[], TopicFields]]:
        """Return the edge with all the fields that are known, and a function that gives the topic's fields to its
        readers.

        What is small is worked out now, so that the function holds no connector, chain and patterns.
        """
        known = self._known(arrival.upstream)
        key, value = self._arriving(arrival, known)
        copied = arrival.upstream is not None and arrival.upstream.platform == KAFKA
        fields: Callable[[], TopicFields] = partial(self.fields, arrival)
        if known is None and not copied:
            fields = _same(itself(key), itself(value))
        return self._edge(arrival, known, key, value), fields

    def _edge(self, arrival: Arrival, known: KnownColumns | None, key: Node, value: Node) -> Edge:
        in_key = set(origins(key))  # a column that only the key holds has arrived as well
        values = (
            one for one in self._values(arrival, value, known) if one.downstream or not in_key.issuperset(one.upstream)
        )
        found = (*values, *self._keys(arrival, key))
        if known is None and arrival.upstream is not None:
            found = upstream_as_shown(found, arrival.upstream.platform)
        return Edge(arrival.upstream, arrival.downstream, tuple(dict.fromkeys(found)), arrival.evidence)

    def _values(self, arrival: Arrival, value: Node, known: KnownColumns | None) -> tuple[FieldEdge, ...]:
        names = self.evidence.catalog.fields(arrival.downstream)
        if not names:  # a schema without fields is one that could not be read
            return (*field_edges(value), *(lost(value, known) if known else ()))
        if not self.family.columns:
            return tuple(edge for edge in held(value, None) if edge.downstream in names)
        return (*held(value, names, flat=_flat(arrival)), *(lost(value, known) if known else ()))

    def _keys(self, arrival: Arrival, key: Node) -> tuple[FieldEdge, ...]:
        names = self.evidence.catalog.key_fields(arrival.downstream) if self.family.columns else None
        return tuple(edge for edge in held(key, names, flat=_flat(arrival)) if edge.upstream)

    def _known(self, origin: Dataset | None) -> KnownColumns | None:
        """Return the columns of a table, where the catalog knows them."""
        if origin is None or origin.platform == KAFKA or not self.family.columns:
            return None
        names = self.evidence.catalog.fields(origin)
        return KnownColumns.of(origin.platform, names) if names else None

    def _arriving(self, arrival: Arrival, known: KnownColumns | None) -> tuple[Node, Node]:
        record = arrival.record
        if record is None:
            return Opaque(), Opaque()
        before = record.start or record
        start = (
            replace(before, key=columns_listed(before.key, known), value=columns_listed(before.value, known))
            if known
            else before
        )
        start = self._mirrored(start)
        chain = cautious(self.chain)
        key, value = record.key, record.value
        if start is not before or chain is not self.chain:
            key, value = arriving(chain, replace(start, start=None), arrival.downstream.name)
        if before.origin is not None and before.origin.platform == KAFKA:
            return key, value  # copied byte by byte, whatever the converter
        return converted(key, "key", self.config), converted(value, "value", self.config)

    def _mirrored(self, start: Record) -> Record:
        """Return the record of a copied topic with the fields of the original."""
        if start.origin is None or start.origin.platform != KAFKA or not self.family.columns:
            return start
        catalog, origin = self.evidence.catalog, start.origin
        written = self.evidence.written(origin.name) if origin.instance is None else None
        names, keys = catalog.fields(origin), catalog.key_fields(origin)
        value = tree(names) if names else written.value if written else start.value
        key = tree(keys) if keys else written.key if written else start.key
        return start if (key, value) == (start.key, start.value) else replace(start, key=key, value=value)


def with_columns(family: SourceFamily, evidence: Evidence, record: Record) -> Record:
    """Return the record with its columns listed by name, where they are known: transforms that need one of the columns
    then tell tables apart.

    Args:
        family: Of the connector.
        evidence: Its catalog knows the columns.
        record: Before the first transform.
    """
    names = evidence.catalog.fields(record.origin) if record.origin and family.columns else None
    if not names or record.origin is None:
        return record
    return replace(record, value=columns_listed(record.value, KnownColumns.of(record.origin.platform, names)))


@lru_cache(maxsize=1024)
def _same(key: Node, value: Node) -> Callable[[], TopicFields]:
    """Return a function that gives these fields, the same one for the same fields: of most topics nothing is known by
    name.
    """
    return partial(TopicFields, key, value)


def _flat(arrival: Arrival) -> bool:
    return arrival.upstream is not None and is_flat(arrival.upstream.platform)
