"""Replace references such as ``${file:/etc/db:password}`` in configurations by the values that the recipe gives.

The worker answers references as they are written, and only the worker can look them up. The recipe may give their
values in ``provided_configs``, as DataHub's kafka-connect source documents that field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_REFERENCE = re.compile(r"\$\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class ProvidedValue:
    """What one reference of a configuration, ``${provider:path_key}``, stands for.

    Args:
        provider: Name of Connect's ConfigProvider.
        path_key: What stands behind the colon of the reference.
        value: The text that replaces the reference. It may be a secret, so it is never shown.
    """

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
