"""Which datasets a GMS knows: asked in batches through DataHub's own client, never written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kc_lineage_dagster.emit.delivery import address, sink_errors
from kc_lineage_dagster.emit.gms_session import graph_of

if TYPE_CHECKING:
    from datahub.emitter.rest_emitter import DataHubRestEmitter

MOST = 2_000  # datasets that are asked for in one run
_BATCH = 200
# An entity that exists has its key; a soft-deleted one says so in its status.
_ASPECTS = ["datasetKey", "status"]


@dataclass(frozen=True, slots=True)
class Existence:
    """``asked``: how many datasets. ``unknown``: those that DataHub does not hold, or holds as removed. ``problem``:
    why the rest could not be asked for, None when all were.
    """

    asked: int
    unknown: tuple[str, ...]
    problem: str | None = None


def existence(emitter: DataHubRestEmitter, urns: Collection[str]) -> Existence:
    """Asks a GMS (``POST /openapi/v3/entity/dataset/batchGet``) for the first 2,000 of these dataset URNs.

    Whatever goes wrong is a ``problem``: nothing depends on the answer.
    """
    chosen = sorted(set(urns))[:MOST]
    unknown: list[str] = []
    asked = 0
    try:
        graph = graph_of(emitter)
        for asked in range(0, len(chosen), _BATCH):
            batch = chosen[asked : asked + _BATCH]
            held = graph.get_entities("dataset", batch, _ASPECTS)
            unknown += (urn for urn in batch if _missing(held.get(urn)))
    except sink_errors() as error:
        return Existence(asked, tuple(unknown), f"{address(emitter._gms_server)}: {type(error).__name__}")
    return Existence(len(chosen), tuple(unknown))


def _missing(aspects: Mapping[str, Any] | None) -> bool:
    """Whether nothing of the entity is stored, or it is soft-deleted."""
    status = (aspects or {}).get("status", (None,))[0]
    return not aspects or bool(getattr(status, "removed", False))
