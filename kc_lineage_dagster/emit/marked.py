"""Find the flows and jobs of a cluster that a GMS holds and the state does not know, by the mark that each carries.

That makes a lost state harmless. The search index finds the entities, and it may be behind or wrong; so each one is
read back from the primary storage, and counts only when it is held there, not removed, with this very mark.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from kc_lineage_dagster.chunks import chunks
from kc_lineage_dagster.emit.aspects import CLUSTER
from kc_lineage_dagster.emit.delivery import address, explain, sink_errors
from kc_lineage_dagster.emit.gms_session import graph_of
from kc_lineage_dagster.emit.read_back import ENTITIES, ReadBack
from kc_lineage_dagster.emit.urns import Naming, connector_of, flow_of, flow_urn
from kc_lineage_dagster.errors import SinkError

if TYPE_CHECKING:
    from datahub.emitter.rest_emitter import DataHubRestEmitter

    from kc_lineage_dagster.emit.rest_sink import RestSink

MOST_ENTITIES = 500_000  # entities of one cluster that are looked at
_SECONDS = 120.0  # for the search; the time for reading back is ``ReadBack``'s
_INFO = {"dataFlow": "dataFlowInfo", "dataJob": "dataJobInfo"}


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found.

    ``owners``: URN -> the connector that the entity belongs to.
    ``problem``: why there may be more entities than these, in one line; None when there are not.
    """

    owners: Mapping[str, str]
    problem: str | None = None


def search(
    sink: RestSink,
    read_back: ReadBack,
    mark: str,
    naming: Naming,
    known: Callable[[Collection[str]], Collection[str]],
) -> Search:
    """Find the flows and jobs that carry a mark, are not removed, and are unknown to the state.

    Args:
        sink: The GMS.
        read_back: The reader of this run.
        mark: The value of the ``CLUSTER`` property.
        naming: Of the recipe; entities of another naming (another ``env`` or platform instance) are left out.
        known: Returns those of some URNs that the state holds; they are left out as well.
    """
    owners: dict[str, str] = {}
    try:
        for urns in chunks(_urns(sink.emitter, read_back, mark), 10 * ENTITIES):
            ours = [urn for urn in urns if connector_of(naming, urn)]
            unknown = sorted(set(ours).difference(known(ours)))
            owners.update(_held(read_back, mark, naming, unknown))
            if read_back.problem:
                return Search(owners, read_back.problem)
    except sink_errors() as error:
        where, why = address(sink.server), explain(error, sink.secrets)
        return Search(owners, f"{where} could not be searched for flows and jobs that the state does not know: {why}")
    return Search(owners)


def _urns(emitter: DataHubRestEmitter, read_back: ReadBack, mark: str) -> Iterator[str]:
    """Yield the URNs of flows and jobs that the search index finds by the mark.

    Raises:
        SinkError: When the search takes too long.
    """
    until = read_back.clock() + _SECONDS
    rule: dict[str, str | bool | list[str]] = {
        "field": "customProperties",
        "condition": "EQUAL",
        "values": [f"{CLUSTER}={mark}"],
    }
    found = graph_of(emitter).get_urns_by_filter(entity_types=list(_INFO), extraFilters=[rule])
    for urn in islice(found, MOST_ENTITIES):
        if read_back.clock() > until:
            raise SinkError(f"it took more than {_SECONDS:g} s")
        yield str(urn)


def _held(read_back: ReadBack, mark: str, naming: Naming, urns: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield (URN, connector) for the entities that the primary storage holds, not removed, with the mark."""
    for kind, info in _INFO.items():
        for batch in chunks((urn for urn in urns if urn.split(":")[2] == kind), ENTITIES):
            there = read_back.read(kind, dict.fromkeys(batch, (info, "status"))) or {}
            for urn in batch:
                aspects = there.get(urn, {})
                owner = _owner(naming, urn, aspects.get(info), mark)
                if owner and not (aspects.get("status") or {}).get("removed"):
                    yield urn, owner


def _owner(naming: Naming, urn: str, info: Any, mark: str) -> str | None:
    """Return the connector that an entity belongs to; None without the mark, or when the URN is of another connector.

    A URN may be shortened (``limits.fitted``), so the connector's name is read from the ``name`` of the entity's info
    aspect: ``crm`` for a flow, ``crm:<job id>`` for a job.
    """
    if not isinstance(info, dict) or (info.get("customProperties") or {}).get(CLUSTER) != mark:
        return None
    name, flow = str(info.get("name")), flow_of(urn)
    if flow == urn:
        return name if flow_urn(naming, name) == urn else None
    owner = connector_of(naming, flow)
    if owner and name.startswith(f"{owner}:"):
        return owner
    parts = name.split(":")
    found = (":".join(parts[:count]) for count in range(1, len(parts)))
    return next((one for one in found if flow_urn(naming, one) == flow), None)
