"""``${provider:path_key}`` from the recipe's provided_configs, as DataHub's kafka-connect source documents them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_REFERENCE = re.compile(r"\$\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class ProvidedValue:
    """What ``${provider:path_key}`` stands for. The value may be a secret, so it is never shown."""

    provider: str
    path_key: str
    value: str = field(repr=False)


def substitute(config: Mapping[str, str | None], provided: Sequence[ProvidedValue]) -> dict[str, str]:
    """Replace provided references in every value; other references stay, and keys whose value is None go.

    A reference inside a provided value is not replaced again. The first of equal entries wins.

    >>> given = [ProvidedValue("file", "/etc/db:name", "shop")]
    >>> substitute({"db.name": "${file:/etc/db:name}", "db.user": "${env:USER}", "x": None}, given)
    {'db.name': 'shop', 'db.user': '${env:USER}'}
    """
    known = {f"{entry.provider}:{entry.path_key}": entry.value for entry in reversed(provided)}

    def replacement(match: re.Match[str]) -> str:
        return known.get(match[1], match[0])

    return {
        key: _REFERENCE.sub(replacement, value) if known and "${" in value else value
        for key, value in config.items()
        if value is not None
    }
