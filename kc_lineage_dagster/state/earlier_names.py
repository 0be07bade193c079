"""Hand over what a cluster left under an earlier short name: another ``cluster_name``, or another name of the file.

URNs do not hold the short name, so what is still there is sent under the new one. Entities of connectors that were
deleted around the renaming are known to the old name's receipts only, and would stay in DataHub for ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from sqlalchemy import select

from kc_lineage_dagster.chunks import chunks
from kc_lineage_dagster.connect.snapshot import Snapshot
from kc_lineage_dagster.state import tables
from kc_lineage_dagster.state.cluster_state import ClusterState
from kc_lineage_dagster.state.other_recipes import FORGOTTEN_AFTER
from kc_lineage_dagster.state.receipts import UNKNOWN, Held, Receipts

_URNS = 500  # in one transaction


def hand_over(
    state: ClusterState, receipts: Receipts, head: Snapshot, ours: Callable[[str, str | None], bool]
) -> dict[str, int]:
    """Take over the receipts of this very cluster's earlier names; return name -> how many entities were new here.

    An earlier name is one that nobody has read for two weeks, whose worker had this worker's address and this Kafka
    cluster's id, and whose sink was this sink. Another recipe may read the same worker and leave some connectors to
    this one, so only what this recipe answers for is taken.

    Args:
        state: Of the cluster under its name of now.
        receipts: Of the same, reconciled with the sink; what is taken over is added, as perhaps sent.
        head: The cluster as it was just read.
        ours: Tells of a URN and its connector (None where it is not known) whether this recipe answers for it.

    Raises:
        StateError: When the state cannot be used.
    """
    taken: dict[str, int] = {}
    if head.kafka_cluster_id is None:
        return taken
    for name in _forgotten(state, receipts.facts.identity):
        earlier = ClusterState(state.database, name)
        before = earlier.head()
        if before is None or (before.source, before.kafka_cluster_id) != (head.source, head.kafka_cluster_id):
            continue
        left = Receipts(earlier)
        for urns in chunks(tuple(left.urns()), _URNS):
            theirs = {urn: held for urn, held in left.of_urns(urns).items() if ours(urn, held.connector)}
            new = theirs.keys() - receipts.known(theirs)
            receipts.adopt({urn: Held(theirs[urn].connector, UNKNOWN, {}) for urn in sorted(new)})
            left.drop(theirs)  # after the receipts here are stored, so that a kill loses none
            taken[name] = taken.get(name, 0) + len(new)
    return {name: number for name, number in taken.items() if number}


def _forgotten(state: ClusterState, identity: str | None) -> Iterator[str]:
    """Yield the other names with receipts of the sink of this ``identity`` that nobody has read for two weeks."""
    sink, cluster = tables.sink, tables.cluster
    chosen = (
        select(cluster.c.cluster)
        .join(sink, sink.c.cluster == cluster.c.cluster)
        .where(
            cluster.c.cluster != state.slug,
            sink.c.identity == identity,
            cluster.c.listed_at <= time.time() - FORGOTTEN_AFTER,
        )
        .order_by(cluster.c.cluster)
    )
    with state.database.reading() as connection:
        names = connection.execute(chosen).scalars().all()
    yield from names
