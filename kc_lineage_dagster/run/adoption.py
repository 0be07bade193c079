"""What DataHub holds of a cluster and the state does not know: lost state, an older one, a restored DataHub.

They are noted as sent, perhaps; what follows is the ordinary way of a run: those of living connectors are sent, those
that lineage no longer names are stale, and those of connectors that are gone go once the worker has said 404.
"""

from __future__ import annotations

import hashlib

from kc_lineage_dagster.emit.delivery import address
from kc_lineage_dagster.emit.marked import search
from kc_lineage_dagster.emit.read_back import ReadBack
from kc_lineage_dagster.emit.sinks import RestSink
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.state.other_recipes import held_by_others
from kc_lineage_dagster.state.receipts import UNKNOWN, Held, Receipts
from kc_lineage_dagster.wording import counted

_DIGITS = 12  # of the digest


def mark_of(cluster: Cluster, *kafka_cluster_ids: str | None) -> str:
    """Name a Connect cluster for its flows and jobs in DataHub: its short name, and a digest of what nobody shares.

    Two deployments may call their clusters alike, or reach them under one address (`http://connect:8083`) in two
    networks. ``kafka_cluster_ids``: the first that is known counts; give that of the receipts before that of the last
    reading, so that a worker which does not tell it once changes nothing in DataHub.
    """
    identifier = next(filter(None, kafka_cluster_ids), "")
    text = f"{address(cluster.connect_uri)}\n{identifier}"
    return f"{cluster.file.slug}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:_DIGITS]}"


def adopt(cluster: Cluster, receipts: Receipts, sink: RestSink, read_back: ReadBack, mark: str) -> tuple[str, ...]:
    """Note what DataHub holds with ``mark`` and the receipts lack; returns what a user should know, in a line each.

    What ``connector_patterns`` exclude is left alone: another state may answer for it. So is what another recipe emits.
    """
    found = search(sink, read_back, mark, cluster.naming(), receipts.of_urns)
    allowed = cluster.allowed()
    owners = {urn: name for urn, name in found.owners.items() if allowed(name)}
    others = held_by_others(cluster.state, receipts.facts.identity, owners)
    receipts.adopt({urn: Held(name, UNKNOWN, {}) for urn, name in owners.items() if urn not in others})
    notes = [] if found.problem is None else [found.problem]
    if len(owners) > len(others):
        number = counted(len(owners) - len(others), "entity", "entities")
        notes.append(f"DataHub holds {number} of this cluster that the state did not know: adopted")
    return tuple(notes)
