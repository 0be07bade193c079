"""What a sensor decides: which connectors must be looked at again, and whether it is time to ask. Pure.

The listing is compared with what was last emitted (``ClusterState.known``), not only with the sensor's own memory: a
run that failed is made up for, with a growing pause. Restarts, pauses and failures of tasks change no lineage and
count for nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace

from kc_lineage_dagster.connect.snapshot import Connector, Snapshot
from kc_lineage_dagster.state.cluster_state import Known

SECOND_LOOK = 600  # seconds after which a new connector is looked at again: by then its topics exist
FIRST_PAUSE, LONGEST_PAUSE = 60, 3600  # seconds between two requests for the same change


def config_hash(connector: Connector) -> str:
    """Stands for what decides a connector's lineage in a listing: kind and configuration, not states."""
    text = json.dumps([connector.kind, dict(sorted(connector.config.items()))])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Cursor:
    """``asked``: stands for the last change a run was requested for. ``attempts``: how often. ``at``: when, in
    seconds since the epoch. ``second_look``: when the connectors that were new then are to be looked at again, by name.
    """

    asked: str = ""
    attempts: int = 0
    at: float = 0
    second_look: Mapping[str, float] | None = None

    @classmethod
    def parse(cls, text: str | None) -> Cursor:
        """A stored cursor; an unreadable one counts as none."""
        try:
            return cls(**json.loads(text)) if text else cls()
        except (ValueError, TypeError):
            return cls()

    def dump(self) -> str:
        """As text."""
        return json.dumps(asdict(self), separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Change:
    """``changed``: connectors to derive and emit. ``gone``: those that vanished. ``new``: those without a partition
    yet.
    """

    changed: tuple[str, ...]
    gone: tuple[str, ...]
    new: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.changed or self.gone)

    @property
    def digest(self) -> str:
        """Stands for this change."""
        return hashlib.sha256(json.dumps([self.changed, self.gone]).encode()).hexdigest()[:16]


def changes(listing: Snapshot, known: Mapping[str, Known], cursor: Cursor, now: float) -> Change:
    """The difference between a listing and what was last emitted; connectors that could not be read are no change.

    ``known``: what was last emitted, by connector (``ClusterState.known``). ``now``: seconds since the epoch.
    """
    hashes = {one.name: config_hash(one) for one in listing.connectors}
    new = [name for name in hashes if name not in known]
    changed = [name for name, value in hashes.items() if name not in known or known[name].config != value]
    due = [name for name, when in (cursor.second_look or {}).items() if when <= now and name in hashes]
    gone = listing.gone(known)
    return Change(_sorted([*changed, *due]), _sorted(gone), _sorted(new))


def ask(change: Change, cursor: Cursor, now: float) -> tuple[bool, Cursor]:
    """Whether to request a run now, and the cursor to keep; the same change is asked for after growing pauses."""
    pending = {name: when for name, when in (cursor.second_look or {}).items() if when > now}
    if not change:
        return False, replace(cursor, second_look=pending)
    same = change.digest == cursor.asked
    pause = min(FIRST_PAUSE * 2 ** min(cursor.attempts, 10), LONGEST_PAUSE)
    if same and now < cursor.at + pause:
        return False, cursor
    pending.update({name: now + SECOND_LOOK for name in change.new if name not in pending})
    return True, Cursor(change.digest, cursor.attempts + 1 if same else 0, now, pending)


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))
