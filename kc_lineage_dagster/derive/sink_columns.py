"""Columns of a sink's edges: from the fields of a topic to the columns of the tables that the sink writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from kc_lineage_dagster.derive.columns import cautious, converted, held, matched, shown, tree
from kc_lineage_dagster.derive.config import Config
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import SinkFamily
from kc_lineage_dagster.derive.records import ALL_COLUMNS, Node, Opaque, Record, field_edges, leaves
from kc_lineage_dagster.derive.transforms.steps import Chain, run
from kc_lineage_dagster.lineage import Dataset, Edge, FieldEdge


@dataclass(frozen=True, slots=True)
class SinkColumns:
    """What one sink makes of the records of its topics."""

    family: SinkFamily
    config: Config
    chain: Chain
    evidence: Evidence

    def edge(self, edge: Edge) -> Edge:
        """The edge with all the fields that are known."""
        return replace(edge, fields=self._fields(edge.upstream, edge.downstream)) if edge.upstream else edge

    def _fields(self, topic: Dataset, target: Dataset) -> tuple[FieldEdge, ...]:
        key, value = self._consumed(topic)
        named = any(True for _ in leaves(value)) or any(True for _ in leaves(key))
        columns = self.evidence.catalog.fields(target)
        written = self._written(Record(topic, topic.name, key, value), target)
        if columns is not None:
            found = matched(written, columns)
        elif named and self.family.makes_columns(self.config):
            found = shown(held(written, None), target.platform)
        else:
            # what the transforms name stands in the configuration
            unnamed = self._written(Record(topic, topic.name), target)
            found = shown(field_edges(unnamed), target.platform)
        names = self.evidence.catalog.fields(topic)
        keys = self.evidence.catalog.key_fields(topic) or ()
        return found if names is None else tuple(edge for edge in found if {*names, *keys}.issuperset(edge.upstream))

    def _consumed(self, topic: Dataset) -> tuple[Node, Node]:
        """Key and value of a topic's records: as the catalog has them, else as the connectors write them."""
        names, keys = self.evidence.catalog.fields(topic), self.evidence.catalog.key_fields(topic)
        written = self.evidence.written(topic.name) if names is None or keys is None else None
        value: Node = tree(names) if names else written.value if written else ALL_COLUMNS
        key: Node = tree(keys) if keys else written.key if written else Opaque()
        return converted(key, "key", self.config), converted(value, "value", self.config)

    def _written(self, record: Record, target: Dataset) -> Node:
        """The columns of a target; Opaque where the records that end there differ."""
        found = dict.fromkeys(self._ends(record, target))
        return next(iter(found)) if len(found) == 1 else Opaque()

    def _ends(self, record: Record, target: Dataset) -> Iterator[Node]:
        for outcome in run(cautious(self.chain), record):
            end = outcome.record
            if not isinstance(end.topic, str):
                end = end.to("kc_sample")  # the target is known, so the topic's name makes no difference to it
            if outcome.at == len(self.chain) and target in self.family.writes(self.config, end):
                yield self.family.columns(self.config, end, target)
