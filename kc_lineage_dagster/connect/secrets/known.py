"""Find known secrets in a text in every spelling: encoded, escaped, in another case, cut short."""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

from kc_lineage_dagster.connect.secrets.cut import CUT_MARK
from kc_lineage_dagster.connect.secrets.keys import SECRET_TAILS
from kc_lineage_dagster.lineage import REDACTED
from kc_lineage_dagster.secret_spellings import spellings

_SHORTEST = 4  # characters of a secret that is searched for; a shorter one would be found in every text
_SHORTEST_ENCODED = 6  # bytes of a secret that is searched for in base64; words may hold a shorter one
_LONGEST_TORN = 1000  # characters before a cut that may be the beginning of a secret
_TORN_ELSEWHERE = 6  # characters that must match before an ellipsis which this project did not write
_SHORTENED = 12  # characters of a secret whose beginning alone is cut as well
_MARK = re.compile(rf"{re.escape(CUT_MARK)}|(?<=\S)(?:\.\.\.|…)|(?<=\S)\Z")
_BASE64 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Known:
    """Known secrets, prepared for the searches.

    Args:
        spellings: Every spelling of every secret, the longest first.
        lower: The same in lower case, in the same order.
        encoded: Base64 of each secret without its edges, which depend on the neighbouring bytes.
        beginnings: (first part, whole) of each long secret, in lower case.
        plain: The secrets as they are, to find one that an ellipsis cuts off.
    """

    spellings: tuple[str, ...]
    lower: tuple[str, ...]
    encoded: tuple[str, ...]
    beginnings: tuple[tuple[str, str], ...]
    plain: tuple[str, ...]


def without_known(text: str, secrets: Collection[str]) -> str:
    """Return a text with every spelling of the secrets (of four characters and more) replaced by ``<redacted>``.

    Idempotent.
    """
    known = _known(frozenset(secrets))
    if known is None:
        return text
    spans = list(_spelled(text, known))
    spans += _encoded(text, known)
    spans += _shortened(text, known)
    spans += _torn(text, known)
    return _cut(text, spans) if spans else text


def _cut(text: str, spans: list[Span]) -> str:
    """Return the text with each span replaced by ``<redacted>``; overlapping spans count as one."""
    parts, at = [], 0
    for start, stop in sorted(spans):
        if start >= at:
            parts += [text[at:start], REDACTED]
        at = max(at, stop)
    return "".join(parts) + text[at:]


@lru_cache(maxsize=8)
def _known(secrets: frozenset[str]) -> _Known | None:
    # the word "password" as a password is not cut: it gives nothing away, and shapes such as password=... need the word
    secrets = frozenset(secret for secret in secrets if (secret.strip().lower(),) not in SECRET_TAILS)
    forms = {form for secret in secrets for form in _spellings(secret)}
    if not forms:
        return None
    ordered = sorted(forms, key=lambda form: (-len(form), form))
    cores = sorted({core for secret in secrets for core in _base64_cores(secret)})
    plain = sorted(
        {one for one in map(str.strip, secrets) if len(one) >= _TORN_ELSEWHERE and one.lower() not in REDACTED}
    )
    long = [one for one in plain if len(one) >= _SHORTENED and not any(letter.isspace() for letter in one)]
    return _Known(
        spellings=tuple(ordered),
        lower=tuple(map(str.lower, ordered)),
        encoded=tuple(cores),
        beginnings=tuple((one[: max(8, len(one) * 3 // 5)].lower(), one.lower()) for one in long),
        plain=tuple(plain),
    )


def _spellings(secret: str) -> Iterator[str]:
    """Yield the spellings of a secret that are long enough not to be found in other words."""
    return (form for form in spellings(secret) if len(form) >= _SHORTEST and form.lower() not in REDACTED)


def _base64_cores(secret: str) -> Iterator[str]:
    """Yield base64 of a secret for its three possible offsets, without the letters that neighbouring bytes change."""
    for text in {secret, secret.strip()}:
        raw = text.encode("utf-8", "replace")
        if len(raw) < _SHORTEST_ENCODED:
            continue
        for offset, skip in ((0, 0), (1, 2), (2, 3)):
            filled = b"\0" * offset + raw
            core = base64.b64encode(filled).decode()[skip : len(filled) * 8 // 6]
            if len(core) >= 6:
                yield from {core, core.replace("+", "-").replace("/", "_")}


def _spelled(text: str, known: _Known) -> Iterator[Span]:
    """Yield the spans of all spellings, in upper or lower case.

    Compiling a pattern of all spellings takes ten times as long as a plain search for each of them, so the pattern is
    made of the spellings that the text holds. Text beyond ASCII skips the plain search, because there a letter may have
    several cases (``s`` and ``\u017f``) that only patterns know.
    """
    present: Collection[str] = known.spellings
    if text.isascii():
        lower = text.lower()
        both = zip(known.spellings, known.lower, strict=True)
        present = [form for form, small in both if small in lower or not form.isascii()]
    if not present:
        return
    pattern = re.compile("|".join(map(re.escape, (REDACTED, *present))), re.IGNORECASE)
    yield from (match.span() for match in pattern.finditer(text) if match[0] != REDACTED)


def _encoded(text: str, known: _Known) -> Iterator[Span]:
    """Yield the spans of whole base64 runs around a secret: letters beside the core encode the secret's ends."""
    present = [core for core in known.encoded if core in text]
    for match in re.finditer("|".join(map(re.escape, present)), text) if present else ():
        start, stop = match.span()
        while start and text[start - 1] in _BASE64:
            start -= 1
        while stop < len(text) and text[stop] in _BASE64:
            stop += 1
        yield start, stop


def _shortened(text: str, known: _Known) -> Iterator[Span]:
    """Yield the spans that hold the first three fifths of a long secret (8 characters at least), whatever follows."""
    lower = text.lower()
    if len(lower) != len(text):  # a letter has a longer lower case, so positions differ from those of the text
        return
    for beginning, whole in known.beginnings:
        at = lower.find(beginning)
        while at >= 0:
            length = len(beginning)
            while length < len(whole) and lower[at + length : at + length + 1] == whole[length]:
                length += 1
            yield at, at + length
            at = lower.find(beginning, at + length)


def _torn(text: str, known: _Known) -> Iterator[Span]:
    """Yield the spans where a secret begins and a message was cut before the secret's end."""
    for mark in _MARK.finditer(text):
        before = text[max(0, mark.start() - _LONGEST_TORN) : mark.start()]
        ours = mark[0] == CUT_MARK
        least = _SHORTEST if ours else _TORN_ELSEWHERE
        forms = known.spellings if ours else known.plain
        torn = max((_torn_length(before, form, least) for form in forms), default=0)
        if torn:
            yield mark.start() - torn, mark.start()


def _torn_length(text: str, secret: str, least: int) -> int:
    """Return how many first characters of ``secret`` end ``text``; 0 when these are fewer than ``least``."""
    lengths = range(min(len(secret), len(text)), least - 1, -1)
    return next((length for length in lengths if text.endswith(secret[:length])), 0)
