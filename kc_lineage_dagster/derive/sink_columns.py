"""Fields of a sink's edges: from the fields of a topic to the columns of the datasets that the sink writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from kc_lineage_dagster.derive.column_ends import downstream_as_shown, held, matched
from kc_lineage_dagster.derive.columns import cautious, converted, tree
from kc_lineage_dagster.derive.config import Config
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import SinkFamily
from kc_lineage_dagster.derive.records import ALL_COLUMNS, Node, Opaque, Record, field_edges, leaves
from kc_lineage_dagster.derive.transforms.steps import Chain, run
from kc_lineage_dagster.lineage import Dataset, Edge, FieldEdge


@dataclass(frozen=True, slots=True)
class SinkColumns:
    """The fields of a sink's edges: what becomes of the fields of its topics.

    Args:
        family: Of the connector.
        config: The connector's configuration.
        chain: The connector's transforms.
        evidence: What the cluster shows about the connector.
    """

    family: SinkFamily
    config: Config
    chain: Chain
    evidence: Evidence

    def edge(self, edge: Edge) -> Edge:
        """Return the edge with all the fields that are known."""
        return edge if edge.upstream is None else replace(edge, fields=self._fields(edge.upstream, edge))

    def _fields(self, topic: Dataset, edge: Edge) -> tuple[FieldEdge, ...]:
        target, catalog = edge.downstream, self.evidence.catalog
        key, value = self._consumed(topic)
        named = any(True for node in (value, key) for _ in leaves(node))
        columns = catalog.fields(target) or None  # a schema without fields is one that could not be read
        if named and columns is not None:
            found = matched(self._written(Record(topic, topic.name, key, value), target), columns)
        elif named and self.family.makes_columns(self.config):
            found = downstream_as_shown(
                held(self._written(Record(topic, topic.name, key, value), target), None), target.platform
            )
        elif edge.fields:
            # what the transforms name stands in the configuration
            unnamed = self._written(Record(topic, topic.name), target)
            found = matched(unnamed, columns) if columns else downstream_as_shown(field_edges(unnamed), target.platform)
        else:
            return ()
        names = catalog.fields(topic)
        if not names:
            return found
        known = {*names, *(path for path, _ in leaves(key))}
        return tuple(one for one in found if known.issuperset(one.upstream))

    def _consumed(self, topic: Dataset) -> tuple[Node, Node]:
        """Return key and value of a topic's records: as the catalog has them, else as the cluster's own connectors
        write them.
        """
        names, keys = self.evidence.catalog.fields(topic), self.evidence.catalog.key_fields(topic)
        written = self.evidence.written(topic.name) if not names or keys is None else None
        value: Node = tree(names) if names else written.value if written else ALL_COLUMNS
        key: Node = tree(keys) if keys else written.key if written else Opaque()
        return converted(key, "key", self.config), converted(value, "value", self.config)

    def _written(self, record: Record, target: Dataset) -> Node:
        """Return the columns of a target; Opaque where the records that end there differ."""
        found = dict.fromkeys(self._ends(record, target))
        return next(iter(found)) if len(found) == 1 else Opaque()

    def _ends(self, record: Record, target: Dataset) -> Iterator[Node]:
        outcomes = run(cautious(self.chain), record)
        for outcome in outcomes:
            end = outcome.record
            if outcome.at < len(self.chain):
                continue
            if not isinstance(end.topic, str):
                end = end.to("kc_sample")  # the target is known, so the topic's name makes no difference to it
            if len(outcomes) == 1 or target in self.family.writes(self.config, end):
                yield self.family.columns(self.config, end, target)
