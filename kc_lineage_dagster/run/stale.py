"""What to soft-delete, and when to refuse. Pure.

Entities that an earlier run emitted and that the lineage no longer names: of connectors that are gone, or of
tables and topics that vanished from a living one. DataHub keeps their history; one that comes back is told
``removed=false`` by its ordinary proposals. To be planned after everything else of a run has succeeded.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from kc_lineage_dagster.emit.aspects import Proposal, status
from kc_lineage_dagster.emit.urns import is_ours

FAIL_SAFE_PERCENT = 75.0  # DataHub: stateful_ingestion.fail_safe_threshold

INCOMPLETE = "the cluster's connectors could not be listed completely"
UNREAD = "its connector could not be read this time"
HELD = "another recipe emits it too"
DISABLED = "stateful_ingestion.enabled or .remove_stale_metadata is false: reported, not removed"


@dataclass(frozen=True, slots=True)
class StalePlan:
    """What a run does about entities that vanished.

    ``remove``: URNs to soft-delete now, sorted. ``candidates``: all that would go if nothing held it back
    (``remove`` included). ``keep_reasons``: why a candidate stays. ``refused``: the fail-safe's message,
    None when it did not step in. ``gone_connectors``: connectors whose partition can be dropped once
    ``remove`` is acknowledged. ``baseline``: to be kept for the next plan (``Receipts.set_baseline``), so
    that a refusal holds until somebody decides, however much is emitted meanwhile.
    """

    remove: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    keep_reasons: Mapping[str, str] = field(default_factory=dict)
    refused: str | None = None
    gone_connectors: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    baseline: int | None = None


def plan(
    previous: Mapping[str, Collection[str]],
    current: Mapping[str, Collection[str]],
    *,
    complete: bool,
    unread: Collection[str] = (),
    partly_read: Mapping[str, str] | None = None,
    excluded: Collection[str] = (),
    fail_safe_threshold: float = FAIL_SAFE_PERCENT,
    enabled: bool = True,
    allow_removal: bool = False,
    held_by_others: Collection[str] = frozenset(),
    pending: Collection[str] = frozenset(),
    baseline: int | None = None,
) -> StalePlan:
    """Decide what goes.

    ``previous``: owner -> URNs that DataHub was sent (``Receipts.holdings``; under the empty name those of
    DataHub's checkpoint that no connector owns). ``current``: connector -> URNs that its lineage gives now,
    for every connector that was read. ``complete``: the list of connectors is known to be whole.
    ``unread``: listed, but could not be read (409, 500, timeout, 404 during a rebalance). ``partly_read``:
    connector -> why its jobs are not judged: paused, stopped, or evidence that was there before could not
    be read. ``excluded``: left out by ``connector_patterns`` now; they count as gone, read or not.
    ``fail_safe_threshold``: percent of what was there that may go; ``allow_removal`` releases it once.
    ``pending``: removals that an earlier run decided and DataHub did not acknowledge; they need no second
    release. ``baseline``: of the plan before.
    """
    known = frozenset(urn for urns in previous.values() for urn in urns)
    gone, judged = _vanished(previous, current, frozenset(unread) - frozenset(excluded), partly_read or {})
    every = tuple(sorted(judged))
    if not complete:
        return StalePlan((), every, dict.fromkeys(judged, INCOMPLETE), baseline=baseline)
    reasons = {urn: reason for urn, reason in judged.items() if reason}
    shared = tuple(urn for urn in every if urn in held_by_others and urn not in reasons)
    reasons |= dict.fromkeys(shared, HELD)
    free = frozenset(judged) - reasons.keys()
    released = free & frozenset(pending)
    if not enabled:
        reasons |= dict.fromkeys(free, DISABLED)
        return StalePlan((), every, reasons, None, gone, shared, baseline)
    total = min(len(known), baseline or len(known))
    refused = None if allow_removal else _refusal(len(free - released), total, fail_safe_threshold)
    if refused:
        reasons |= dict.fromkeys(free - released, refused)
        return StalePlan(tuple(sorted(released)), every, reasons, refused, (), shared, total)
    return StalePlan(tuple(sorted(free)), every, reasons, None, gone, shared, None)


def _vanished(
    previous: Mapping[str, Collection[str]],
    current: Mapping[str, Collection[str]],
    unread: Collection[str],
    partly_read: Mapping[str, str],
) -> tuple[tuple[str, ...], dict[str, str]]:
    """(connectors that are gone, URN -> why it stays, empty if nothing speaks for it) of what is named no more."""
    alive = frozenset(urn for urns in current.values() for urn in urns)
    gone: list[str] = []
    judged: dict[str, str] = {}
    for owner, urns in previous.items():
        reason = UNREAD if owner in unread else partly_read.get(owner, "") if owner in current else ""
        if owner and owner not in current and owner not in unread:
            gone.append(owner)
        judged |= {urn: reason for urn in urns if urn not in alive and is_ours(urn)}
    return tuple(sorted(gone)), judged


def _refusal(removals: int, total: int, threshold: float) -> str | None:
    if not total or threshold >= 100 or 100 * removals / total <= threshold:
        return None
    return (
        f"{removals} of {total} entities ({100 * removals / total:.0f} %) would be removed, more than "
        f"stateful_ingestion.fail_safe_threshold ({threshold:g} %) allows: nothing is removed. If that is meant, "
        "run once with the run config `allow_removal: true`"
    )


def removal_proposals(urns: Iterable[str]) -> tuple[Proposal, ...]:
    """The soft-deletion of flows and jobs; an acknowledged one leaves no receipt."""
    return tuple(status(urn, removed=True) for urn in urns)
