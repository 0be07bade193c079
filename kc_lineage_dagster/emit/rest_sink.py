"""The sink `datahub-rest`: send proposals to a GMS by DataHub's own emitter, each batch acknowledged before the next.

The recipe's settings are honoured (token, headers, TLS, time limits, ``retry_max_times``, ``retry_status_codes``,
``endpoint``, ``max_per_batch``). Writes are always synchronous, because an asynchronous answer only means "queued".
Retries are counted here and not inside the HTTP session, so that one budget of time (``patience``) holds for the whole
run.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import requests

from kc_lineage_dagster.emit.aspects import Proposal
from kc_lineage_dagster.emit.delivery import (
    REFUSED,
    SECRET_MINIMUM,
    Acknowledged,
    SendReport,
    address,
    sink_errors,
)
from kc_lineage_dagster.emit.gms_session import guard, header_value, named_in
from kc_lineage_dagster.emit.patience import Patience
from kc_lineage_dagster.emit.read_back import ReadBack
from kc_lineage_dagster.emit.refusals import SERVER_ERROR, Refusal, refusal_of
from kc_lineage_dagster.emit.verify import Verifier
from kc_lineage_dagster.emit.which_datahub import Seen, look_at_gms
from kc_lineage_dagster.errors import SinkError

if TYPE_CHECKING:
    from datahub.emitter.rest_emitter import DataHubRestEmitter
    from datahub.ingestion.sink.datahub_rest import DatahubRestSinkConfig

_log = logging.getLogger("kc_lineage_dagster.emit")

BATCH_PROPOSALS = 200
BATCH_CHARACTERS = 4_000_000  # of aspects in one request, of which GMS takes 16 MB

_RETRY_STATUSES = (429, 500, 502, 503, 504)  # DataHub: rest_emitter._DEFAULT_RETRY_STATUS_CODES
_RETRY_TIMES = 4  # DataHub: DATAHUB_REST_EMITTER_DEFAULT_RETRY_MAX_TIMES
_NOT_FOUND = 404
_HOPELESS = 50  # after so many consecutive rejections, in whole batches, stop: the rest would be rejected too


class RestSink:
    """A GMS as a place for proposals; see ``delivery.Sink`` for the methods that every sink has.

    Attributes:
        emitter: DataHub's emitter with the recipe's settings, from which clients for reading are made.
        server: The GMS's address, which may hold credentials.
        secrets: Texts that no message may hold, longest first.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        *,
        run_id: str,
        pipeline_name: str | None = None,
        patience: Patience | None = None,
    ) -> None:
        """Make the emitter, without any request.

        Args:
            config: The recipe's ``sink.config``.
            run_id: Stamped on every proposal, for ``datahub ingest rollback --run-id``.
            pipeline_name: The recipe's, stamped beside it; None where it has none.
            patience: How long a GMS that does not answer is waited for; None for a minute in all.

        Raises:
            SinkError: For a server, token or header with characters that HTTP forbids.
            pydantic.ValidationError: For other wrong settings; DataHub's own errors besides.
        """
        from datahub.ingestion.sink.datahub_rest import DatahubRestSink, DatahubRestSinkConfig

        # Without this DataHub looks for the caller's name, for its User-Agent, by running `ps` for each parent process.
        os.environ.setdefault("DATAHUB_CALLER", "kc-lineage-dagster")
        settings = DatahubRestSinkConfig.model_validate(dict(config))
        headers = {name: header_value(value, f"sink.config.extra_headers.{name}") for name, value in _headers(settings)}
        token = header_value(settings.token, "sink.config.token") if settings.token else settings.token
        server = settings.server.strip()
        if any(letter.isspace() or not letter.isprintable() for letter in server):
            raise SinkError(
                "sink.config.server holds white space or a control character; does the variable hold more than one"
                " line?"
            )
        settings = settings.model_copy(update={"server": server, "token": token, "extra_headers": headers or None})
        once = settings.model_copy(update={"retry_max_times": 0})
        self.emitter: DataHubRestEmitter = DatahubRestSink.make_emitter(once)
        self._session: requests.Session = self.emitter._session
        guard(self._session, keep_alive=bool(settings.tcp_keepalive))
        self._session.hooks["response"].append(self._note)
        self._named: set[str] | None = None  # the entities that the answers to the last batch name
        self.server: str = self.emitter._gms_server
        self._shown = address(self.server)
        secrets = _secrets(settings.token, settings.extra_headers, self.server)
        self.secrets = tuple(sorted(secrets, key=len, reverse=True))
        self._retries = _RETRY_TIMES if settings.retry_max_times is None else settings.retry_max_times
        codes = settings.retry_status_codes
        self._retry_on = frozenset(_RETRY_STATUSES if codes is None else codes)
        given = "max_per_batch" in settings.model_fields_set
        self._batch = min(BATCH_PROPOSALS, settings.max_per_batch) if given else BATCH_PROPOSALS
        self._run = (run_id, pipeline_name)
        self._patience = patience or Patience()
        self._checked = False
        self._divides_500 = False
        self._rejected_in_a_row = 0
        self._last: Refusal | None = None

    def look(self, urns: Collection[str]) -> Seen:
        """See ``Sink``."""
        return look_at_gms(self._session, self.server, urns)

    def read_back(self) -> ReadBack:
        """Return a reader of what this GMS holds, for one run."""
        return ReadBack(self._session, self.server)

    def send(self, proposals: Sequence[Proposal], acknowledged: Acknowledged) -> SendReport:
        """See ``Sink``."""
        failed: list[tuple[Proposal, Refusal]] = []
        if proposals and not self._checked:
            refusal = self._persist(self._ask_config)
            if refusal is not None:
                self._patience.exhaust()
            self._checked = refusal is None
        for batch in _batches(proposals, self._batch):
            rejected = self._deliver(batch, acknowledged)
            failed += rejected
            in_vain = len(rejected) == len(batch) and rejected[-1][1].divisible
            self._rejected_in_a_row = self._rejected_in_a_row + len(batch) if in_vain else 0
            if self._rejected_in_a_row >= _HOPELESS:
                self._patience.exhaust()
        causes = Counter(refusal.cause for _, refusal in failed)
        return SendReport(
            sent=len(proposals) - len(failed),
            failed=tuple((proposal, refusal.detail) for proposal, refusal in failed),
            causes=dict(causes),
        )

    def check(self) -> str | None:
        """Return why the server does not answer, is no GMS or refuses the credentials, in one line; else None.

        Writes nothing.
        """
        refusal = self._ask_config() or self._ask_aspect()
        return refusal.cause if refusal else None

    def close(self) -> SendReport:
        """See ``Sink``; the report is empty, because every batch was decided when it was sent."""
        self.emitter.close()
        return SendReport()

    def _deliver(self, batch: Sequence[Proposal], acknowledged: Acknowledged) -> list[tuple[Proposal, Refusal]]:
        """Send a batch and return the proposals that were not acknowledged, each with the reason.

        A batch that is rejected is divided in halves until the proposals at fault are alone.
        """
        started = self._patience.clock()
        refusal = self._persist(lambda: self._emit(batch))
        became, took = refusal.cause if refusal else "acknowledged", self._patience.clock() - started
        _log.debug("%s: %d proposals: %s, after %.3f s", self._shown, len(batch), became, took)
        if refusal is None:
            lost = self._not_taken(batch)
            acknowledged([one for one in batch if one not in lost] if lost else batch)
            cause = f"{self._shown} answers 200, but does not hold what it was sent (does it know this kind of aspect?)"
            return [(one, Refusal(cause, cause)) for one in batch if one in lost]
        if refusal.status == SERVER_ERROR:
            self._divides_500 = True
        if len(batch) == 1 or not refusal.divisible or self._patience.exhausted:
            return [(proposal, refusal) for proposal in batch]
        middle = len(batch) // 2
        return self._deliver(batch[:middle], acknowledged) + self._deliver(batch[middle:], acknowledged)

    def _not_taken(self, batch: Sequence[Proposal]) -> Collection[Proposal]:
        """Return the proposals of an acknowledged batch that the GMS does not hold although it answered 200.

        A GMS leaves out of OpenAPI's answer what it did not store, and so it may do with what it held already: what
        the answer does not name is read back. A GMS that cannot be asked is believed.
        """
        if self._named is None:
            return ()
        unnamed = [one for one in batch if one.urn not in self._named]
        return {one for one, _ in Verifier(self.read_back()).compared(unnamed).differing} if unnamed else ()

    def _note(self, response: requests.Response, *_: Any, **__: Any) -> None:
        """Note which entities the answer to a write names; requests calls this hook after those of ``guard``."""
        named = named_in(response)
        if named is not None:
            self._named = (self._named or set()) | named

    def _persist(self, attempt: Callable[[], Refusal | None]) -> Refusal | None:
        """Try until acknowledged, rejected, out of retries or out of patience.

        Return the refusal that ended the tries, None after an acknowledgement.
        """
        refusal = self._last
        for number in range(self._retries + 1):
            if self._patience.exhausted and refusal is not None:
                break
            started = self._patience.clock()
            refusal = attempt()
            if refusal is None:
                self._patience.relieve()
                return None
            self._last = refusal
            if refusal.status in REFUSED:
                self._patience.exhaust()
            if not self._worth_retrying(refusal):
                break
            self._patience.charge(started)
            if number == self._retries or not self._patience.wait(number, refusal.retry_after, refusal.cause):
                break
        return refusal

    def _worth_retrying(self, refusal: Refusal) -> bool:
        """Tell whether the same request may succeed later.

        Once a 500 has outlasted its retries, further ones are taken for the fault of a proposal and not retried.
        """
        if refusal.status == SERVER_ERROR and self._divides_500:
            return False
        return refusal.status is None or refusal.status in self._retry_on

    def _emit(self, batch: Sequence[Proposal]) -> Refusal | None:
        """Send a batch once; return the refusal, None after an acknowledgement."""
        from datahub.emitter.rest_emitter import EmitMode

        from kc_lineage_dagster.emit.mcps import stamp, to_mcps

        self._named = None
        try:
            self.emitter.emit_mcps(list(to_mcps(batch, stamp(*self._run))), emit_mode=EmitMode.SYNC_PRIMARY)
        except sink_errors() as error:
            return refusal_of(error.__cause__ or error, self._shown, self.secrets)
        return None

    def _ask_config(self) -> Refusal | None:
        """Return a refusal unless a GMS answers: another service may take proposals with 200 and lose them."""
        try:
            answer = self._session.get(f"{self.server}/config")
            answer.raise_for_status()
            config = answer.json()
        except requests.RequestException as error:
            return refusal_of(error, self._shown, self.secrets)
        if isinstance(config, dict) and str(config.get("noCode")).lower() == "true":
            return None
        cause = f"{self._shown} answers, but is not a DataHub GMS (its frontend? then add /api/gms)"
        return Refusal(cause, cause, status=REFUSED[0])

    def _ask_aspect(self) -> Refusal | None:
        """Return a refusal unless the credentials are accepted: /config is open to everybody, aspects are not."""
        try:
            answer = self._session.get(f"{self.server}/aspects/urn%3Ali%3Acorpuser%3Adatahub?aspect=status&version=0")
            if answer.status_code != _NOT_FOUND:
                answer.raise_for_status()
        except requests.RequestException as error:
            return refusal_of(error, self._shown, self.secrets)
        return None


def _headers(settings: DatahubRestSinkConfig) -> Iterator[tuple[str, str]]:
    for name, value in (settings.extra_headers or {}).items():
        yield header_value(name, "the name of one of sink.config.extra_headers"), value


def _secrets(token: str | None, headers: Mapping[str, str] | None, server: str) -> set[str]:
    """Return the texts that no message may hold: token, headers and credentials of the address, whole and by word."""
    values = [token or "", *(headers or {}).values(), server.rpartition("@")[0].rpartition("//")[2]]
    words = [word for value in values for word in (value, *value.split())]
    return {word for word in words if len(word) >= SECRET_MINIMUM}


def _batches(proposals: Sequence[Proposal], limit: int) -> Iterator[Sequence[Proposal]]:
    """Yield the proposals in batches of at most ``limit``, and of ``BATCH_CHARACTERS`` unless one alone has more."""
    start, characters = 0, 0
    for at, proposal in enumerate(proposals):
        if at > start and (at - start >= limit or characters + proposal.size > BATCH_CHARACTERS):
            yield proposals[start:at]
            start, characters = at, 0
        characters += proposal.size
    if start < len(proposals):
        yield proposals[start:]
