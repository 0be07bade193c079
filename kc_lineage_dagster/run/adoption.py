"""Adopt what DataHub holds of a cluster and the state does not know, or knows under an earlier name of the cluster.

The first happens when the state was lost or is an older one, or DataHub was restored. What is adopted is noted as sent,
perhaps (``receipts.UNKNOWN``), and the run goes on as any other does: entities of connectors that are there are sent,
entities that lineage no longer names are stale, and those of connectors that are gone are removed once the worker has
said 404.
"""

from __future__ import annotations

import hashlib

from kc_lineage_dagster.connect.snapshot import Snapshot
from kc_lineage_dagster.emit.delivery import address
from kc_lineage_dagster.emit.marked import search
from kc_lineage_dagster.emit.read_back import ReadBack
from kc_lineage_dagster.emit.sinks import RestSink
from kc_lineage_dagster.emit.urns import connector_of
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.state.earlier_names import hand_over
from kc_lineage_dagster.state.other_recipes import held_by_others
from kc_lineage_dagster.state.receipts import UNKNOWN, Held, Receipts
from kc_lineage_dagster.wording import counted

_DIGITS = 12  # hexadecimal digits of the digest in a mark


def mark_of(cluster: Cluster, *kafka_cluster_ids: str | None) -> str:
    """Return the mark that a cluster's flows and jobs carry in DataHub: its short name and a digest.

    Two deployments may call their clusters alike, or reach them under one address (`http://connect:8083`) in two
    networks, so the digest is made of the address and the id of the Kafka cluster.

    ``kafka_cluster_ids``: the first that is known counts. Give that of the receipts before that of the last reading, so
    that a worker which for once does not tell the id changes nothing in DataHub.
    """
    identifier = next(filter(None, kafka_cluster_ids), "")
    text = f"{address(cluster.connect_uri)}\n{identifier}"
    return f"{cluster.file.slug}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:_DIGITS]}"


def adopt(cluster: Cluster, receipts: Receipts, sink: RestSink, read_back: ReadBack, mark: str) -> tuple[str, ...]:
    """Note what DataHub holds with ``mark`` and the receipts lack; return what a user should know, in a line each.

    What ``connector_patterns`` exclude is left alone, because another state may answer for it. So is what another
    recipe emits.

    Args:
        cluster: The cluster.
        receipts: What the state knows of DataHub; the adopted entities are added.
        sink: The GMS that is searched.
        read_back: Reads what was found.
        mark: The mark of the cluster (``mark_of``).
    """
    found = search(sink, read_back, mark, cluster.naming(), receipts.known)
    allowed = cluster.allowed()
    owners = {urn: name for urn, name in found.owners.items() if allowed(name)}
    others = held_by_others(cluster.state, receipts.facts.identity, owners)
    receipts.adopt({urn: Held(name, UNKNOWN, {}) for urn, name in owners.items() if urn not in others})
    notes = [] if found.problem is None else [found.problem]
    if len(owners) > len(others):
        number = counted(len(owners) - len(others), "entity", "entities")
        notes.append(f"DataHub holds {number} of this cluster that the state did not know: adopted")
    return tuple(notes)


def inherit(cluster: Cluster, receipts: Receipts, head: Snapshot) -> tuple[str, ...]:
    """Take over what the cluster left under an earlier short name; return what a user should know, in a line each.

    See ``state.earlier_names``.

    Args:
        cluster: The cluster.
        receipts: What the state knows of DataHub; what is taken over is added.
        head: The cluster as it was just read, without its connectors.
    """
    allowed, naming = cluster.allowed(), cluster.naming()

    def ours(urn: str, connector: str | None) -> bool:
        by_urn = connector_of(naming, urn)
        return by_urn is not None and allowed(connector or by_urn)

    return tuple(
        f"{counted(number, 'entity', 'entities')} that this cluster left under the name `{name}`, which nobody has read"
        " for two weeks, are taken over: what is gone from Connect is removed"
        for name, number in hand_over(cluster.state, receipts, head, ours).items()
    )
