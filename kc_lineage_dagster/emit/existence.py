"""Find the datasets of lineage that a GMS does not hold: edges to them end in nothing. Writes nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kc_lineage_dagster.emit.delivery import address, sink_errors
from kc_lineage_dagster.emit.gms_session import graph_of

if TYPE_CHECKING:
    from datahub.emitter.rest_emitter import DataHubRestEmitter

MOST_ASKED = 2_000  # datasets that are asked for in one run
_BATCH = 200  # datasets in one request
# Every entity that exists has a key; the status of a soft-deleted entity says that it is removed.
_ASPECTS = ["datasetKey", "status"]


@dataclass(frozen=True, slots=True)
class Existence:
    """What a GMS said of some datasets.

    Args:
        asked: How many datasets it was asked for.
        unknown: URNs of those that it does not hold, or holds as removed.
        problem: Why it could not be asked for the rest, in one line; None when nothing went wrong.
    """

    asked: int
    unknown: tuple[str, ...]
    problem: str | None = None


def existence(emitter: DataHubRestEmitter, urns: Collection[str]) -> Existence:
    """Ask a GMS (``POST /openapi/v3/entity/dataset/batchGet``) which of these dataset URNs it holds.

    Only the first ``MOST_ASKED`` of them, sorted, are asked for. Errors become the ``problem`` of the result: the
    answer is information for people, and no emission depends on it.
    """
    chosen = sorted(set(urns))[:MOST_ASKED]
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
    """Tell whether nothing of an entity is stored, or it is soft-deleted."""
    status = (aspects or {}).get("status", (None,))[0]
    return not aspects or bool(getattr(status, "removed", False))
