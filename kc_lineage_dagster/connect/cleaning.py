"""Turn a connector as the worker lists it into a record without secrets: the first thing that is done with an answer.

A value is cut when the plugins' definitions, its key or its form says that it is a secret (``secrets.redact``). Where a
plugin's definitions are not known, a value that is not known to be harmless is withheld too (``secrets.harmless``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kc_lineage_dagster.connect.answers import one_line
from kc_lineage_dagster.connect.listing import Entry
from kc_lineage_dagster.connect.parse import (
    WrongShapeError,
    config_of,
    connector_state,
    kind_from,
    kind_of,
    tasks_of,
    trace_of,
)
from kc_lineage_dagster.connect.plugins import Definitions, Regions, plugins_of, regions_of, secret_keys_of
from kc_lineage_dagster.connect.secrets.harmless import withheld_keys
from kc_lineage_dagster.connect.secrets.redact import redact, redact_text, split_secrets
from kc_lineage_dagster.connect.snapshot import PROPERTIES, STATUS, Connector, Note
from kc_lineage_dagster.connect.substitute import ProvidedValue, substitute
from kc_lineage_dagster.lineage import WITHHELD
from kc_lineage_dagster.wording import encodable, first_few

_SHORTEST_WITHHELD = 8  # characters of a withheld value that traces are searched for: shorter ones are words
_MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class CleanConnector:
    """A connector as the listing shows it, without secrets, and what cleans all other answers about it.

    Args:
        connector: Without evidence.
        secret_keys: Keys that its plugins declare as PASSWORD.
        secrets: What was taken out of its configuration, so that errors and traces can be searched for it.
        regions: Which of its keys belong to plugins whose definitions are known.
    """

    connector: Connector
    secret_keys: frozenset[str] = field(repr=False)
    secrets: frozenset[str] = field(repr=False)
    regions: Regions

    def clean_config(self, config: Mapping[str, str]) -> dict[str, str]:
        """Return another configuration of the connector, such as a task's, without secrets."""
        redacted = redact(config, self.secret_keys)
        return _withheld(redacted, withheld_keys(redacted, self.regions.undefined, self.regions.defined))


def clean(
    name: str,
    entry: Entry,
    provided: Sequence[ProvidedValue],
    definitions: Definitions,
) -> CleanConnector:
    """Return one connector of a listing without its secrets.

    Args:
        name: The connector's name.
        entry: The connector as the worker lists it.
        provided: What stands for ``${provider:path_key}``, put in before secrets are looked for.
        definitions: What the definitions of plugins say about secrets.

    Raises:
        WrongShapeError: When the connector has no usable configuration.
    """
    if encodable(name) != name:
        raise WrongShapeError("its name is no valid Unicode")
    if not isinstance(entry.info, Mapping):
        raise WrongShapeError(f"its entry is {kind_of(entry.info)}, not an object")
    config = substitute(config_of(entry.info.get("config")), provided)
    plugins = tuple(plugins_of(config))
    secret_keys = secret_keys_of(plugins, definitions.password_keys)
    regions = regions_of(plugins, definitions.password_keys)
    redacted, secrets = split_secrets(config, secret_keys)
    withheld = withheld_keys(redacted, regions.undefined, regions.defined)
    secrets |= {redacted[key] for key in withheld if len(redacted[key]) >= _SHORTEST_WITHHELD}
    status = entry.status if isinstance(entry.status, Mapping) else {}
    wrong = "an empty object" if entry.status == {} else f"{kind_of(entry.status)}, not an object"
    notes = entry.notes or (() if status or entry.status is None else (Note(STATUS, wrong),))
    about = _about_properties(plugins, withheld, definitions)

    def without_secrets(text: str) -> str:
        return redact_text(text, secrets)

    connector = Connector(
        name=name,
        kind=kind_from(entry.info, entry.status),
        config=_withheld(redacted, withheld),
        state=connector_state(_state(status)),
        trace=trace_of(status.get("connector"), without_secrets),
        tasks=tasks_of(status, without_secrets),
        notes=(*(replace(note, text=one_line(without_secrets(note.text))) for note in notes), *about),
    )
    return CleanConnector(connector, secret_keys, secrets, regions)


def _withheld(config: Mapping[str, str], keys: frozenset[str]) -> dict[str, str]:
    return {key: WITHHELD if key in keys else value for key, value in config.items()}


def _about_properties(
    plugins: Sequence[tuple[str, str]], withheld: frozenset[str], definitions: Definitions
) -> tuple[Note, ...]:
    """Say which properties are withheld and which definitions could not be read; nothing where all is well."""
    said = []
    if withheld:
        names = first_few(sorted(withheld), _MOST_SHOWN)
        said.append(f"{len(withheld)} withheld ({names}), because nobody tells whether they hold credentials")
    for name in dict.fromkeys(name for _, name in plugins):
        if name in definitions.problems:
            said.append(
                f"the definitions of {name} could not be read ({definitions.problems[name]}), the next sync asks again"
            )
    text = one_line(redact_text("; ".join(said)), 700)
    return (Note(PROPERTIES, text, failed=False),) if said else ()


def _state(status: Mapping[str, Any]) -> Any:
    connector = status.get("connector")
    return connector.get("state") if isinstance(connector, Mapping) else None
