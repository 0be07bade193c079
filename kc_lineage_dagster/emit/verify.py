"""Is what a GMS acknowledged still there? Read back in bulk, compared aspect by aspect, never written.

A GMS that is away, has no OpenAPI v3 (before 0.14), or answers oddly ends the verification with one line: receipts are
then believed, as they are for every other sink.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import requests

from kc_lineage_dagster.emit.aspects import Proposal
from kc_lineage_dagster.emit.delivery import address

_BATCH = 300  # entities in one request
_REQUEST_SECONDS = 30.0
_TOTAL_SECONDS = 600.0  # of a run, spent on waiting for answers

_MAP = "customProperties"  # compared whole: its keys are no fields that DataHub could add to

# The fields that ``emit.aspects`` may write. One that is not written now must not be there either: what a restored
# backup or somebody else left there is as wrong as a missing one. DataHub may add any other field.
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "dataFlowInfo": ("name", "description", "externalUrl"),
    "dataJobInfo": ("name", "description", "externalUrl", "type"),
    "dataJobInputOutput": ("inputDatasets", "outputDatasets", "fineGrainedLineages"),
}


class Verifier:
    """Compares acknowledged proposals with what a GMS holds, until something goes wrong.

    ``problem``: why the rest of the run is not verified, in one line; None while nothing went wrong.
    """

    def __init__(self, session: requests.Session, server: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        """``session``: with the GMS's credentials, guarded by ``gms_session``. ``clock``: in seconds."""
        self._session, self._server, self._clock = session, server, clock
        self._left = _TOTAL_SECONDS
        self.problem: str | None = None

    def differing(self, proposals: Sequence[Proposal]) -> list[tuple[Proposal, str]]:
        """Return the proposals whose aspect is missing or says something else, with the hash of what is there."""
        found: list[tuple[Proposal, str]] = []
        for batch in _batches(proposals):
            there = self._read(batch)
            if there is None:
                break
            for one in (one for due in batch.values() for one in due):
                held = there.get(one.urn, {}).get(one.aspect_name)
                if not says(held, one):
                    found.append((one, _hash(held)))
        return found

    def _read(self, batch: Mapping[str, Sequence[Proposal]]) -> dict[str, dict[str, Any]] | None:
        """URN -> aspects of the entities of a batch (of one type) that the GMS holds; None when it does not tell."""
        if self.problem is not None:
            return None
        kind = next(iter(batch.values()))[0].entity_type.lower()
        asked = [{"urn": urn, **{one.aspect_name: {} for one in due}} for urn, due in batch.items()]
        started = self._clock()
        try:
            answer = self._session.post(
                f"{self._server}/openapi/v3/entity/{kind}/batchGet", json=asked, timeout=_REQUEST_SECONDS
            )
            answer.raise_for_status()
            return {one["urn"]: _values(one) for one in answer.json()}
        except requests.HTTPError as error:
            why = f"answers {error.response.status_code}"
        except requests.RequestException as error:
            why = f"gave no answer ({type(error).__name__})"
        except (ValueError, KeyError, TypeError, AttributeError):
            why = "gave an answer of another shape"
        finally:
            self._left -= self._clock() - started
            if self._left <= 0:
                self.problem = f"{address(self._server)} took {_TOTAL_SECONDS:g} s: the rest was not verified"
        self.problem = (
            f"what DataHub holds could not be verified: {address(self._server)} {why} when it was asked by"
            " POST /openapi/v3/entity/.../batchGet; what it acknowledged is believed"
        )
        return None


def says(held: Any, proposal: Proposal) -> bool:
    """Tell whether an aspect as the GMS holds it (None: it does not) says what a proposal says."""
    if not isinstance(held, dict):
        return False
    ours = proposal.aspect
    return (held.get(_MAP) or {}) == ours.get(_MAP, {}) and all(
        _same(held.get(name), ours.get(name)) for name in _FIELDS.get(proposal.aspect_name, ours)
    )


def _same(held: Any, ours: Any) -> bool:
    if not ours:  # DataHub may leave out what is empty or false
        return not held
    if isinstance(ours, dict):
        if not isinstance(held, dict):  # a union ({"string": "COMMAND"}) may be shown as its value
            return list(ours.values()) == [held]
        return all(_same(held.get(name), value) for name, value in ours.items())
    if isinstance(ours, list):
        return isinstance(held, list) and len(held) == len(ours) and all(map(_same, held, ours))
    return bool(held == ours)


def _values(entity: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one["value"] for name, one in entity.items() if isinstance(one, dict) and "value" in one}


def _hash(held: Any) -> str:
    text = json.dumps(held, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:32]


def _batches(proposals: Sequence[Proposal]) -> Iterator[dict[str, list[Proposal]]]:
    """URN -> proposals, of one entity type and of a limited number of entities at a time."""
    kinds: dict[str, dict[str, list[Proposal]]] = {}
    for one in proposals:
        kinds.setdefault(one.entity_type, {}).setdefault(one.urn, []).append(one)
    for entities in kinds.values():
        urns = list(entities)
        for start in range(0, len(urns), _BATCH):
            yield {urn: entities[urn] for urn in urns[start : start + _BATCH]}
