"""Find the connectors in a parsed document or in the text of a file, whatever their form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from kc_lineage_dagster.connect.answers import parse_json
from kc_lineage_dagster.connect.forms import amazon, kubernetes, posted, properties, terraform
from kc_lineage_dagster.connect.forms.content import Content, Other, kind_in_words

_MOST_DOCUMENTS = 100_000
_MOST_VALUES = 10_000_000
_YAML, _PROPERTIES = (".yaml", ".yml"), (".properties",)


def connectors_in(document: Any, stem: str) -> Iterator[Content]:
    """Yield the connectors of one parsed document of any form; a list may hold documents of several forms.

    A document without connectors is yielded as ``Other``. ``stem``: names a connector whose form has no name.
    """
    pending, seen = [document], 0
    while pending:
        found, seen = pending.pop(), seen + 1
        if seen > _MOST_DOCUMENTS:
            yield Other(f"more than {_MOST_DOCUMENTS} documents", may_hold=True)
            return
        if isinstance(found, list):
            pending.extend(reversed(found))
        elif not isinstance(found, Mapping):
            yield Other(kind_in_words(found))
        elif isinstance(found.get("connectors"), list) and "kind" not in found:
            pending.extend(reversed(found["connectors"]))
        else:
            yield from _of_object(found, stem)


def _of_object(document: Mapping[str, Any], stem: str) -> Iterator[Content]:
    for read in (_KUBERNETES, terraform.read, amazon.read):
        found = read(document, stem)
        if found is not None:
            return found
    return posted.read(document, stem)


def connectors_of_text(name: str, text: str) -> Iterator[Content]:
    """Return the connectors in the text of a file. The ending of the file's name tells the syntax; any other is JSON.

    ``name``: the file's name or path.
    ``text``: the file's content.

    Raises:
        ValueError: When the text is malformed; the message is one line that quotes nothing of the text.
    """
    path = PurePath(name)
    suffix = path.suffix.lower()
    if suffix in _PROPERTIES:
        return properties.read(text, _stem(path))
    documents = load_yaml(text) if suffix in _YAML else [_json(text)]
    return (found for document in documents for found in connectors_in(document, _stem(path)))


def _stem(path: PurePath) -> str:
    """Return the name for a connector without one: its file's, or its folder's for a file called ``application``."""
    stem = path.stem
    return path.parent.name if stem == "application" and path.parent.name else stem


def load_yaml(text: str) -> list[Any]:
    """Return the documents of a YAML text, read as Kubernetes reads YAML.

    Raises:
        ValueError: For malformed text; the message names the line and quotes nothing.
    """
    from kc_lineage_dagster.yaml_text import load_documents  # PyYAML takes a while to load

    return load_documents(text, dates=False, most_nodes=_MOST_VALUES)


def _json(text: str) -> Any:
    try:
        return parse_json(text)
    except ValueError as error:
        line = getattr(error, "lineno", None)
        where = f" at line {line}, column {getattr(error, 'colno', '?')}" if line else ""
        raise ValueError(f"malformed JSON{where}") from None


def _of_file(name: str, text: str) -> Iterator[Content]:
    """Yield the connectors of a file in a ConfigMap; a malformed file becomes ``Other``, so that the rest is read."""
    try:
        yield from connectors_of_text(name, text)
    except ValueError as error:
        suffix = PurePath(name).suffix.lower()
        if suffix in (*_YAML, *_PROPERTIES, ".json"):
            yield Other(f"{name}: {error}", may_hold="connector" in text.lower())


_KUBERNETES = kubernetes.reader(connectors_in, _of_file)
