"""Connectors and lineage as JSON text and back, by pydantic."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from kc_lineage_dagster.connect.snapshot import Connector, Offset, Snapshot, TaskState
from kc_lineage_dagster.lineage import ConnectorLineage

_T = TypeVar("_T")
_LINE = 200  # characters of a trace that tell one failure from another


class Codec(Generic[_T]):
    """One class of records."""

    def __init__(self, kind: type[_T]) -> None:
        self._adapter: TypeAdapter[_T] = TypeAdapter(kind)

    def dump(self, value: _T) -> str:
        """As JSON. Lone surrogates, which UTF-8 cannot hold, are escaped, and so is all else in such a record."""
        try:
            return self._adapter.dump_json(value).decode()
        except PydanticSerializationError:
            return json.dumps(self._adapter.dump_python(value))

    def load(self, text: str) -> _T | None:
        """The inverse of ``dump``. None for what another release wrote in another way, or what is damaged: whoever
        asks takes it for never written, and the next run writes it anew.
        """
        try:
            return self._adapter.validate_json(text)
        except ValidationError:
            pass
        try:
            return self._adapter.validate_python(json.loads(text))
        except ValueError:
            return None


@cache
def connectors() -> Codec[Connector]:
    """The codec of connectors: made when it is first used, because that takes a moment."""
    return Codec(Connector)


@cache
def heads() -> Codec[Snapshot]:
    """The codec of snapshots, for those without connectors."""
    return Codec(Snapshot)


@cache
def lineages() -> Codec[ConnectorLineage]:
    """The codec of lineage."""
    return Codec(ConnectorLineage)


def digest(text: str) -> str:
    """128 bits of the SHA-256 of a document, in hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def lasting_digest(connector: Connector, remembered: Connector | None = None) -> str:
    """A digest of a connector without what changes while nothing happens: how far offsets are, the rest of traces.

    ``remembered``: the same with evidence of earlier readings, where it has any.
    """
    return digest("".join(_lasting(one) for one in (connector, remembered) if one is not None))


def _lasting(connector: Connector) -> str:
    return connectors().dump(
        replace(
            connector,
            trace=_first(connector.trace),
            tasks=tuple(TaskState(task.id, task.state, _first(task.trace)) for task in connector.tasks),
            offsets=tuple(Offset(at.partition, _reached(at.offset)) for at in connector.offsets),
        )
    )


def _first(trace: str | None) -> str | None:
    return None if trace is None else trace[:_LINE].partition("\n")[0]


def _reached(offset: Mapping[str, Any] | None) -> dict[str, bool] | None:
    """Of an offset only whether it is beyond the first, which says that something was moved."""
    return None if offset is None else {key: bool(value) for key, value in offset.items()}
