"""One connector of a listing to a record without secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kc_lineage_dagster.connect.answers import one_line
from kc_lineage_dagster.connect.listing import Entry
from kc_lineage_dagster.connect.parse import (
    WrongShapeError,
    config_of,
    kind_from,
    kind_of,
    state_of,
    tasks_of,
    text_of,
    trace_of,
)
from kc_lineage_dagster.connect.plugins import PasswordKeys, secret_keys_of
from kc_lineage_dagster.connect.secrets.redact import redact_text, split_secrets
from kc_lineage_dagster.connect.snapshot import Connector
from kc_lineage_dagster.connect.substitute import ProvidedConfig, substitute


@dataclass(frozen=True, slots=True)
class Listed:
    """A connector as the listing shows it, and what cleans whatever else is said about it."""

    connector: Connector
    secret_keys: frozenset[str] = field(repr=False)
    secrets: frozenset[str] = field(repr=False)


def listed(
    name: str,
    entry: Entry,
    provided: Sequence[ProvidedConfig],
    password_keys: PasswordKeys,
) -> Listed:
    """Substitute, redact and read one entry. Raises WrongShapeError when it has no usable configuration."""
    if text_of(name) != name:
        raise WrongShapeError("its name is no valid Unicode")
    if not isinstance(entry.info, Mapping):
        raise WrongShapeError(f"its entry is {kind_of(entry.info)}, not an object")
    config = substitute(config_of(entry.info.get("config")), provided)
    secret_keys = secret_keys_of(config, password_keys)
    clean, secrets = split_secrets(config, secret_keys)
    status = entry.status if isinstance(entry.status, Mapping) else {}
    wrong = "an empty object" if entry.status == {} else f"{kind_of(entry.status)}, not an object"
    notes = entry.notes or (() if status or entry.status is None else (f"status: {wrong}",))

    def without_secrets(text: str) -> str:
        return redact_text(text, secrets)

    connector = Connector(
        name=name,
        kind=kind_from(entry.info, entry.status),
        config=clean,
        state=state_of(_state(status)),
        trace=trace_of(status.get("connector"), without_secrets),
        tasks=tasks_of(status, without_secrets),
        notes=tuple(one_line(without_secrets(note)) for note in notes),
    )
    return Listed(connector, secret_keys, secrets)


def _state(status: Mapping[str, Any]) -> Any:
    connector = status.get("connector")
    return connector.get("state") if isinstance(connector, Mapping) else None
