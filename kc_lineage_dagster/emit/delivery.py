"""What every sink has in common: the protocol, its report, and what its messages may say."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

from pydantic import ValidationError

from kc_lineage_dagster.emit.aspects import Proposal
from kc_lineage_dagster.emit.which_datahub import Seen
from kc_lineage_dagster.errors import KcLineageError
from kc_lineage_dagster.secret_spellings import spellings

Acknowledged = Callable[[Sequence[Proposal]], None]

_CAUSE_LIMIT = 300  # characters
SECRET_MINIMUM = 6  # characters: a shorter one would black out ordinary words
_SECRET_KEY = re.compile(r"password|passphrase|secret|token|credential|jaas|auth|header|private", re.IGNORECASE)
# a server that refuses credentials may repeat whatever it was sent: its words are not passed on
REFUSED = (401, 403)
_URN = re.compile(r"urn:li:[^\s'\"]+")


@dataclass(frozen=True, slots=True)
class SendReport:
    """What became of proposals: how many were acknowledged, which were not and why, and how often each cause.

    ``causes`` may hold a line without a failed proposal (a sink that could not be closed): ``ok`` is the
    judge.
    """

    sent: int = 0
    failed: tuple[tuple[Proposal, str], ...] = ()
    causes: Mapping[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether everything was acknowledged and nothing else went wrong."""
        return not self.failed and not self.causes

    def __add__(self, other: SendReport) -> SendReport:
        causes = Counter(self.causes)
        causes.update(other.causes)
        return SendReport(self.sent + other.sent, self.failed + other.failed, dict(causes))


class Sink(Protocol):
    """Where proposals go. Nothing is opened before the first ``send`` (or ``look``)."""

    def look(self, urns: Collection[str]) -> Seen:
        """Which DataHub it is, and which of ``urns`` it does not hold; see ``Receipts.reconcile``."""
        ...

    def check(self) -> str | None:
        """Return why nothing could be written there, in one line; None when it could. Writes nothing."""
        ...

    def send(self, proposals: Sequence[Proposal], acknowledged: Acknowledged) -> SendReport:
        """Write proposals; ``acknowledged`` is called with those that DataHub took, as soon as it has.

        The report counts what is decided when it returns; ``close`` reports the rest. Raises nothing of
        DataHub's: what went wrong is in the report.
        """
        ...

    def close(self) -> SendReport:
        """Drain and release; what is not acknowledged by now has failed."""
        ...


def failure(proposals: Iterable[Proposal], cause: str) -> SendReport:
    """The report of proposals that failed for one cause."""
    failed = tuple((proposal, cause) for proposal in proposals)
    return SendReport(failed=failed, causes={cause: max(1, len(failed))})


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """Return a text with ``***`` for each secret of ``SECRET_MINIMUM`` characters, however an answer spells it.

    >>> without_secrets('{"got": "Basic caf\\\\u00e9s"}', ["cafés!", "cafés"])
    '{"got": "Basic ***"}'
    """
    forms = {form for secret in secrets for form in spellings(secret) if len(form) >= SECRET_MINIMUM}
    if not forms:
        return text
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    return re.sub("|".join(map(re.escape, longest_first)), "***", text, flags=re.IGNORECASE)


def one_line(text: str, secrets: Iterable[str] = ()) -> str:
    """A cause for people: one line, no URN (so that equal causes count as one), no secret."""
    text = without_secrets(text, secrets)
    line = next((part.strip() for part in text.splitlines() if part.strip()), "no reason given")
    line = _URN.sub("urn:li:...", line)
    return line if len(line) <= _CAUSE_LIMIT else line[: _CAUSE_LIMIT - 3] + "..."


def explain(error: BaseException, secrets: Iterable[str] = ()) -> str:
    """An exception of a sink as a cause: its message without the values of the configuration."""
    if isinstance(error, ValidationError):
        return "; ".join(config_problems(error))
    if isinstance(error, KcLineageError):
        return one_line(str(error), secrets)
    info = getattr(error, "info", None)  # of DataHub's OperationalError
    if isinstance(info, Mapping):
        if info.get("status") in REFUSED:
            return f"it answers {info['status']}; is sink.config.token right?"
        said = info.get("message") or getattr(error, "message", "")
        return one_line(str(said), secrets)
    return one_line(f"{type(error).__name__}: {error}", secrets)


def config_problems(error: ValidationError) -> list[str]:
    """What is wrong with a configuration, by field and without the values: ``sink.config.server: required``."""
    return [
        f"{'.'.join(('sink.config', *map(str, item['loc'])))}: {item['msg']}"
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def secrets_of(config: Any, secret: bool = False) -> frozenset[str]:
    """The texts of a sink's configuration that no message may hold: those under a key that says so."""
    if isinstance(config, Mapping):
        found = (secrets_of(value, secret or bool(_SECRET_KEY.search(str(key)))) for key, value in config.items())
        return frozenset().union(*found)
    if isinstance(config, list | tuple):
        return frozenset().union(*(secrets_of(value, secret) for value in config))
    return frozenset({config}) if secret and isinstance(config, str) and len(config) >= SECRET_MINIMUM else frozenset()


def sink_errors() -> tuple[type[BaseException], ...]:
    """What DataHub's sinks raise; the third parties behind them have no common ancestor."""
    from datahub.cli.config_utils import MissingConfigError
    from datahub.configuration.common import MetaError

    return (
        MetaError,
        MissingConfigError,
        KcLineageError,
        sqlite3.Error,
        OSError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        RuntimeError,
        AssertionError,
        ImportError,
    )


def address(url: str) -> str:
    """A URL without user, password, query and trailing slash."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2].lower()
    return urlunsplit((parts.scheme.lower(), host, parts.path.rstrip("/"), "", ""))
