"""Cutting one secret: what may stand in its place, and remembering it for the texts that may repeat it."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from kc_lineage_dagster.lineage import REDACTED, WITHHELD

CUT_MARK = "[...]"  # where a message was cut for its length, perhaps in the middle of a secret
Found = set[str]

_REFERENCE = re.compile(r"\$\{[^{}]*\}")
_PUNCTUATION = frozenset(" :/,;@|\"'=&")


def cut(secret: str, found: Found) -> str:
    """Return what may stand in place of ``secret``: itself when it is empty or only ``${...}`` references."""
    if is_harmless(secret):
        return secret
    found.add(secret)
    if "%" in secret:
        found.add(unquote(secret))
    return REDACTED


def is_harmless(secret: str) -> bool:
    """Tell whether a value in a secret's place holds none: empty, a reference, or cut before."""
    rest = _REFERENCE.sub("", secret).replace(REDACTED, "").replace(WITHHELD, "")
    return not rest or (rest != secret and _PUNCTUATION.issuperset(rest))


def cut_group(pattern: re.Pattern[str]) -> Callable[[str, Found], str]:
    """Make a scan that cuts the one group of ``pattern`` that took part in each match."""

    def scan(text: str, found: Found) -> str:
        def replacement(match: re.Match[str]) -> str:
            group, start = match.lastindex or 0, match.start()
            before, after = match[0][: match.start(group) - start], match[0][match.end(group) - start :]
            return before + cut(match[group], found) + after

        return pattern.sub(replacement, text)

    return scan
