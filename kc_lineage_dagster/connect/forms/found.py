"""What a document of a saved cluster holds: connectors, or something else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kc_lineage_dagster.connect.parse import WrongShapeError, config_of, kind_of, scalar_of
from kc_lineage_dagster.wording import encodable

CLASS = "connector.class"


@dataclass(frozen=True, slots=True)
class Posted:
    """One connector as a file gives it.

    ``state``: as Connect names states. ``problem``: why its configuration cannot be used. ``kind``: ``source``,
    ``sink`` or ``unknown``. ``topics``: its active topics, None where the form has none. ``status``: the worker's
    answer to ``/status``, None where the form has none.
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
    """A document without connectors. ``what``: its kind, in words. ``may_hold``: in a form that is not read, it may
    well hold some.
    """

    what: str
    may_hold: bool = False


Found = Posted | Other


def posted(name: Any, config: Any, stem: str, **rest: Any) -> Posted:
    """A connector of this name, ``stem`` where it has none; what has the wrong shape becomes its ``problem``."""
    try:
        return Posted(encodable(scalar_of(stem if name is None else name, "name")), config_of(config), **rest)
    except WrongShapeError as error:
        return Posted(named(name, stem), {}, problem=str(error))


def named(name: Any, stem: str) -> str:
    """The name, or ``stem`` where it is no text."""
    return encodable(name) if isinstance(name, str) else stem


def mapping(value: Any) -> Mapping[str, Any]:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def has_class(value: Any) -> bool:
    """Whether a value is the configuration of a connector."""
    return isinstance(value, Mapping) and isinstance(value.get(CLASS), str)


def kind_in_words(document: Any) -> str:
    """What somebody who looks into the file would call it."""
    if not isinstance(document, Mapping):
        return kind_of(document)
    keys = ", ".join(encodable(str(key))[:40] for key in list(document)[:3])
    return f"an object of {keys or 'nothing'}{', ...' if len(document) > 3 else ''}"
