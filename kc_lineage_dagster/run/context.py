"""What a run works with, from taking the lock to its report."""

from __future__ import annotations

from dataclasses import dataclass

from kc_lineage_dagster.emit.sinks import Sink
from kc_lineage_dagster.run.adoption import mark_of
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.report import Request
from kc_lineage_dagster.state.cluster_as_read import Facts
from kc_lineage_dagster.state.cluster_state import ClusterState
from kc_lineage_dagster.state.lock import Hold
from kc_lineage_dagster.state.receipts import Receipts


@dataclass(frozen=True, slots=True)
class RunContext:
    """What a run works with.

    Args:
        cluster: The cluster.
        state: Its state.
        request: What the run is asked for.
        facts: The cluster as a whole, as it was last read.
        held: The lock, which must not have been lost when something is written.
        sink: Where proposals are sent.
        receipts: What DataHub has acknowledged.
    """

    cluster: Cluster
    state: ClusterState
    request: Request
    facts: Facts
    held: Hold
    sink: Sink
    receipts: Receipts

    @property
    def mark(self) -> str:
        """The mark of the cluster (``adoption.mark_of``)."""
        return mark_of(self.cluster, self.receipts.facts.kafka_cluster_id, self.facts.head.kafka_cluster_id)
