"""A dry run: what a sync would create, change and remove, as a diff for people. It sends nothing and writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from kc_lineage_dagster.chunks import chunks
from kc_lineage_dagster.errors import StateError
from kc_lineage_dagster.lineage import ConnectorLineage
from kc_lineage_dagster.run.adoption import mark_of
from kc_lineage_dagster.run.beyond import beyond
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.derivation import deriving
from kc_lineage_dagster.run.describe import describe
from kc_lineage_dagster.run.difference import difference
from kc_lineage_dagster.run.reading import Connect, EarlierReading
from kc_lineage_dagster.run.removal import Vanished, planned
from kc_lineage_dagster.run.stale import StalePlan
from kc_lineage_dagster.state import codec
from kc_lineage_dagster.state.emission import Emission
from kc_lineage_dagster.state.packed import PackedMapping
from kc_lineage_dagster.state.receipts import Receipts
from kc_lineage_dagster.wording import counted


@dataclass(frozen=True, slots=True)
class Preview:
    """What would change.

    Args:
        lines: The diff: ``+`` and ``-`` for edges, ``?`` for unresolved items.
        created: The number of connectors that are new.
        changed: The number of connectors that change.
        gone: How much goes, in words.
    """

    lines: tuple[str, ...]
    created: int
    changed: int
    gone: str

    @property
    def summary(self) -> str:
        """The preview in one line."""
        return f"{counted(self.created, 'connector')} new, {self.changed} changed, {self.gone}"


def preview(cluster: Cluster, connect: Connect) -> Preview:
    """Read the cluster and compare it with what the last sync left.

    ``cluster``: the cluster, whose state holds what was last emitted.
    ``connect``: what reads the cluster.

    Raises:
        ConnectError: When the cluster cannot be listed.
        StateError: When the state cannot be used, or when a sync of this release would first have to migrate the state.
    """
    state = cluster.state
    if state.database.is_behind():
        raise StateError(
            f"the state in {state.database.place.shown} was written by an older release: preview with that release, or"
            " run a sync with this one, which brings the state up to date"
        )
    earlier = EarlierReading(state, state.facts())
    with connect.read(None, None, earlier) as reading:
        connectors = tuple(reading)
        snapshot = replace(reading.head, connectors=connectors)
    receipts = Receipts(state)
    mark = mark_of(cluster, receipts.facts.kafka_cluster_id, snapshot.kafka_cluster_id)
    vanished = Vanished(receipts.count(), frozenset(one.name for one in connectors))
    lines: list[str] = []
    created = changed = 0
    known = beyond(cluster, snapshot)
    derived = deriving(snapshot.connectors, known.settings, PackedMapping(codec.lineages()))
    for chunk in chunks(snapshot.connectors):
        made = describe(cluster, state, [(one, derived(one)) for one in chunk], known.entries, mark)
        emission = Emission.of(receipts, state, [one.connector.name for one in made])
        for one in made:
            result = one.result(0, 0)
            created += result.before is None
            changed += result.before is not None and result.changed
            lines += difference(result.before, result.lineage)
            gone = emission.vanished(one.connector.name, one.urns)
            vanished.add(one.connector, gone, one.understood)
    unread = frozenset(snapshot.unread)
    if snapshot.unread_files:  # any of these files may hold the connectors that are missing
        unread |= state.listed() - vanished.read
    plan = planned(cluster, vanished, receipts, unread)
    lines += [f"not read: {name}: {reason}" for name, reason in sorted(snapshot.not_read.items())]
    lines += [f"catalog: {note}" for note in known.settings.notes]
    return Preview((*lines, *_removals(plan)), created, changed, _would_go(len(plan.remove)))


def compared(before: Iterable[ConnectorLineage], now: Iterable[ConnectorLineage], unread: Mapping[str, str]) -> Preview:
    """Compare the lineage of two clusters, or of one at two times, connector by connector.

    Args:
        before: The lineage of the first.
        now: The lineage of the second.
        unread: Connectors that one of the two could not read, with the reason; they are neither new nor gone.
    """
    was, found = ({one.connector: one for one in lineages} for lineages in (before, now))
    known = {name: (was.get(name), found.get(name)) for name in sorted({**was, **found}) if name not in unread}
    lines = {name: difference(old, new) for name, (old, new) in known.items()}
    created = sum(old is None for old, _ in known.values())
    gone = sum(new is None for _, new in known.values())
    changed = sum(bool(lines[name]) for name, (old, new) in known.items() if old and new)
    told = [line for some in lines.values() for line in some]
    told += [f"not read: {name}: {reason}" for name, reason in sorted(unread.items())]
    return Preview(tuple(told), created, changed, f"{gone} gone")


def _would_go(entities: int) -> str:
    return f"{counted(entities, 'entity', 'entities')} would be removed"


def _removals(plan: StalePlan) -> Iterable[str]:
    yield from (f"remove {urn}" for urn in plan.remove)
    yield from (f"keep {urn}: {reason}" for urn, reason in sorted(plan.keep_reasons.items()))
