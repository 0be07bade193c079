"""The forms in which people keep connectors in files, each read to the same thing: name, configuration, state.

``{"name", "config"}`` is what is posted to Connect (KIP-980 adds ``initial_state``); a bare configuration takes its
file's stem for a name; ``KafkaConnect`` operators keep Strimzi's ``KafkaConnector`` resources (strimzi.io/docs,
"KafkaConnectorSpec schema reference").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kc_lineage_dagster.connect.parse import WrongShapeError, config_of, kind_of, scalar_of, state_of, text_of
from kc_lineage_dagster.yaml_text import load_documents

_MOST_DOCUMENTS = 100_000
_MOST_VALUES = 10_000_000


@dataclass(frozen=True, slots=True)
class Posted:
    """One connector as a file gives it. ``problem``: why its configuration cannot be used."""

    name: str
    config: Mapping[str, Any]
    state: str = "UNKNOWN"
    problem: str = ""


def load_yaml(text: str) -> list[Any]:
    """Return the documents of a YAML text, read as Kubernetes reads it. Raises ValueError naming the line, never the
    text itself.
    """
    return load_documents(text, dates=False, most_nodes=_MOST_VALUES)


def connectors_in(document: Any, stem: str, others: bool = False) -> Iterator[Posted]:
    """Yield the connectors of one document: posted, bare, a list of those, a Kubernetes resource or list of them.

    ``others``: the document may well be something else altogether (YAML in a folder), which is passed over then.
    """
    pending, seen = [document], 0
    while pending:
        found, seen = pending.pop(), seen + 1
        if seen > _MOST_DOCUMENTS:
            yield Posted(stem, {}, problem=f"more than {_MOST_DOCUMENTS} documents in one file")
            return
        if isinstance(found, list):
            pending.extend(reversed(found))
        elif isinstance(found, Mapping) and isinstance(found.get("kind"), str) and "apiVersion" in found:
            items = found.get("items")
            pending.extend(reversed(items) if isinstance(items, list) else ())
            if found["kind"] == "KafkaConnector":
                yield _strimzi(found, stem)
        elif not others or looks_posted(found):
            yield _posted(found, stem)


def looks_posted(found: Any) -> bool:
    """Tell whether a document is a connector as it is posted to Connect, or its bare configuration."""
    return isinstance(found, Mapping) and ("connector.class" in found or isinstance(found.get("config"), Mapping))


def _posted(found: Any, stem: str) -> Posted:
    if not isinstance(found, Mapping):
        return Posted(stem, {}, problem=f"{kind_of(found)} instead of a connector")
    if "config" in found and "connector.class" not in found:
        config, state = found["config"], state_of(found.get("initial_state"))
    elif "connector.class" in found:
        config, state = found, "UNKNOWN"
    else:
        return Posted(stem, {}, problem="neither a connector nor a connector's configuration: no connector.class")
    inner = config.get("name") if isinstance(config, Mapping) else None
    name = next((name for name in (found.get("name"), inner) if name is not None), stem)
    return _checked(name, config, state, stem)


def _strimzi(found: Mapping[str, Any], stem: str) -> Posted:
    meta, spec = found.get("metadata"), found.get("spec")
    name = meta.get("name") if isinstance(meta, Mapping) else None
    if not isinstance(spec, Mapping):
        return Posted(_name(name, stem), {}, problem=f"spec is {kind_of(spec)}, not an object")
    config = spec.get("config") if spec.get("config") is not None else {}
    if isinstance(config, Mapping):
        given = {"connector.class": spec.get("class"), "tasks.max": spec.get("tasksMax"), "name": name}
        config = {**config, **{key: value for key, value in given.items() if value is not None}}
    state = spec.get("state") or ("paused" if spec.get("pause") is True else None)
    return _checked(stem if name is None else name, config, state_of(state), stem)


def _checked(name: Any, config: Any, state: str, stem: str) -> Posted:
    try:
        found = text_of(scalar_of(name, "name"))
        return Posted(found, config_of(config), state)
    except WrongShapeError as error:
        return Posted(_name(name, stem), {}, problem=str(error))


def _name(name: Any, stem: str) -> str:
    return text_of(name) if isinstance(name, str) else stem
