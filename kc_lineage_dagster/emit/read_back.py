"""What a GMS holds of flows and jobs, from its primary storage: asked in bulk, never written.

A GMS that is away, has no OpenAPI v3 (before 0.14), or answers oddly is asked no more in that run, which one line says.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

import requests

from kc_lineage_dagster.emit.delivery import address

ENTITIES = 300  # in one request
_REQUEST_SECONDS = 30.0
TOTAL_SECONDS = 600.0  # of a run, spent on waiting for answers


class ReadBack:
    """Asks a GMS by ``POST /openapi/v3/entity/{type}/batchGet``, until something goes wrong.

    ``problem``: why it is asked no more, in one line; None while nothing went wrong. ``late``: its time was over.
    """

    def __init__(self, session: requests.Session, server: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        """``session``: with the GMS's credentials, guarded by ``gms_session``. ``clock``: in seconds."""
        self._session, self._server, self.clock = session, server, clock
        self._left = TOTAL_SECONDS
        self.problem: str | None = None
        self.late = False

    def read(self, kind: str, asked: Mapping[str, Collection[str]]) -> dict[str, dict[str, Any]] | None:
        """Return URN -> aspect name -> value of what is held; None when the GMS does not tell.

        ``kind``: type of the entities. ``asked``: URN -> names of the aspects, of at most ``ENTITIES`` entities.
        """
        if self.problem is not None:
            return None
        body = [{"urn": urn, **{name: {} for name in names}} for urn, names in asked.items()]
        started = self.clock()
        try:
            answer = self._session.post(
                f"{self._server}/openapi/v3/entity/{kind.lower()}/batchGet", json=body, timeout=_REQUEST_SECONDS
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
            self._left -= self.clock() - started
            if self._left <= 0:
                self.late = True
                self.problem = (
                    f"{address(self._server)} took {TOTAL_SECONDS:g} s: the rest was not verified; the next sync begins"
                    " there"
                )
        self.problem = (
            f"what DataHub holds could not be verified: {address(self._server)} {why} when it was asked by"
            " POST /openapi/v3/entity/.../batchGet; what it acknowledged is believed"
        )
        return None


def _values(entity: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one["value"] for name, one in entity.items() if isinstance(one, dict) and "value" in one}
