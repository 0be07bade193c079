"""What a sensor decides: which connectors must be looked at again, and whether it is time to ask for a run. Pure.

The listing is compared with what was last emitted (``ClusterState.emitted``), not only with the sensor's own memory:
what a failed run left undone is asked for again, after growing pauses. Restarts, pauses and failures of tasks change no
lineage and count for nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace

from kc_lineage_dagster.connect.snapshot import Connector, Snapshot
from kc_lineage_dagster.state.cluster_state import Emitted

SECOND_LOOK = 600  # seconds after which a new connector is looked at again: by then its topics exist
FIRST_PAUSE, LONGEST_PAUSE = 60, 3600  # seconds between two requests for the same change


def config_hash(connector: Connector) -> str:
    """Return a hash of what decides a connector's lineage in a listing: kind and configuration, not states.

    A connector has changed when the hash differs from the one that was last emitted.
    """
    text = json.dumps([connector.kind, dict(sorted(connector.config.items()))])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Cursor:
    """What the sensor remembers from one tick to the next.

    Args:
        asked: Hash of the last change that a run was requested for (``Change.digest``).
        attempts: How often a run was requested for this change again.
        at: When a run was last requested, in seconds since the epoch.
        second_look: Connectors that were new -> when to look at them again, in seconds since the epoch.
    """

    asked: str = ""
    attempts: int = 0
    at: float = 0
    second_look: Mapping[str, float] | None = None

    @classmethod
    def parse(cls, text: str | None) -> Cursor:
        """Return a stored cursor; an unreadable one counts as none, and so does one of other types: people edit it."""
        try:
            found = cls(**json.loads(text)) if text else cls()
            looks = None if found.second_look is None else {one: float(at) for one, at in found.second_look.items()}
            return cls(str(found.asked), int(found.attempts), float(found.at), looks)
        except (ValueError, TypeError, AttributeError):
            return cls()

    def dump(self) -> str:
        """Return the cursor as text, for Dagster to store."""
        return json.dumps(asdict(self), separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Change:
    """How a listing differs from what was last emitted.

    Args:
        changed: Connectors to derive and emit.
        gone: Connectors that vanished.
        new: Those of the changed ones of which nothing was emitted yet; they may have no partition.
    """

    changed: tuple[str, ...]
    gone: tuple[str, ...]
    new: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.changed or self.gone)

    @property
    def digest(self) -> str:
        """Hash of the names that this change concerns; used to tell whether a run was requested for it."""
        return hashlib.sha256(json.dumps([self.changed, self.gone]).encode()).hexdigest()[:16]


def changes(listing: Snapshot, emitted: Mapping[str, Emitted], cursor: Cursor, now: float) -> Change:
    """Return the difference between a listing and what was last emitted.

    Connectors that could not be read are no change.

    Args:
        listing: The cluster as it is now, without evidence.
        emitted: What was last emitted, by connector (``ClusterState.emitted``).
        cursor: What the sensor remembers: connectors that are due for a second look count as changed.
        now: Seconds since the epoch.
    """
    hashes = {one.name: config_hash(one) for one in listing.connectors}
    new = [name for name in hashes if name not in emitted]
    changed = [name for name, value in hashes.items() if name not in emitted or emitted[name].config != value]
    due = [name for name, when in (cursor.second_look or {}).items() if not _ahead(when, now) and name in hashes]
    gone = listing.gone(emitted)
    return Change(_sorted([*changed, *due]), _sorted(gone), _sorted(new))


def ask(change: Change, cursor: Cursor, now: float) -> tuple[bool, Cursor]:
    """Tell whether to request a run now, and return the cursor to keep.

    While one change lasts, runs are requested after growing pauses.

    Args:
        change: What differs now; nothing is requested for an empty one.
        cursor: What the sensor remembers.
        now: Seconds since the epoch.
    """
    pending = {name: when for name, when in (cursor.second_look or {}).items() if _ahead(when, now)}
    if not change:
        return False, replace(cursor, second_look=pending)
    same = change.digest == cursor.asked
    pause = min(FIRST_PAUSE * 2 ** min(cursor.attempts, 10), LONGEST_PAUSE)
    if same and cursor.at <= now < cursor.at + pause:
        return False, cursor
    pending.update({name: now + SECOND_LOOK for name in change.new if name not in pending})
    return True, Cursor(change.digest, cursor.attempts + 1 if same else 0, now, pending)


def _ahead(when: float, now: float) -> bool:
    """Tell whether a second look is still to come; one that a clock had set which was ahead is due."""
    return now < when <= now + SECOND_LOOK


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))
