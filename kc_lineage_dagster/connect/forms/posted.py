"""Read connectors in the JSON of Connect's REST API, and in the shorter forms that people make of it.

- ``{"name", "config"}``, the body that is posted to Connect (KIP-980 adds ``initial_state``);
- a bare configuration, whose name is its file's name without the ending;
- ``{name: configuration}``;
- ``{"connectors": ...}`` around any of these (Aiven's API, values of Helm charts);
- ``{name: {"info", "status"}}``, the worker's own listing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kc_lineage_dagster.connect.forms.content import CLASS, Content, Other, has_class, kind_in_words, mapping, posted
from kc_lineage_dagster.connect.parse import connector_state, kind_from

_POSTED = frozenset({"name", "config", "tasks", "type", "initial_state"})


def read(document: Mapping[str, Any], stem: str) -> Iterator[Content]:
    """Yield the connectors of an object; ``Other`` when there are none. ``stem``: names a connector without a name."""
    if CLASS in document:
        yield posted(_first(document.get("name"), stem), document, stem)
    elif has_class(document.get("config")) or ("name" in document and "config" in document and _looks(document)):
        config = document["config"]
        name = _first(document.get("name"), mapping(config).get("name"))
        yield posted(name, config, stem, state=connector_state(document.get("initial_state")), kind=kind_from(document))
    elif isinstance(document.get("connectors"), Mapping):
        yield from read(document["connectors"], stem)
    else:
        by_name = [(name, value) for name, value in document.items() if _is_connector(value)]
        yield from (_of(name, value, stem) for name, value in by_name)
        if not by_name:
            yield Other(kind_in_words(document))


def _looks(document: Mapping[str, Any]) -> bool:
    """Tell whether a document was meant to be posted, although its configuration is no object: all its keys fit."""
    return document.keys() <= _POSTED and not isinstance(document["config"], Mapping)


def _is_connector(value: Any) -> bool:
    listed = mapping(mapping(value).get("info"))
    return has_class(value) or has_class(mapping(value).get("config")) or has_class(listed.get("config"))


def _of(name: str, value: Mapping[str, Any], stem: str) -> Content:
    if has_class(value):
        return posted(name, value, stem)
    if "info" not in value:
        return posted(_first(value.get("name"), name), value["config"], stem)
    status = value.get("status")
    kind = kind_from(value["info"], status)
    return posted(
        name, value["info"]["config"], stem, kind=kind, status=status if isinstance(status, Mapping) else None
    )


def _first(*names: Any) -> Any:
    return next((name for name in names if name is not None), None)
