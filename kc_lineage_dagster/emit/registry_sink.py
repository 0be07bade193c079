"""Every sink of DataHub's registry except `datahub-rest`: `datahub-lite`, `file`, `console`, `datahub-kafka`, plugins.

These sinks report each record by a callback. A record whose callback never comes has failed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from typing import Any

from kc_lineage_dagster.emit.aspects import Proposal
from kc_lineage_dagster.emit.delivery import (
    Acknowledged,
    SendReport,
    explain,
    failure,
    secrets_of,
    sink_errors,
)
from kc_lineage_dagster.emit.local_sinks import lite_config, moved_to, sink_context, unindexed
from kc_lineage_dagster.emit.which_datahub import Seen, look_at_lite
from kc_lineage_dagster.errors import SinkError

_SETTLE_EVERY = 200  # records between two looks at the callbacks
_HOPELESS = 50  # after so many consecutive failures, stop: the sink is broken, not the records
_DECIDED_AT_CLOSING = frozenset({"file"})  # reports success when a record is in memory, and writes when it is closed

_Answers = SimpleQueue[tuple[int, str | None]]


@dataclass(frozen=True, slots=True)
class _Callback:
    """The callback for one record (``datahub.ingestion.api.sink.WriteCallback``); any thread may call it.

    Args:
        number: The record's number in the order of writing.
        answers: Where (number, cause of the failure or None) goes.
        secrets: Texts that a cause may not hold.
    """

    number: int
    answers: _Answers
    secrets: frozenset[str]

    def on_success(self, record_envelope: Any, success_metadata: dict[str, Any]) -> None:
        self.answers.put((self.number, None))

    def on_failure(
        self, record_envelope: Any, failure_exception: BaseException, failure_metadata: dict[str, Any]
    ) -> None:
        self.answers.put((self.number, explain(failure_exception, self.secrets)))


class RegistrySink:
    """A sink of DataHub's registry, opened when the first record is sent; see ``delivery.Sink``."""

    def __init__(
        self, sink_type: str, config: Mapping[str, Any], *, run_id: str, pipeline_name: str | None = None
    ) -> None:
        """Take what the sink is opened with later.

        Args:
            sink_type: A name of DataHub's registry, or the path of a class.
            config: With absolute paths and validated, as ``sinks.open_sink`` hands it over.
            run_id: Stamped on every proposal.
            pipeline_name: The recipe's, stamped beside it; None where it has none.
        """
        self._type = sink_type
        self._config = lite_config(config) if sink_type == "datahub-lite" else dict(config)
        self._secrets = secrets_of(config)
        self._run = (run_id, pipeline_name)
        self._target: Any = None
        self._stack = ExitStack()
        self._answers: _Answers = SimpleQueue()
        self._waiting: dict[int, tuple[Proposal, Acknowledged]] = {}
        self._sent = 0  # how many records were handed over: the number of the last one
        self._failures_in_a_row = 0
        self._interrupted = False

    def look(self, urns: Collection[str]) -> Seen:
        """See ``Sink``; only a DataHub Lite on SQLite can be looked at, of other sinks nothing is known."""
        if self._type == "datahub-lite" and self._config["type"] == "sqlite":
            return look_at_lite(Path(self._config["config"]["file"]), urns)
        return Seen()

    def check(self) -> str | None:
        """Return why the sink cannot be opened, in one line; None when it can be.

        A sink that writes to a local file is opened on a temporary one, so that the user's file stays as it is.
        """
        try:
            with TemporaryDirectory(prefix="kc-lineage-") as folder:
                trial = RegistrySink(self._type, moved_to(self._type, self._config, Path(folder)), run_id="check")
                problem = trial._guarded(trial._open)
                return problem or next(iter(trial.close().causes), None)
        except OSError as error:  # no folder for temporary files, or no room there
            return explain(error, self._secrets)

    def send(self, proposals: Sequence[Proposal], acknowledged: Acknowledged) -> SendReport:
        """See ``Sink``. Records of the file sink count when it is closed: only then they are on disk."""
        if not proposals and not self._needs_opening():
            return SendReport()
        problem = self._guarded(self._open) if self._target is None else None
        if problem:
            return failure(proposals, problem)
        self._interrupted = True
        report = self._send_parts(proposals, acknowledged)
        self._interrupted = False
        return report

    def close(self) -> SendReport:
        """See ``Sink``."""
        if self._target is None:
            return SendReport()
        problem = self._guarded(self._shut)
        self._target = None
        report = SendReport() if problem and self._type in _DECIDED_AT_CLOSING else self._settle()
        rest = [proposal for proposal, _ in self._waiting.values()]
        self._waiting.clear()
        if rest or problem:
            report += failure(rest, problem or f"the sink {self._type} never acknowledged it")
        return report

    def _send_parts(self, proposals: Sequence[Proposal], acknowledged: Acknowledged) -> SendReport:
        """Write the proposals part by part, with a look at the callbacks after each part."""
        report = SendReport()
        for start in range(0, len(proposals), _SETTLE_EVERY):
            for proposal in proposals[start : start + _SETTLE_EVERY]:
                self._sent += 1
                self._waiting[self._sent] = (proposal, acknowledged)
                problem = self._guarded(partial(self._write, proposal))
                if problem:
                    self._answers.put((self._sent, problem))
            report += self._settle_if_decided()
            if self._failures_in_a_row >= _HOPELESS:
                problem = max(report.causes, key=lambda cause: report.causes[cause])
                return report + failure(proposals[start + _SETTLE_EVERY :], problem)
        problem = self._guarded(getattr(self._target, "flush", lambda: None))
        return report + self._settle_if_decided() + (failure((), problem) if problem else SendReport())

    def _needs_opening(self) -> bool:
        """Tell whether the sink must be opened although there is nothing to send.

        A file is written even when it is empty; a DataHub Lite whose index was left incomplete gets it completed.
        """
        if self._type == "datahub-lite":
            return unindexed(Path(self._config["config"]["file"])).exists()
        return self._type == "file" and self._target is None

    def _open(self) -> None:
        """Make DataHub's sink inside its context on the local disk, if it has one (``local_sinks.sink_context``)."""
        from datahub.ingestion.api.common import PipelineContext
        from datahub.ingestion.sink.sink_registry import sink_registry

        run_id, pipeline_name = self._run
        with ExitStack() as stack:
            config = stack.enter_context(sink_context(self._type, self._config))
            context = PipelineContext(run_id=run_id, pipeline_name=pipeline_name)
            self._target = sink_registry.get(self._type).create(config, context)
            self._stack = stack.pop_all()

    def _write(self, proposal: Proposal) -> None:
        from datahub.ingestion.api.common import RecordEnvelope

        from kc_lineage_dagster.emit.mcps import stamp, to_wrapper

        envelope = RecordEnvelope(
            to_wrapper(proposal, stamp(*self._run)),
            metadata={"workunit_id": f"{proposal.urn}-{proposal.aspect_name}"},
        )
        callback = _Callback(self._sent, self._answers, self._secrets)
        self._target.write_record_async(envelope, callback)

    def _shut(self) -> None:
        """Close DataHub's sink; raise after an interrupted emission, so that a part of a file replaces no whole one."""
        with self._stack:
            self._target.close()
            if self._interrupted:
                raise SinkError("the emission was interrupted; run the job again")

    def _settle_if_decided(self) -> SendReport:
        return SendReport() if self._type in _DECIDED_AT_CLOSING else self._settle()

    def _settle(self) -> SendReport:
        """Acknowledge and count the records whose callbacks have come since the last time."""
        taken: dict[Acknowledged, list[Proposal]] = {}
        failed: list[tuple[Proposal, str]] = []
        while True:
            try:
                number, cause = self._answers.get_nowait()
            except Empty:
                break
            if number not in self._waiting:
                continue  # a sink called back twice for one record
            proposal, acknowledged = self._waiting.pop(number)
            self._failures_in_a_row = 0 if cause is None else self._failures_in_a_row + 1
            if cause is None:
                taken.setdefault(acknowledged, []).append(proposal)
            else:
                failed.append((proposal, cause))
        for acknowledged, proposals in taken.items():
            acknowledged(proposals)
        sent = sum(len(proposals) for proposals in taken.values())
        return SendReport(sent, tuple(failed), dict(Counter(cause for _, cause in failed)))

    def _guarded(self, action: Callable[[], object]) -> str | None:
        """Run an action of the sink; return what it raised as one line for people, None when it raised nothing."""
        try:
            action()
        except sink_errors() as error:
            return explain(error, self._secrets)
        return None
