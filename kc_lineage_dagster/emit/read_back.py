"""Read what a GMS holds of flows and jobs, in bulk, from its primary storage rather than from its search index.

A GMS that gives no answer, that has no OpenAPI v3 (releases before 0.14), or whose answer has another shape is not
asked again in that run; one line says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

import requests

from kc_lineage_dagster.emit.delivery import address
from kc_lineage_dagster.emit.gms_session import refuse_redirect

ENTITIES = 300  # the most in one request
_REQUEST_SECONDS = 30.0
TOTAL_SECONDS = 600.0  # that one run may wait for answers in all


class ReadBack:
    """Asks a GMS for aspects by ``POST /openapi/v3/entity/{type}/batchGet``, until a request fails or time is over.

    ``problem``: why the GMS is not asked again, in one line; None while nothing went wrong.
    ``late``: whether the reason is that ``TOTAL_SECONDS`` are over.
    """

    def __init__(self, session: requests.Session, server: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Take what one run asks with.

        Args:
            session: With the GMS's credentials, guarded by ``gms_session.guard``.
            server: The GMS's address without a trailing slash.
            clock: Seconds that never go backwards.
        """
        self._session, self._server, self.clock = session, server, clock
        self._left = TOTAL_SECONDS
        self.problem: str | None = None
        self.late = False

    def read(self, kind: str, asked: Mapping[str, Collection[str]]) -> dict[str, dict[str, Any]] | None:
        """Return URN -> aspect name -> value of what the GMS holds; None when it gives no usable answer.

        ``kind``: the type of the entities, for example ``dataJob``.
        ``asked``: URN -> names of the aspects to read, of at most ``ENTITIES`` entities.
        """
        if self.problem is not None:
            return None
        body = [{"urn": urn, **{name: {} for name in names}} for urn, names in asked.items()]
        started = self.clock()
        try:
            answer = self._session.post(
                f"{self._server}/openapi/v3/entity/{kind.lower()}/batchGet",
                json=body,
                timeout=_REQUEST_SECONDS,
                hooks={"response": refuse_redirect},  # the session's own hook would read these megabytes too
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
