"""Why a GMS did not acknowledge: an exception of DataHub's emitter or of requests in words, without secrets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import requests

from kc_lineage_dagster.emit.delivery import REFUSED, cause_line, without_secrets
from kc_lineage_dagster.emit.gms_session import NotAGmsError, RedirectedError
from kc_lineage_dagster.http_deadline import TooLargeError
from kc_lineage_dagster.no_answer import Cause, no_answer
from kc_lineage_dagster.retry_after import retry_after

SERVER_ERROR = 500  # some releases of GMS answer this to a single proposal that they cannot store
_REJECTED = (400, 413, 422)  # a proposal of the batch is at fault: divide the batch to find it

# What to say of some causes of no answer, as the end of a sentence that begins with the address.
_SAID = {
    Cause.SLOW: "does not answer within its time limit",
    Cause.NOT_REACHED_IN_TIME: "cannot be reached within the time limit",
    Cause.CUT_OFF: "breaks the connection in the middle of its answer",
    Cause.DROPPED: "breaks the connection without an answer",
}
# What to look at in the others.
_ADVICE = {
    Cause.PROXY: "; is the proxy right (HTTP_PROXY, HTTPS_PROXY)?",
    Cause.NOT_LISTENING: "; is it running, and is this the port of the GMS (8080 by default)?",
    Cause.UNKNOWN_HOST: "; check the host's name in sink.config.server",
    Cause.NO_ROUTE: "; is the host of sink.config.server right, and is there a way to it from here?",
    Cause.UNKNOWN_AUTHORITY: "; name the authority's certificate in sink.config.ca_certificate_path",
    Cause.OTHER_HOST: "; is the host of sink.config.server one that the certificate names?",
    Cause.NO_TLS: "; does the GMS speak http rather than https?",
}
# What to look at when the GMS refuses the credentials, as the end of the sentence.
_REFUSED_ADVICE = {
    401: "; is sink.config.token right, and has it not expired?",
    403: "; may the owner of sink.config.token edit flows and jobs, or does DataHub take no writes?",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an attempt was not acknowledged.

    Args:
        cause: One line for people that equal refusals share.
        detail: The same with all that the GMS said, up to 2,000 characters.
        status: The HTTP status, None when there was no answer of a GMS.
        retry_after: Seconds that the GMS asked to wait for, None where it asked for none.
    """

    cause: str
    detail: str
    status: int | None = None
    retry_after: float | None = None

    @property
    def divisible(self) -> bool:
        """Whether single proposals may be at fault rather than DataHub as a whole."""
        return self.status in _REJECTED or self.status == SERVER_ERROR


def refusal_of(error: BaseException, shown: str, secrets: Sequence[str]) -> Refusal:
    """Return the refusal that an exception of DataHub's emitter or of requests stands for.

    Args:
        error: The exception.
        shown: The GMS's address without credentials.
        secrets: Texts that no message may hold, longest first.
    """
    response = error.response if isinstance(error, requests.HTTPError) else None
    if response is None:
        cause = cause_line(f"{shown} {_unreachable(error)}", secrets)
        return Refusal(cause, cause, REFUSED[0] if isinstance(error, RedirectedError) else None)
    status = response.status_code
    message = _message(response) if status in (*_REJECTED, SERVER_ERROR) else ""
    said = f"{shown} answers {status}{f': {message}' if message else _REFUSED_ADVICE.get(status, '')}"
    detail = without_secrets(said.replace("\n", " "), secrets)
    return Refusal(cause_line(said, secrets), detail[:2_000], status, retry_after(response.headers.get("Retry-After")))


def _unreachable(error: BaseException) -> str:
    """Return what an error without an HTTP status means, as the end of a sentence that begins with the address."""
    if isinstance(error, (NotAGmsError, TooLargeError)):
        return str(error)
    found = no_answer(error)
    if found.cause in _SAID:
        return _SAID[found.cause]
    return f"cannot be reached: {found.said or f'{type(error).__name__}: {error}'}{_ADVICE.get(found.cause, '')}"


def _message(response: requests.Response) -> str:
    try:
        answer = response.json()
    except ValueError:
        return ""
    return str(answer.get("message") or "") if isinstance(answer, dict) else ""
