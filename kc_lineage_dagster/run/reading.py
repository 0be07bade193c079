"""The first half of a run: read a cluster, and keep in the state what was read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Protocol

from kc_lineage_dagster.chunks import chunks
from kc_lineage_dagster.connect.fetch import Earlier, Reading
from kc_lineage_dagster.connect.snapshot import Connector
from kc_lineage_dagster.run.cluster import Cluster, Progress
from kc_lineage_dagster.run.lasting_evidence import with_memory
from kc_lineage_dagster.run.report import ReadReport
from kc_lineage_dagster.state.cluster_as_read import Facts
from kc_lineage_dagster.state.cluster_state import ClusterState

_EMPTY = "the worker gave no configuration of it this time"


class Connect(Protocol):
    """The Connect side of a run (``defs.resources.KafkaConnectResource``, ``cluster.Cluster``)."""

    def read(
        self, connectors: list[str] | None = None, progress: Progress | None = None, earlier: Earlier | None = None
    ) -> AbstractContextManager[Reading]:
        """Read the cluster's connectors with their evidence, one after the other, while the context lasts.

        Args:
            connectors: Those whose evidence is asked for again, None for all.
            progress: Called with the numbers of connectors that are read and to be read.
            earlier: What the last reading left, None for the first.
        """
        ...


def read_cluster(
    cluster: Cluster, connect: Connect, connectors: list[str] | None = None, progress: Progress | None = None
) -> ReadReport:
    """Read the cluster and keep what was read, connector by connector.

    What a later listing has said is never replaced by what an earlier one says.

    Args:
        cluster: The cluster, in whose state the reading is kept.
        connect: What reads it.
        connectors: Those whose evidence is asked for again, None for all.
        progress: Called with the numbers of connectors that are read and to be read.

    Raises:
        ConnectError: When the cluster cannot be listed; then nothing changes.
    """
    state = cluster.state
    with state.database.keeping():
        number = state.begin_reading()
        earlier = EarlierReading(state, state.facts())
        with connect.read(connectors, progress, earlier) as reading:
            report, emptied = ReadReport(reading.head), dict[str, str]()
            for chunk in chunks(reading):
                before = state.connectors_of([one.name for one in chunk])
                lacking = {one.name for one in chunk if _emptied(one, before.get(one.name))}
                whole = [one for one in chunk if one.name not in lacking]
                emptied.update(dict.fromkeys(lacking, _EMPTY))
                memory = {one.name: with_memory(one, before.get(one.name)) for one in whole}
                remembered = {one.name: memory[one.name] for one in whole if memory[one.name] is not one}
                state.save_connectors(number, whole, remembered)
                for one in memory.values():
                    report.add(one)
        report.head = replace(reading.head, unread={**reading.head.unread, **emptied})
        state.finish_reading(number, report.head)
    return report


def _emptied(connector: Connector, earlier: Connector | None) -> bool:
    """Tell whether the worker's answer lacks the class, which this connector had before.

    Every connector has a class, so such an answer decides nothing.
    """
    return connector.connector_class is None and earlier is not None and earlier.connector_class is not None


class EarlierReading:
    """What the state holds of a cluster, for the next reading (``connect.fetch.Earlier``)."""

    def __init__(self, state: ClusterState, facts: Facts | None) -> None:
        self._state, self._facts = state, facts

    @property
    def password_keys(self) -> Mapping[str, frozenset[str]]:
        """Class -> keys of type PASSWORD (``Earlier.password_keys``)."""
        return self._facts.head.password_keys if self._facts else {}

    @property
    def names(self) -> Collection[str]:
        """The connectors that were read (``Earlier.names``)."""
        return self._state.names()

    def connectors_of(self, names: Collection[str]) -> Mapping[str, Connector]:
        """Return those of these connectors that were read, by name (``Earlier.connectors_of``)."""
        return self._state.connectors_of(names, as_read=True) if names else {}
