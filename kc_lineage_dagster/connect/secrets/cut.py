"""Replace one secret and remember it, so that other texts about the same connector can be searched for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from kc_lineage_dagster.lineage import REDACTED, WITHHELD

CUT_MARK = "[...]"  # ends a message that was shortened, perhaps in the middle of a secret
Secrets = set[str]

_REFERENCE = re.compile(r"\$\{[^{}]*\}")
_PUNCTUATION = frozenset(" :/,;@|\"'=&")


def cut(secret: str, found: Secrets) -> str:
    """Return ``<redacted>``, and add the secret to ``found``. A harmless value is returned unchanged (see below)."""
    if is_harmless(secret):
        return secret
    found.add(secret)
    if "%" in secret:
        found.add(unquote(secret))
    return REDACTED


def is_harmless(secret: str) -> bool:
    """Tell whether a value in the place of a secret holds none: empty, only ``${...}`` references, or already cut."""
    rest = _REFERENCE.sub("", secret).replace(REDACTED, "").replace(WITHHELD, "")
    return not rest or (rest != secret and _PUNCTUATION.issuperset(rest))


def cut_group(pattern: re.Pattern[str]) -> Callable[[str, Secrets], str]:
    """Return a scan for ``pattern``: a function that takes a text and the secrets found so far, and returns the text.

    The secret is the group of the pattern that took part in the match; of several alternatives only one may.
    """

    def scan(text: str, found: Secrets) -> str:
        def replacement(match: re.Match[str]) -> str:
            group, start = match.lastindex or 0, match.start()
            before, after = match[0][: match.start(group) - start], match[0][match.end(group) - start :]
            return before + cut(match[group], found) + after

        return pattern.sub(replacement, text)

    return scan
