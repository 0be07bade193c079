"""What every sink has in common: its methods, the report of what became of proposals, and messages without secrets."""

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

Acknowledged = Callable[[Sequence[Proposal]], None]  # a sink calls it with proposals that DataHub has taken

_CAUSE_LIMIT = 300  # characters
SECRET_MINIMUM = 6  # characters: to hide a shorter secret would black out ordinary words
_SECRET_KEY = re.compile(r"password|passphrase|secret|token|credential|jaas|auth|header|private", re.IGNORECASE)
# The statuses of a server that refuses credentials. Its message is not passed on: it may repeat what it was sent.
REFUSED = (401, 403)
_URN = re.compile(r"urn:li:[^\s'\"]+")


@dataclass(frozen=True, slots=True)
class SendReport:
    """What became of proposals. Only ``ok`` tells whether all went well.

    Args:
        sent: How many were acknowledged.
        failed: Those that were not, each with the reason.
        causes: Cause -> how often it came up. There may be a cause without a failed proposal, such as a sink that could
            not be closed.
    """

    sent: int = 0
    failed: tuple[tuple[Proposal, str], ...] = ()
    causes: Mapping[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether every proposal was acknowledged and nothing else went wrong."""
        return not self.failed and not self.causes

    def __add__(self, other: SendReport) -> SendReport:
        causes = Counter(self.causes)
        causes.update(other.causes)
        return SendReport(self.sent + other.sent, self.failed + other.failed, dict(causes))


class Sink(Protocol):
    """Where proposals go: a GMS, a file, a topic. Nothing is opened before the first call of a method."""

    def look(self, urns: Collection[str]) -> Seen:
        """Return which DataHub answers and which of ``urns`` it does not hold, for ``Receipts.reconcile``."""
        ...

    def check(self) -> str | None:
        """Return why nothing could be written to the sink, in one line; None when it could. Writes nothing."""
        ...

    def send(self, proposals: Sequence[Proposal], acknowledged: Acknowledged) -> SendReport:
        """Write proposals, and call ``acknowledged`` with those that DataHub took as soon as it has taken them.

        The report counts the proposals whose outcome is known by then; ``close`` reports the others. No exception of
        DataHub's comes out: errors are in the report.
        """
        ...

    def close(self) -> SendReport:
        """Wait for what is under way and release the sink. Proposals not acknowledged by then have failed."""
        ...


def failure(proposals: Iterable[Proposal], cause: str) -> SendReport:
    """Return the report of proposals that all failed for one cause. The cause counts even without any proposal."""
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


def cause_line(text: str, secrets: Iterable[str] = ()) -> str:
    """Return a cause of failure for people: the first line, without secrets and URNs, at most 300 characters.

    Without URNs the same cause is the same text for every proposal, and is counted as one.

    >>> cause_line("\\n  urn:li:tag:PII is unknown to us\\n  at Main.java")
    'urn:li:... is unknown to us'
    """
    text = without_secrets(text, secrets)
    line = next((part.strip() for part in text.splitlines() if part.strip()), "no reason given")
    line = _URN.sub("urn:li:...", line)
    return line if len(line) <= _CAUSE_LIMIT else line[: _CAUSE_LIMIT - 3] + "..."


def explain(error: BaseException, secrets: Iterable[str] = ()) -> str:
    """Return what an exception of a sink means, in one line for people without values of the configuration.

    ``secrets``: texts that the line may not hold.
    """
    if isinstance(error, ValidationError):
        return "; ".join(config_problems(error))
    if isinstance(error, KcLineageError):
        return cause_line(str(error), secrets)
    if isinstance(error, sqlite3.Error):  # DataHub Lite's
        advice = ": another program is using the file of DataHub Lite" if "locked" in str(error) else ""
        return cause_line(f"{error}{advice}", secrets)
    info = getattr(error, "info", None)  # DataHub's OperationalError has the answer of GMS there
    if isinstance(info, Mapping):
        if info.get("status") in REFUSED:
            return f"it answers {info['status']}; is sink.config.token right?"
        said = info.get("message") or getattr(error, "message", "")
        return cause_line(str(said), secrets)
    return cause_line(f"{type(error).__name__}: {error}", secrets)


def config_problems(error: ValidationError) -> list[str]:
    """Return what is wrong with a sink's configuration, a line per field (``sink.config.server: ...``), no values."""
    return [
        f"{'.'.join(('sink.config', *map(str, item['loc'])))}: {item['msg']}"
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def secrets_of(config: Any, secret: bool = False) -> frozenset[str]:
    """Return the texts of a sink's configuration that no message may hold: those under a key that names a secret.

    ``secret``: whether the key that ``config`` stands under names a secret already.

    >>> secrets_of({"server": "http://gms:8080", "extra_headers": {"X-Team": "data-platform"}})
    frozenset({'data-platform'})
    """
    if isinstance(config, Mapping):
        found = (secrets_of(value, secret or bool(_SECRET_KEY.search(str(key)))) for key, value in config.items())
        return frozenset().union(*found)
    if isinstance(config, list | tuple):
        return frozenset().union(*(secrets_of(value, secret) for value in config))
    return frozenset({config}) if secret and isinstance(config, str) and len(config) >= SECRET_MINIMUM else frozenset()


def sink_errors() -> tuple[type[BaseException], ...]:
    """Return the exceptions that DataHub's sinks and the libraries behind them raise, which have no common ancestor."""
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
    """Return a URL in the form that messages and receipts have: no user, password, query or trailing slash.

    >>> address("HTTPS://app:secret@GMS.example.com:8080/api/gms/?x=1")
    'https://gms.example.com:8080/api/gms'
    """
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2].lower()
    return urlunsplit((parts.scheme.lower(), host, parts.path.rstrip("/"), "", ""))
