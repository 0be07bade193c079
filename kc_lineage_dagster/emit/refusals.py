"""Why a GMS did not acknowledge: an exception of DataHub's emitter or of requests in words, without secrets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import requests

from kc_lineage_dagster.emit.delivery import REFUSED, cause_line, without_secrets
from kc_lineage_dagster.emit.gms_session import NotAGmsError, RedirectedError
from kc_lineage_dagster.http_deadline import TooLargeError
from kc_lineage_dagster.retry_after import retry_after

SERVER_ERROR = 500  # some releases of GMS answer this to a single proposal that they cannot store
_REJECTED = (400, 413, 422)  # a proposal of the batch is at fault: divide the batch to find it

# Words in the HTTP library's errors -> their meaning for people. The library's exception types tell less: without
# retries of its own it raises one type for all of these.
_SIGNS = {
    "Read timed out": "does not answer within its time limit",
    "Connection aborted": "breaks the connection without an answer",
    "IncompleteRead": "breaks the connection in the middle of its answer",
    "ConnectTimeout": "cannot be reached within the time limit",
}
# Words of the operating system and of TLS -> the advice that follows them.
_ADVICE = {
    "Connection refused": "is it running, and is this the port of the GMS (8080 by default)?",
    "Name or service not known": "check the host's name in sink.config.server",
    "CERTIFICATE_VERIFY_FAILED": "name the authority's certificate in sink.config.ca_certificate_path",
}
# What to look at when the GMS refuses the credentials, as the end of the sentence.
_REFUSED_ADVICE = {
    401: "; is sink.config.token right, and has it not expired?",
    403: "; may the owner of sink.config.token edit flows and jobs, or does DataHub take no writes?",
}
_ERRNO = re.compile(r"\[Errno -?\d+\] ([A-Za-z ,]+)")


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
    text = f"{type(error).__name__}: {error}"
    for sign, meaning in _SIGNS.items():
        if sign in text:
            return meaning
    number = _ERRNO.search(text)
    said = number[1].strip() if number else text
    advice = next((f"; {advice}" for words, advice in _ADVICE.items() if words in said), "")
    return f"cannot be reached: {said}{advice}"


def _message(response: requests.Response) -> str:
    try:
        answer = response.json()
    except ValueError:
        return ""
    return str(answer.get("message") or "") if isinstance(answer, dict) else ""
