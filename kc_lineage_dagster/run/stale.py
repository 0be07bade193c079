"""Decide which entities of DataHub to soft-delete, and when to refuse. Pure.

Stale are entities that an earlier run emitted and that the lineage no longer names: those of connectors that are gone,
and those of tables and topics that vanished from a connector that is there. DataHub keeps their history; an entity that
comes back is told ``removed=false`` by its ordinary proposals. A plan is made after everything else of a run has
succeeded.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from kc_lineage_dagster.emit.aspects import Proposal, status
from kc_lineage_dagster.emit.urns import is_ours

FAIL_SAFE_PERCENT = 75.0  # DataHub's default of stateful_ingestion.fail_safe_threshold

UNREAD = "its connector could not be read this time"
HELD = "another recipe emits it too"
DISABLED = "stateful_ingestion.enabled or .remove_stale_metadata is false: reported, not removed"


@dataclass(frozen=True, slots=True)
class StalePlan:
    """What a run does about entities that vanished.

    Args:
        remove: URNs to soft-delete now, sorted.
        candidates: All that would go if nothing held it back (``remove`` included).
        keep_reasons: Candidate -> why it stays.
        refused: The fail-safe's message, None when it did not step in.
        gone_connectors: Connectors whose partition can be dropped once ``remove`` is acknowledged.
        dropped: Candidates to be forgotten, because another recipe emits them.
        baseline: The number of entities at the first refusal; give it to the next plan, so that new entities cannot
            dilute the share and release the removal by themselves. None while nothing is refused.
    """

    remove: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    keep_reasons: Mapping[str, str] = field(default_factory=dict)
    refused: str | None = None
    gone_connectors: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    baseline: int | None = None


def plan(
    vanished: Mapping[str | None, Collection[str]],
    *,
    known: int,
    gone: Collection[str] = (),
    unread: Collection[str] = (),
    doubts: Mapping[str | None, str] | None = None,
    fail_safe_threshold: float = FAIL_SAFE_PERCENT,
    enabled: bool = True,
    allow_removal: bool = False,
    held_by_others: Collection[str] = frozenset(),
    pending: Collection[str] = frozenset(),
    baseline: int | None = None,
) -> StalePlan:
    """Decide what goes.

    Args:
        vanished: Connector -> URNs that DataHub holds and its lineage does not name now; under None those that no
            connector of ours is known to have made.
        known: How many entities DataHub held of this cluster before the run.
        gone: Connectors that are not in the cluster any more.
        unread: Connectors that are there, but could not be read (409, 500, timeout, 404 during a rebalance).
        doubts: Connector -> why its entities are not judged: paused, stopped, or evidence that was there before could
            not be read.
        fail_safe_threshold: Percent of ``known`` that may go.
        enabled: Whether anything is removed at all; otherwise it is only reported.
        allow_removal: Release the fail-safe this once.
        held_by_others: Candidates that another recipe emits too.
        pending: Removals that an earlier run decided and DataHub did not acknowledge; they need no second release.
        baseline: That of the plan before, None without one.
    """
    judged = {
        urn: UNREAD if owner in unread else (doubts or {}).get(owner, "")
        for owner, urns in vanished.items()
        for urn in urns
        if is_ours(urn)
    }
    left = tuple(sorted(name for name in gone if name not in unread and not (doubts or {}).get(name)))
    every = tuple(sorted(judged))
    reasons = {urn: reason for urn, reason in judged.items() if reason}
    shared = tuple(urn for urn in every if urn in held_by_others and urn not in reasons)
    reasons |= dict.fromkeys(shared, HELD)
    free = frozenset(judged) - reasons.keys()
    released = free & frozenset(pending)
    if not enabled:
        reasons |= dict.fromkeys(free, DISABLED)
        return StalePlan((), every, reasons, None, left, shared, baseline)
    total = min(known, baseline or known)
    refused = None if allow_removal else _refusal(len(free - released), total, fail_safe_threshold)
    if refused:
        reasons |= dict.fromkeys(free - released, refused)
        return StalePlan(tuple(sorted(released)), every, reasons, refused, (), shared, total)
    return StalePlan(tuple(sorted(free)), every, reasons, None, left, shared, None)


def _refusal(removals: int, total: int, threshold: float) -> str | None:
    if not total or threshold >= 100 or 100 * removals / total <= threshold:
        return None
    return (
        f"{removals} of {total} entities ({100 * removals / total:.0f} %) would be removed, more than "
        f"stateful_ingestion.fail_safe_threshold ({threshold:g} %) allows: nothing is removed. If that is meant, "
        "run once with the run config `allow_removal: true`"
    )


def removal_proposals(urns: Iterable[str]) -> tuple[Proposal, ...]:
    """Return the soft-deletion of flows and jobs; when it is acknowledged, the receipt is dropped."""
    return tuple(status(urn, removed=True) for urn in urns)
