"""The records that all forms are read to: a connector (``Posted``), or a document without connectors (``Other``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kc_lineage_dagster.connect.parse import WrongShapeError, config_of, kind_of, scalar_of
from kc_lineage_dagster.wording import encodable, first_few

CLASS = "connector.class"


@dataclass(frozen=True, slots=True)
class Posted:
    """One connector as a file gives it.

    Args:
        name: The connector's name, or its file's where the form has no name.
        config: The configuration as it was written; empty where there is a ``problem``.
        state: The connector's state, in Connect's words; ``UNKNOWN`` where the form has none.
        problem: Why the configuration cannot be used; ``""`` where it can.
        kind: ``source``, ``sink`` or ``unknown``.
        topics: The active topics; None where the form has none.
        status: The worker's answer to ``/connectors/{name}/status``; None where the form has none.
    """

    name: str
    config: Mapping[str, Any]
    state: str = "UNKNOWN"
    problem: str = ""
    kind: str = "unknown"
    topics: tuple[str, ...] | None = None
    status: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Other:
    """A document in which no connectors were found.

    Args:
        what: The kind of document, in words.
        may_hold: Whether the document may hold connectors in a form that is not read.
    """

    what: str
    may_hold: bool = False


Content = Posted | Other


def posted(name: Any, config: Any, stem: str, **rest: Any) -> Posted:
    """Return a connector; a name or configuration of the wrong shape becomes its ``problem``.

    Args:
        name: The connector's name; None: ``stem`` is the name.
        config: The configuration, of any shape.
        stem: The file's name without its ending.
        **rest: Further fields of ``Posted``.
    """
    try:
        return Posted(encodable(scalar_of(stem if name is None else name, "name")), config_of(config), **rest)
    except WrongShapeError as error:
        return Posted(named(name, stem), {}, problem=str(error))


def named(name: Any, stem: str) -> str:
    """Return the name, or ``stem`` where the name is not a string."""
    return encodable(name) if isinstance(name, str) else stem


def mapping(value: Any) -> Mapping[str, Any]:
    """Return the value where it is an object, else an empty object."""
    return value if isinstance(value, Mapping) else {}


def has_class(value: Any) -> bool:
    """Tell whether a value is the configuration of a connector: an object with a ``connector.class``."""
    return isinstance(value, Mapping) and isinstance(value.get(CLASS), str)


def kind_in_words(document: Any) -> str:
    """Describe a document without connectors by what can be seen in its file.

    >>> kind_in_words({"apiVersion": 1, "kind": "x", "spec": 2, "status": 3})
    'an object of apiVersion, kind, spec and 1 more'
    """
    if not isinstance(document, Mapping):
        return kind_of(document)
    keys = first_few((encodable(str(key))[:40] for key in document), 3)
    return f"an object of {keys or 'nothing'}"
