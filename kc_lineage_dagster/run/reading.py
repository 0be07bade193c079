"""The first half of a run: read a cluster, and keep what was read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from kc_lineage_dagster.connect.fetch import Earlier, Reading
from kc_lineage_dagster.connect.snapshot import Connector
from kc_lineage_dagster.run.cluster import Cluster, Progress
from kc_lineage_dagster.run.report import ReadReport
from kc_lineage_dagster.state.cluster_state import ClusterState, Facts, chunks


class Connect(Protocol):
    """The Connect side of a run (``defs.resources.KafkaConnectResource``, ``cluster.Cluster``)."""

    def read(
        self, connectors: list[str] | None = None, progress: Progress | None = None, earlier: Earlier | None = None
    ) -> AbstractContextManager[Reading]:
        """The cluster's connectors with their evidence, one after the other."""
        ...


def read_cluster(
    cluster: Cluster, connect: Connect, connectors: list[str] | None = None, progress: Progress | None = None
) -> ReadReport:
    """Read the cluster and keep what was read, connector by connector.

    ``connectors``: those whose evidence is asked for again, None for all.
    ConnectError when the cluster cannot be listed; then nothing changes. What a listing that was taken later has said
    is never replaced.
    """
    state = cluster.state
    with state.database.keeping():
        number = state.begin_reading()
        earlier = EarlierReading(state, state.facts())
        with connect.read(connectors, progress, earlier) as reading:
            report = ReadReport(reading.head)
            for chunk in chunks(reading):
                state.save_connectors(number, chunk)
                for one in chunk:
                    report.add(one)
        state.finish_reading(number, reading.head)
    return report


class EarlierReading:
    """What the state holds of a cluster, for the next reading (``connect.fetch.Earlier``)."""

    def __init__(self, state: ClusterState, facts: Facts | None) -> None:
        self._state, self._facts = state, facts

    @property
    def password_keys(self) -> Mapping[str, frozenset[str]]:
        """See ``Earlier``."""
        return self._facts.head.password_keys if self._facts else {}

    @property
    def names(self) -> Collection[str]:
        """See ``Earlier``."""
        return self._state.names()

    def connectors_of(self, names: Collection[str]) -> Mapping[str, Connector]:
        """See ``Earlier``."""
        return self._state.connectors_of(names) if names else {}
